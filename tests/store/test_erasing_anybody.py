"""Whoever is erased, by whatever names and numbers: nothing of them is found afterwards, and the sums stay."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from crossdock.records import Working
from crossdock.records.fields import all_fields
from crossdock.records.personal import ERASED
from crossdock.store import Quarantined, Store
from crossdock.store.erasure.person import person_of
from crossdock.store.events.log_events import LogEvent
from tests.databases import Postgresql, Sqlite
from tests.store.shop import CONFIG, ERP, LATER, OPERATOR, SHOP, entry, incoming, order, row, stored, write

NUMBERS = count(1)
# What people are called, with what JSON, SQL and regular expressions make special; and one letter of each script.
LETTERS = st.sampled_from("abcxyzÅäßøŁЖ中ñ'’\"\\/.*+?()[]{}|^$%_-@ \n\t0123456789\u00a0😀\x00")
WORDS = st.text(LETTERS, min_size=1, max_size=12)
EMAILS = st.builds("{}@{}.example".format, *[st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._+-]{0,10}", fullmatch=True)] * 2)
PHONES = st.from_regex(r"\+?[0-9][0-9 ()/-]{6,14}[0-9]", fullmatch=True).filter(
    lambda text: sum(map(str.isdigit, text)) > 5
)
PERSONAL = {"email": EMAILS, "phone": PHONES}
FIELDS = [field for field in all_fields("order") if field.personal and field.kind == "string"]
AMOUNTS = st.decimals(0, 10**9, places=2).map(str)


@st.composite
def records(draw: st.DrawFn) -> Working:
    """An order with something personal in any fields that are for it, and an address by which to find it."""
    record: Working = {"shipments": [{"shipmentId": "1" * 32}], "refunds": [{"refundId": "2" * 32, "amount": "1.00"}]}
    for field in draw(st.lists(st.sampled_from(FIELDS), unique_by=lambda one: one.text)):
        value = draw(PERSONAL.get(str(field.personal), WORDS))
        for parent in field.parents(record, create=True):
            parent[field.steps[-1]] = value
    record.setdefault("customer", {})["email"] = draw(EMAILS)
    totals = {"totalExclVat": draw(AMOUNTS), "totalInclVat": draw(AMOUNTS)}
    return {**record, "totals": totals, "rows": [row(1, totalInclVat=draw(AMOUNTS), sku="A-1", quantity="1")]}


def told(record: Working) -> list[tuple[str, str]]:
    """What a record says of a person: fields and values."""
    found = [(field.text, value) for field in FIELDS for _parent, value in field.values(record) if value is not None]
    return [(text, value) for text, value in found if value.strip()]


def whatever_tells(record: Working) -> list[str]:
    """Texts that other systems may have written about somebody."""
    places = [record, *(record.get(name, {}) for name in ("customer", "billingAddress", "shippingAddress"))]
    named = [(one.get("firstName", "").strip(), one.get("lastName", "").strip()) for one in places]
    numbers = [one[name] for one in places for name in ("phone", "email") if name in one]
    return [*numbers, *(f"{first} {last}" for first, last in named if first and last)]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(record=records(), changed=records(), asked=st.sampled_from([str.lower, str.upper, str.title]))
def test_nothing_of_anybody_is_found(
    database: Sqlite | Postgresql, record: Working, changed: Working, asked: Any
) -> None:
    email = record["customer"]["email"]
    changed["customer"]["email"] = email
    with Store.open(database.new_url()) as store:
        check_erasure(store, record, changed, asked(email))


def check_erasure(store: Store, record: Working, changed: Working, asked: str) -> None:
    """Let somebody's data get everywhere, erase them, and look."""
    entries = entry(SHOP, "billing.box", "PO 17") | entry(SHOP, "points", 12)
    write(store, incoming(order(**record, customData=entries)))
    write(store, incoming(order(**changed), LATER))
    values = told(record) + told(changed)
    about = json.dumps({"id": 7, "of": record["customer"]["email"], "all": values}).encode()
    write(store, Quarantined("7", about, f"no country: {values}", "RecordError", "map", CONFIG))
    for text in (*whatever_tells(record), *whatever_tells(changed)):
        store.log_events.add(ERP, LogEvent("error", f"cannot reach {text}", LATER, body=(text,)))
    person = person_of(record["customer"]["email"], [(("order", ""), record), (("order", ""), changed)])
    assert all(person.telling.search(str(one.event.body[0])) for one in store.log_events.list())
    before = stored(store)
    survey = store.erasing.survey_email(asked)
    assert store.erasing.erase(OPERATOR, survey).left == ()
    after = stored(store)
    assert {value for _text, value in told(after)} <= {ERASED}
    for name in ("totals", "rows", "remoteIdMap", "created"):
        assert after[name] == before[name]
    assert store.quarantine_list() == []
    assert not [one for one in store.log_events.list() if person.telling.search(str(one.event.body[0]))]
    assert store.erasing.survey_email(asked).touches == ()
