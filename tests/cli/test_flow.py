"""``flow preview``: what would move along a record's links, from where to where, and why not."""

from __future__ import annotations

import re

import pytest

from crossdock.config import DEFAULT_FLOWS, load_config
from crossdock.store import Actor, Store
from crossdock.store.flows.flow import FlowFollower
from crossdock.store.writes.followers import followers_of

from .program import OPERATOR, SHOP, SHOP_ID, Program

RULES = """
[[flow]]
from = "checkout"
to = "order"
mode = "copy"

[[flow]]
from = "order"
to = "invoice"
entries = ["*|x-crm|tier"]
mode = "follow"
"""


def entry(key: str, value: str) -> dict[str, dict[str, str]]:
    return {f"|x-crm|{key}": {"moduleId": "x-crm", "key": key, "type": "string", "value": value}}


@pytest.fixture
def linked(program: Program) -> dict[str, str]:
    """A checkout, its order, and a shipment, a refund and an invoice of that, written under the default flows."""
    (program.folder / "plugins.toml").write_text(SHOP + RULES, "utf-8")
    ids: dict[str, str] = {}
    with Store.open(f"sqlite:///{program.folder / 'crossdock.db'}", followers=(FlowFollower(DEFAULT_FLOWS),)) as store:

        def make(record_type: str, to: str | None, **fields: object) -> None:
            links = [] if to is None else [{"recordType": to, "localId": ids[to]}]
            content = {"displayId": record_type.upper(), "links": links, **fields}
            ids[record_type] = store.write_record(OPERATOR, record_type, None, content).local_id

        make("checkout", None, customData=entry("tier", "gold") | entry("cart", "7"))
        make("order", "checkout", customData=entry("cart", "8"))
        for record_type in ("shipment", "refund", "invoice"):
            make(record_type, "order")
    return ids


def test_everything_on_the_way_is_shown_with_the_reason(program: Program, linked: dict[str, str]) -> None:
    lines = program.fine("flow", "preview", "order/ORDER").lines
    assert lines[0].split("  ")[0] == "entry"
    rows = {tuple(part for part in line.split("  ") if part)[:3] for line in lines[1:]}
    found = {(key.strip(), what.strip(), source.strip().split("/")[0]) for key, what, source in rows}
    assert found == {
        ("|x-crm|tier", "is there", "checkout"),
        ("|x-crm|cart", "does not come again", "checkout"),
        ("|x-crm|tier", "comes", "order"),  # to the invoice: the rule is newer than the link
        ("|x-crm|cart", "does not come", "order"),
        ("|x-crm|tier", "is there", "order"),
        ("|x-crm|cart", "is there", "order"),
        ("(all)", "does not come", "order"),
    }
    assert any("no flow goes between order and refund" in line for line in lines)


def test_the_preview_as_json_names_both_ends_and_writes_nothing(program: Program, linked: dict[str, str]) -> None:
    for _ in range(2):
        found = program.fine("flow", "preview", "invoice/INVOICE", "--json").json
        assert found == [
            {
                "entry": "|x-crm|cart",
                "what": "off",
                "reason": "no flow takes it",
                "from": {"recordType": "order", "localId": linked["order"]},
                "to": {"recordType": "invoice", "localId": linked["invoice"]},
            },
            {
                "entry": "|x-crm|tier",
                "what": "bring",
                "reason": None,
                "from": {"recordType": "order", "localId": linked["order"]},
                "to": {"recordType": "invoice", "localId": linked["invoice"]},
            },
        ]


def test_a_link_that_waits_says_for_what(program: Program, linked: dict[str, str]) -> None:
    with program.store() as store:
        link = {"recordType": "order", "connectionId": SHOP_ID, "remoteId": "999"}
        store.write_record(OPERATOR, "shipment", None, {"displayId": "LATE"})
    assert "nothing flows" in program.fine("flow", "preview", "shipment/LATE").out
    with Store.open(f"sqlite:///{program.folder / 'crossdock.db'}", followers=(FlowFollower(DEFAULT_FLOWS),)) as store:
        store.write_record(OPERATOR, "shipment", None, {"displayId": "WAITS", "links": [link]})
    out = program.fine("flow", "preview", "shipment/WAITS").out
    assert f"there is no order with remote id '999' of connection {SHOP_ID} yet" in out


def test_owners_are_shown_by_their_names(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    owned = {"connectionId": SHOP_ID, "moduleId": "x-crm", "key": "tier", "type": "string", "value": "gold"}
    followers = (FlowFollower(DEFAULT_FLOWS),)
    with Store.open(f"sqlite:///{program.folder / 'crossdock.db'}", followers=followers) as store:
        shop = Actor("connection", SHOP_ID, "demo-shop", "api")
        order = store.write_record(shop, "order", None, {"customData": {f"{SHOP_ID}|x-crm|tier": owned}}).local_id
        links = [{"recordType": "order", "localId": order}]
        store.write_record(shop, "shipment", None, {"displayId": "S-1", "links": links})
    assert program.fine("flow", "preview", "shipment/S-1").lines[1].startswith("demo-shop|x-crm|tier  is there")


def test_a_record_that_is_not_there_is_named(program: Program, linked: dict[str, str]) -> None:
    assert "there is no order 'nine'" in program.refused("flow", "preview", "order/nine")


LIMITS = """
[[limits]]
module = "x-crm"
record_types = ["shipment"]
max_value = 3
"""


def test_an_entry_over_the_targets_limits_stands_in_the_log(program: Program) -> None:
    file = program.folder / "plugins.toml"
    file.write_text(SHOP + LIMITS, "utf-8")
    config = load_config(file, {})
    with Store.open(config.store.url, followers=followers_of(config)) as store:
        order = store.write_record(OPERATOR, "order", None, {"customData": entry("tier", "gold")}).local_id
        links = [{"recordType": "order", "localId": order}]
        store.write_record(OPERATOR, "shipment", None, {"displayId": "S-1", "links": links})
    out = program.fine("log", "list").out
    assert f"(unowned): an entry did not flow from order/{order}" in out
    assert re.search(r"S-1 \(id [0-9a-f]{32}\): \|x-crm\|tier", out)
    assert "1 more than the 3 allowed" in program.fine("flow", "preview", "shipment/S-1").out
    assert program.fine("log", "list", "--json").json[0]["severity"] == "warning"
