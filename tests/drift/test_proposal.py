"""Every finding comes with TOML that can be pasted into the connection's mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.config import load_config
from crossdock.toml import parse_toml
from tests.pipeline.making import CONFIG

from .payloads import compared, entries, learned, mapping_of, order
from .test_detector import PAYLOADS

PLACE = next(str(line.place) for line in mapping_of().lines if line.name == "currency")
MAPPING = "\n[connection.import.order.mapping]\n"


KEPT = "  # until then it is kept as custom data"


@pytest.mark.parametrize(
    ("payload", "proposal"),
    [
        (
            {"meta": {"_billing_vat_number": "1"}},
            '"billingAddress.vatNumber" = "meta_data[?key==\'_billing_vat_number\'].value | [0]"',
        ),
        ({"shipping": {"vat_number": "SE1"}}, '"shippingAddress.vatNumber" = "shipping.vat_number"'),
        ({"meta": {"_it's": "x"}}, f'# "FIELD" = "meta_data[?key==\'_it\\\\\'s\'].value | [0]"{KEPT} "meta._it\'s"'),
        ({"gift": {"to-whom": "x"}}, f'# "FIELD" = "gift.\\"to-whom\\""{KEPT} "gift"'),
        ({"line_items": [{"id": 1, "unit": "kg"}]}, '"rows.product.unit" = "unit"'),
        (
            {"line_items": [{"id": 1, "meta_data": entries({"colour": "red"})}]},
            f'# "rows.product.FIELD" = "meta_data[?key==\'colour\'].value | [0]"{KEPT} "meta.colour"',
        ),
        ({"tags": ["a"]}, f'# "FIELD" = "tags[]"{KEPT} "tags"'),
        ({"currency": "EUR"}, '# "currency" takes it already: PLACE'),
        ({"currency": 5}, '# "currency" cannot hold it: it wants text; see PLACE'),
    ],
    ids=str,
)
def test_what_is_proposed(payload: dict[str, Any], proposal: str) -> None:
    known = learned(order(1, line_items=[{"id": 1, "meta_data": []}]))
    findings = compared(known, order(2, **payload)).findings.values()
    assert [finding.proposal for finding in findings if finding.proposal][-1] == proposal.replace("PLACE", PLACE)


def test_a_field_is_proposed_once() -> None:
    findings = compared(learned(order(1)), order(2, meta={"_vat_number": "SE1", "vat-number": "SE2"})).findings.values()
    first, second = (finding.proposal for finding in findings)
    assert first.startswith('"billingAddress.vatNumber" = ')
    assert second.startswith('# "FIELD" = ')


def test_a_new_status_comes_with_the_line_that_translates_statuses() -> None:
    (finding,) = compared(learned(order(1)), order(2, status="lay-by")).findings.values()
    line = finding.proposal.removeprefix("# ").partition("  # FILL-IN is one of draft, pending")[0]
    written = parse_toml(line.replace("FILL-IN", "pending"), "plugins.toml").data["orderStatus"]
    assert written.startswith('translate(status, `{"lay-by": "pending", "pending": "pending"')


def pasted(folder: Path, proposals: list[str]) -> None:
    """Load a configuration with the proposals in it, which raises if anything is wrong."""
    file = folder / "plugins.toml"
    file.write_text(CONFIG + MAPPING + "\n".join(proposals) + "\n", "utf-8")
    load_config(file, {})


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.sampled_from(
    [
        "vat_number",
        "_billing_vat_number",
        "unit",
        "gtin",
        "quantity",
        "a\nb",
        "'",
        '"',
        "\\",
        "#",
        "= 1",
        "\x00",
        "\u2028",
    ]
)
LEAVES = st.sampled_from(["", "x", "12", "a\nb", True, 5, None, "2024-01-01T00:00:00"])


@settings(max_examples=40)
@given(
    st.dictionaries(NAMES, LEAVES, max_size=3),
    st.dictionaries(NAMES, LEAVES | st.dictionaries(NAMES, LEAVES, max_size=2), max_size=3),
    st.dictionaries(NAMES, LEAVES, max_size=3),
)
def test_whatever_comes_the_proposals_can_be_pasted(
    tmp_path_factory: pytest.TempPathFactory, meta: dict[str, Any], fields: dict[str, Any], line: dict[str, Any]
) -> None:
    known = learned(order(1, line_items=[{"id": 1}]))
    reserved = {"id", "number", "status", "total", "meta_data", "line_items"}
    others = {name: value for name, value in fields.items() if name not in reserved}
    payload = order(2, meta=meta, line_items=[{"id": 1, **line, "meta_data": entries(meta)}]) | others
    detector = compared(known, payload)
    pasted(tmp_path_factory.mktemp("paste"), [finding.proposal for finding in detector.findings.values()])


@settings(max_examples=30)
@given(st.lists(PAYLOADS, min_size=1, max_size=2))
def test_proposals_for_changed_types_can_be_pasted(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[dict[str, Any]]
) -> None:
    detector = compared(learned(order(1, x=1, y=None, z=[]), order(2, meta={"_a": 1})), *map(_identified, payloads))
    pasted(tmp_path_factory.mktemp("paste"), [finding.proposal for finding in detector.findings.values()])


def _identified(payload: dict[str, Any]) -> dict[str, Any]:
    return {"id": 1, **payload}
