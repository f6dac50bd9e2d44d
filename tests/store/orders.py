"""Orders as hypothesis makes them: few names and values, so that writers meet each other often."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from crossdock.records import Working
from tests.store.shop import ERP, SHOP, entry, row

VALUES = st.sampled_from(["", "a", "b", "\x00", "å%|"])
CODES = st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=2)
ROW_NUMBERS = st.lists(st.integers(1, 4), unique=True, max_size=4)


def _some(**fields: SearchStrategy[Any]) -> SearchStrategy[Working]:
    """An object with any of the fields; an empty one is left out by whoever takes it up."""
    return st.fixed_dictionaries({}, optional=fields)


def entries(owner: str | None, module: str = "connector.woocommerce") -> SearchStrategy[Working]:
    """Custom data of one owner and module."""
    keys = st.dictionaries(st.sampled_from(["k1", "k2"]), st.one_of(VALUES, st.integers(0, 1)), max_size=2)
    return keys.map(
        lambda chosen: {
            name: item for key, value in chosen.items() for name, item in _wire(entry(owner, key, value, module=module))
        }
    )


def _wire(one: Working) -> list[tuple[str, Working]]:
    return [
        (name, item | {"value": str(item["value"])} if item["type"] == "integer" else item)
        for name, item in one.items()
    ]


def id_maps(*owners: str) -> SearchStrategy[Working]:
    """Maps by connection id with any of the owners."""
    return st.dictionaries(st.sampled_from(owners), st.sampled_from(["7", "8"]), max_size=len(owners))


@st.composite
def rows(draw: st.DrawFn, custom_data: SearchStrategy[Working], ids: SearchStrategy[Working]) -> list[Working]:
    """Rows in any order; a number is a row's identity."""
    fields = _some(sku=VALUES, name=VALUES, customData=custom_data, remoteIdMap=ids, productRemoteIdMap=ids)
    return [canonical(row(number, **draw(fields))) for number in draw(ROW_NUMBERS)]


@st.composite
def contents(draw: st.DrawFn, custom_data: SearchStrategy[Working], ids: SearchStrategy[Working]) -> Working:
    """An order without the platform's own fields and without a remoteIdMap, nothing empty in it."""
    address = _some(city=VALUES, phone=VALUES)
    customer = _some(email=VALUES, remoteIdMap=ids)
    fields = _some(
        channel=VALUES,
        customerNote=VALUES,
        displayId=VALUES,
        billingAddress=address,
        customer=customer,
        discountCodes=CODES,
        remoteRefMap=ids,
        customData=custom_data,
        rows=rows(custom_data, ids),
    )
    return canonical(draw(fields))


def canonical(record: Working) -> Working:
    """Leave out what is empty, for empty is absent on the wire."""
    thinned = {name: canonical(value) if isinstance(value, dict) else value for name, value in record.items()}
    return {name: value for name, value in thinned.items() if value not in ({}, [])}


def of_connection(owner: str, module: str) -> SearchStrategy[Working]:
    """What a mapping and chain of one connection produce."""
    return contents(st.one_of(entries(owner, module), entries(owner, "x-crm")), id_maps(owner))


def of_anybody() -> SearchStrategy[Working]:
    """What an operator may write, or somebody may try to."""
    whose = ((SHOP, "connector.woocommerce"), (ERP, "connector.erp"), (ERP, "x-crm"), (None, "x-crm"))
    nobodys: SearchStrategy[Working] = st.one_of(
        st.just({}), st.just({}), entries(None, "connector.erp")
    )  # which nobody may create
    everybodys = st.tuples(*(entries(owner, module) for owner, module in whose), nobodys)
    merged = everybodys.map(lambda parts: {key: entry for part in parts for key, entry in part.items()})
    return contents(merged, id_maps(SHOP, ERP))
