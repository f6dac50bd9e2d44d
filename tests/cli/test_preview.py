"""``crossdock preview``: what an import would make of one record, and nothing is written."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from crossdock.store import Store
from tests.cli.program import SHOP_ID, Program


@pytest.fixture
def payload(shop: Program) -> Path:
    """An order of the demo shop as it was imported, in a file."""
    with Store.open(f"sqlite:///{shop.folder / 'crossdock.db'}") as store:
        first = next(store.payloads(SHOP_ID, "order"))
    file = shop.folder / "order.json"
    file.write_bytes(first.payload)
    return file


def test_an_order_is_fetched_and_each_stage_shows_what_it_changes(shop: Program, payload: Path) -> None:
    remote_id = str(json.loads(payload.read_bytes())["id"])
    found = shop.fine("preview", "demo-shop", remote_id, "--type", "order", "--json").json
    assert found["outcome"] == "unchanged"
    assert [stage["name"] for stage in found["stages"]] == ["mapping", "connector woocommerce", "field-set"]
    mapping, finish, chain = found["stages"]
    assert {"placedAt", "currency", "totals.totalInclVat"} <= {change["path"] for change in mapping["changes"]}
    assert {change["old"] for change in mapping["changes"]} == {None}
    assert any(change["path"].endswith("vatRatePercent") for change in finish["changes"])
    assert [(change["path"], change["new"]) for change in chain["changes"]] == [("channel", "web")]
    fates = [leaf["fate"] for leaf in found["leaves"]]
    assert {fate: fates.count(fate) for fate in set(fates)} == {
        name: count for name, count in found["ledger"].items() if name != "leaves" and count
    }


def test_a_payload_in_a_file_needs_no_shop_and_writes_nothing(shop: Program, payload: Path) -> None:
    changed = json.loads(payload.read_bytes()) | {"customer_note": "Ring twice"}
    payload.write_text(json.dumps(changed), "utf-8")
    before = shop.fine("records", "export", "--format", "jsonl").out
    result = shop.fine("preview", "demo-shop", str(payload))
    assert "would update the record" in result.out
    assert "customerNote" in result.out
    assert "Ring twice" in result.out
    assert "/customer_note" in result.out
    assert shop.fine("records", "export", "--format", "jsonl").out == before


def test_rows_stand_field_by_field_and_what_a_step_does_to_entries_is_shown(shop: Program, payload: Path) -> None:
    file = shop.folder / "plugins.toml"
    step = '{ use = "custom-data-set", on = "rows[]", module = "x-crm", key = "was", expression = "name" }'
    file.write_text(file.read_text("utf-8").replace('value = "web" }', f'value = "web" }}, {step}'), "utf-8")
    out = shop.fine("preview", "demo-shop", str(payload)).out
    mapped, made = out.split("\ncustom-data-set (plugins.toml:")
    name = re.search(r"rows\[\w{8}…]\.name +- +(\S.*)", mapped)
    assert name
    assert "{" not in name[0]
    assert "customData[" not in mapped
    assert re.search(rf"rows\[\w{{8}}…]\.customData\[{SHOP_ID[:8]}…\|x-crm\|was] +- +{re.escape(name[1])}", made)


def test_a_file_and_its_line_stand_together_on_a_narrow_terminal(
    shop: Program, payload: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out = shop.fine("preview", "demo-shop", str(payload)).out
    assert len(re.findall(r"\(mapping\.toml:\d+:\d+\)", out)) == out.count("mapping") > 10


def test_a_payload_that_the_connector_cannot_complete_would_wait(
    shop: Program, payload: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_of_a_row: object) -> None:
        raise KeyError("taxes")

    monkeypatch.setattr("crossdock_woocommerce.money._finish_row", stumble)
    result = shop("preview", "demo-shop", str(payload))
    assert result.code == 1
    assert "would keep it in quarantine: connector 'woocommerce' cannot complete the record: KeyError" in result.out


def test_a_condition_is_met_as_it_is_by_an_import(shop: Program, payload: Path) -> None:
    file = shop.folder / "plugins.toml"
    zero = """{ use = "field-set", field = "channel", value = "zero", when = "length(links || `[]`)" }"""
    file.write_text(file.read_text("utf-8").replace('value = "web" }', f'value = "web" }}, {zero}'), "utf-8")
    stages = shop.fine("preview", "demo-shop", str(payload), "--json").json["stages"]
    assert [change["new"] for change in stages[-1]["changes"]] == ["zero"]  # in JMESPath 0 is true
    assert not stages[-1]["said"]


def test_a_condition_that_cannot_be_told_fails_the_record(shop: Program, payload: Path) -> None:
    file = shop.folder / "plugins.toml"
    broken = '{ use = "field-set", field = "channel", value = "x", when = "length(pricesIncludeVat)" }'
    file.write_text(file.read_text("utf-8").replace('value = "web" }', f'value = "web" }}, {broken}'), "utf-8")
    result = shop("preview", "demo-shop", str(payload))
    assert result.code == 1
    assert result.out.count("manipulator 'field-set', step 2 of 2, plugins.toml:10:74 raised") == 2


def test_what_would_wait_in_quarantine_says_why(shop: Program, payload: Path) -> None:
    broken = json.loads(payload.read_bytes()) | {"total": "1.00"}
    payload.write_text(json.dumps(broken), "utf-8")
    result = shop("preview", "demo-shop", str(payload))
    assert result.code == 1
    assert "would keep it in quarantine" in result.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("no-such", "1"), "there is no connection 'no-such'"),
        (("demo-shop", "1", "--type", "product"), "imports no 'product'"),
        (("demo-shop", "no-such-order"), "no-such-order"),
        (("demo-shop", "plugins.toml"), "'plugins.toml' is no JSON: Expecting value: line 1 column 3"),
        (("demo-shop", "list.json"), "'list.json' holds no order as 'demo-shop' would send it"),
        (("demo-shop", "nofile.json"), "there is no file 'nofile.json'"),
        (("demo-shop", "./17"), "there is no file './17'"),
    ],
)
def test_what_cannot_be_previewed_is_told(shop: Program, arguments: tuple[str, ...], told: str) -> None:
    (shop.folder / "list.json").write_text("[]", "utf-8")
    result = shop("preview", *arguments)
    assert result.code == 2
    assert told in result.err


def test_before_the_first_import_a_record_would_be_created(program: Program, payload: Path) -> None:
    (program.folder / "crossdock.db").unlink()
    assert "would create a record" in program.fine("preview", "demo-shop", str(payload)).out
    assert not (program.folder / "crossdock.db").exists()
