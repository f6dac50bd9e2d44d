"""What docs/custom-data-and-ownership.md says is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from crossdock.errors import OwnershipError
from crossdock.records import Order, Working
from crossdock.store import Actor
from crossdock.store.writes.guard import check
from crossdock.store.writes.merge import merge
from tests.store.shop import ERP, ERP_API, IMPORT, OPERATOR, SHOP, SHOP_API, entry

PAGE = (Path(__file__).parents[2] / "docs" / "custom-data-and-ownership.md").read_text("utf-8")
WRITERS = {
    "a connection's import": IMPORT,
    "a connection through API or CLI": SHOP_API,
    "an operator": OPERATOR,
}
TOUCHES: dict[str, Working] = {
    "entries of its own, module `x-...`": {"customData": entry(SHOP, "k", "1", module="x-crm")},
    "entries of its own, module `connector.<name>`": {"customData": entry(SHOP, "k", "1")},
    "entries of others": {"customData": entry(ERP, "k", "1", module="connector.erp")},
    "unowned entries, module `x-...`": {"customData": entry(None, "tier", "gold", module="x-crm")},
    "unowned entries, module `connector.<name>`": {"customData": entry(None, "tier", "gold", module="connector.erp")},
    "its own keys of id maps": {"remoteRefMap": {SHOP: "#1"}},
    "others' keys": {"remoteRefMap": {ERP: "#1"}},
}


def table(first: str) -> list[dict[str, str]]:
    """The rows of the table whose first heading is ``first``."""
    lines = PAGE[PAGE.index(f"| {first} |") :].split("\n\n")[0].splitlines()
    heads, _rule, *rows = ([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines)
    return [dict(zip(heads, cells, strict=True)) for cells in rows]


def allowed(actor: Actor, touch: Working) -> bool:
    try:
        check(actor, "order", {}, touch)
        check(actor, "order", touch, {})
    except OwnershipError:
        return False
    return True


def test_the_table_of_who_may_write_what_is_the_guards() -> None:
    said = {
        row["who"]: {head: cell.startswith("yes") for head, cell in row.items() if head != "who"}
        for row in table("who")
    }
    done = {who: {what: allowed(actor, touch) for what, touch in TOUCHES.items()} for who, actor in WRITERS.items()}
    assert said == done


def test_the_table_of_who_wins_is_the_merges() -> None:
    cases = {
        "unchanged": ({"channel": "a"}, {"channel": "a"}, {"channel": "edited"}),
        "changed": ({"channel": "a"}, {"channel": "b"}, {"channel": "edited"}),
        "gone (produced before, not now)": ({"channel": "a"}, {}, {"channel": "edited"}),
        "never produced": ({}, {}, {"channel": "edited"}),
    }
    results = {
        "the edit stays": {"channel": "edited"},
        "the remote's new value": {"channel": "b"},
        "cleared": {},
        "stays": {"channel": "edited"},
    }
    rows = table("the remote value")
    assert {row["the remote value"] for row in rows} == set(cases)
    for row in rows:
        assert merge("order", *cases[row["the remote value"]]) == results[row["after the import"]]


def test_the_entry_that_is_shown_is_valid() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    Order.model_validate({"customData": json.loads("{" + example + "}")})


def test_the_refusal_that_is_shown_is_what_is_said() -> None:
    with pytest.raises(OwnershipError) as refusal:
        check(ERP_API, "order", {"customData": entry(SHOP, "tier", "gold", module="x-crm")}, {})
    assert str(refusal.value) in " ".join(PAGE.split())
