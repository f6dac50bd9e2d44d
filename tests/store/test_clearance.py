"""Clearance: what is known to pass the door without asking the guard is exactly what the door lets pass."""

from __future__ import annotations

from hypothesis import given, strategies as st

from crossdock.errors import OwnershipError, RecordError
from crossdock.records import Stash, Working, carried_by, expand_in_place
from crossdock.store import Actor
from crossdock.store.writes.clearance import Clearance
from crossdock.store.writes.guard import check
from crossdock.store.writes.merge import check_identities
from tests.store.orders import of_anybody, of_connection
from tests.store.shop import ERP, ERP_API, ERP_IMPORT, IMPORT, SHOP, SHOP_API, order, row

WRITERS = st.sampled_from([IMPORT, ERP_IMPORT, SHOP_API, ERP_API])
STASHES = st.builds(
    Stash,
    st.sampled_from([SHOP, ERP]),
    st.sampled_from(["connector.woocommerce", "connector.erp"]),
    st.dictionaries(st.sampled_from(["k1", "k2"]), st.sampled_from(["a", 1]), min_size=1),
)


@st.composite
def made(draw: st.DrawFn) -> Working:
    """An order of any writer whose custom data are entries here and stashes there; two rows may share their id."""
    record = draw(st.one_of(of_anybody(), of_connection(SHOP, "connector.woocommerce")))
    for holder in (record, *record.get("rows", ())):
        if draw(st.booleans()):
            holder["customData"] = draw(STASHES)
    if draw(st.booleans()):
        record["rows"] = [*record.get("rows", ()), row(1)]
    return record


def is_clear(actor: Actor, record: Working) -> bool:
    return Clearance(actor, "order").is_clear(record, carried_by(record))


@given(WRITERS, made())
def test_clear_is_what_the_door_lets_pass(actor: Actor, record: Working) -> None:
    clear = is_clear(actor, record)
    expand_in_place(record)
    try:
        check(actor, "order", None, record)
        check_identities("order", record)
    except (OwnershipError, RecordError):
        assert not clear
    else:
        assert clear


def test_what_a_mapping_stashes_is_clear_for_its_own_import_alone() -> None:
    record = order(customData=Stash(SHOP, "connector.woocommerce", {"k": 1}))
    assert is_clear(IMPORT, record)
    assert not is_clear(ERP_IMPORT, record)
    assert not is_clear(SHOP_API, record)
    assert not is_clear(Actor("connection", SHOP, "demo-shop", "import"), record)
