"""Erasing a person: what of them is in the store goes or is replaced, the books stay, and a search finds nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from crossdock.records import Working
from crossdock.records.personal import ERASED
from crossdock.store import PageWrite, Quarantined, Store
from crossdock.store.access.answers import Request
from crossdock.store.events.deliveries import Delivered
from crossdock.store.events.event import EventFollower
from crossdock.store.events.log_events import LogEvent, Related
from tests.databases import Postgresql, contents, run_sql
from tests.events.receiving import subscription
from tests.store.shop import (
    CONFIG,
    ERP,
    ERP_API,
    IMPORT,
    LATER,
    OPERATOR,
    SHOP,
    entry,
    incoming,
    local_id,
    order,
    row,
    running,
    stored,
    write,
)

LEASE = timedelta(minutes=1)
EMAIL = "Anna.Svensson@Example.com"
ANNA = {"firstName": "Anna", "lastName": "Svensson", "email": EMAIL, "phone": "+46 70 123 45 67"}
HOME = {**ANNA, "address1": "Storgatan 17 B", "postalCode": "211 34", "city": "Malmö", "countryCode": "SE"}
TOTALS = {"totalExclVat": "80.00", "vatAmount": "20.00", "totalInclVat": "100.00"}
VALUES = ("anna.svensson@example.com", "70 123 45 67", "anna svensson", "storgatan 17", "211 34", "ring twice")


def annas(remote_id: str = "138", **fields: Any) -> Working:
    """An order of hers."""
    return order(
        remote_id,
        **{
            "displayId": remote_id,
            "currency": "SEK",
            "customer": {"remoteIdMap": {SHOP: "7701"}, **ANNA},
            "billingAddress": HOME,
            "shippingAddress": {**HOME, "email": EMAIL.upper()},
            "customerNote": "ring twice for Anna Svensson",
            "rows": [row(1, sku="A-1", name="A mug", totalInclVat="100.00", customData=entry(SHOP, "size", 3))],
            "totals": TOTALS,
            "customData": entry(SHOP, "customer_user_agent", "Mozilla") | entry(SHOP, "points", 12),
            **fields,
        },
    )


def eriks(remote_id: str = "139", **fields: Any) -> Working:
    """An order of somebody at the same address, with the same phone."""
    erik = {"firstName": "Erik", "email": "erik@example.com"}
    home = HOME | erik
    return annas(remote_id, **{"customer": erik, "billingAddress": home, "shippingAddress": home, **fields})


def erase(store: Store, email: str = EMAIL.swapcase()) -> None:
    """Erase her, and see it proved."""
    proof = store.erasing.erase(OPERATOR, store.erasing.survey_email(email))
    assert proof.left == ()
    assert proof.rows > 0


def everything(url: str, store: Store) -> str:
    """All that a store holds, unpacked, in small letters."""
    cells = [cell for rows in contents(url).values() for one in rows for cell in one]
    return "\n".join(piece for cell in cells for piece in pieces(store, cell)).lower()


def pieces(store: Store, cell: object) -> Iterator[str]:
    """What a cell says, with the escapes of its JSON taken out."""
    if isinstance(cell, bytes):
        raw = store._compression.unpack(cell) if cell[:4] == b"\x28\xb5\x2f\xfd" else cell
        cell = raw.decode("utf-8", "replace")
    if not isinstance(cell, str):
        return
    yield cell
    for line in cell.splitlines():
        with suppress(ValueError):
            yield json.dumps(json.loads(line), ensure_ascii=False)


def test_names_and_contacts_are_replaced_and_the_books_stay(store: Store) -> None:
    write(store, incoming(annas()))
    before = stored(store)
    erase(store)
    record = stored(store)
    assert record["customer"] == dict.fromkeys(ANNA, ERASED)
    assert record["billingAddress"] == dict.fromkeys(HOME, ERASED) | {"countryCode": "SE"}
    assert record["customerNote"] == ERASED
    for name in ("totals", "rows", "displayId", "currency", "remoteIdMap", "created"):
        assert record[name] == before[name]
    assert record["version"] == before["version"] + 1
    assert list(record["customData"]) == list(entry(SHOP, "points", 12))


def test_nothing_of_them_is_in_any_table(store: Store, url: str) -> None:
    write(store, incoming(annas()))
    write(store, incoming(annas(customerNote="ring twice for anna svensson!"), LATER))
    assert all(value in everything(url, store) for value in VALUES)
    erase(store)
    assert not [value for value in VALUES if value in everything(url, store)]


def test_what_is_recorded_of_the_act_does_not_tell_what_was_erased(store: Store) -> None:
    write(store, incoming(annas()))
    erase(store)
    lines = store.history("order", local_id(store))
    assert {(line.actor_kind, line.actor_name, line.through) for line in lines} == {("operator", "kim", "cli")}
    by_path = {line.path: (line.old, line.new) for line in lines}
    assert by_path["customer.email"] == (ERASED, ERASED)
    assert by_path[f"customer.remoteIdMap[{SHOP}]"] == (ERASED, None)


def test_an_order_that_reads_the_same_afterwards_is_erased_once(store: Store) -> None:
    write(store, incoming(annas()))
    erase(store)
    version = stored(store)["version"]
    survey = store.erasing.survey_record("order", local_id(store))
    assert (survey.touches, survey.entries) == ((), 0)
    erase(store)
    assert stored(store)["version"] == version


def test_the_survey_says_what_will_be_touched_and_touches_nothing(store: Store, url: str) -> None:
    write(store, incoming(annas("138")), incoming(eriks("139")), incoming(annas("140")))
    before = contents(url)
    survey = store.erasing.survey_email(f" {EMAIL} ")
    assert contents(url) == before
    assert {touch[:] for touch in survey.touches} == {("imports", "erased", 2), ("records", "erased", 2)}
    assert {record["displayId"] for _type, record in survey.found} == {"138", "140"}
    assert survey.entries == 2
    assert survey.person.counts == {"e-mail address": 2, "whole name": 1, "phone number": 1, "street": 1}


def test_who_shares_an_address_and_a_phone_keeps_both(store: Store) -> None:
    write(store, incoming(annas("138")), incoming(eriks("139")))
    before = stored(store, "139")
    erase(store)
    assert stored(store, "139") == before
    assert store.payload(SHOP, "order", "139") is not None
    assert store.payload(SHOP, "order", "138") is None


def test_anothers_order_that_goes_to_them_is_told_and_stays(store: Store) -> None:
    gift = eriks("140", shippingAddress={name: value for name, value in HOME.items() if name != "email"})
    write(store, incoming(annas("138")), incoming(gift))
    assert store.erasing.survey_email(EMAIL).sharing == (("order", stored(store, "140")),)
    erase(store)
    assert stored(store, "140")["shippingAddress"]["firstName"] == "Anna"


def test_in_records_of_others_the_address_alone_is_blotted_out(store: Store, url: str) -> None:
    tip = entry(SHOP, "meta._recommended_by", f"tip of {EMAIL}") | entry(SHOP, "points", 3)
    write(store, incoming(annas("138")), incoming(eriks("139", customerNote=f"mail {EMAIL}, too", customData=tip)))
    store.write_record(OPERATOR, "order", local_id(store, "139"), lambda record: {**record, "channel": EMAIL})
    erase(store)
    record = stored(store, "139")
    assert record["customerNote"] == f"mail {ERASED}, too"
    assert record["channel"] == ERASED
    assert record["customer"]["firstName"] == "Erik"
    assert list(record["customData"]) == list(entry(SHOP, "points", 3))
    kept = store.payload(SHOP, "order", "139")
    assert kept is not None
    assert b"Erik" in kept.payload
    assert "anna.svensson@example.com" not in everything(url, store)


@pytest.mark.parametrize("email", ["anna@example.com", "anna+shop@example.com"])
def test_in_an_address_of_the_web_they_are_found_as_well(store: Store, url: str, email: str) -> None:
    once = quote(email, safe="")
    link = f"https://shop.example/?to={once}&next=https%3A%2F%2Fx%3Fe%3D{once}&back=https%253A%3Fe%253D{quote(once)}"
    write(store, incoming(annas(customer={"email": email}, billingAddress={}, shippingAddress={})))
    write(store, incoming(eriks("139", customerNote=link, customData=entry(SHOP, "meta.link", link))))
    store.log_events.add(ERP, LogEvent("error", link, LATER, body=(email.replace("@", "%40"),)))
    erase(store, email)
    assert stored(store, "139")["customerNote"].count(ERASED) == 3
    assert not stored(store, "139")["customData"]
    assert "anna%" not in everything(url, store)
    assert "anna+" not in everything(url, store)


def test_in_an_address_of_the_web_whole_name_phone_and_street_are_found_as_well(store: Store, url: str) -> None:
    her = {"firstName": "Åsa", "lastName": "von Rosen", "phone": "+46 70-999 12 34", "address1": "Nygränd 5"}
    said = (quote("Åsa von Rosen"), "von+Rosen%2C%20%C3%85sa", quote("+46 (70) 999 12 34"), quote("Nygränd 5"))
    link = "https://x.example/?a=" + "&b=".join(said)
    write(store, incoming(annas(billingAddress={"email": EMAIL, **her}, customerNote=f"see {link}")))
    store.log_events.add(ERP, LogEvent("error", link, LATER))
    erase(store)
    left = everything(url, store)
    assert not [one for one in ("%c3%85sa", "rosen", "70%29", "nygr%c3%a4nd") if one in left]


def test_an_address_that_ends_or_begins_like_theirs_is_anothers(store: Store) -> None:
    longer = (f"jo{EMAIL}", f"{EMAIL}.au", f"x-{EMAIL}", f"{EMAIL}m")
    for number, email in enumerate(longer):
        write(store, incoming(eriks(str(number), customer={"email": email}, customerNote=email)))
    write(store, incoming(annas()))
    erase(store)
    assert [stored(store, str(number))["customerNote"] for number in range(4)] == list(longer)


def test_entries_of_every_owner_that_tell_of_them_go_and_others_stay(store: Store) -> None:
    write(store, incoming(annas()))
    told = entry(ERP, "greeting", "Dear Anna!", module="x-erp") | entry(ERP, "call", 46701234567, module="x-erp")
    told |= entry(ERP, "seen from", "192.0.2.5", module="x-erp") | entry(None, EMAIL, True, module="x-crm")
    told |= entry(ERP, "all", {"who": ["ANNA  svensson"]}, module="x-erp")
    kept = entry(ERP, "voucher", "V-12", module="x-erp") | entry(None, "tier", "gold", module="x-crm")
    store.write_record(OPERATOR, "order", local_id(store), lambda one: {**one, "customData": {**told, **kept}})
    erase(store)
    assert stored(store)["customData"].keys() == kept.keys()
    assert EMAIL not in str(store.history("order", local_id(store)))


def test_a_row_keeps_what_was_bought_and_loses_who_it_was_for(store: Store) -> None:
    options = entry(SHOP, "meta.size", "XL") | entry(SHOP, "meta.engraving", "for Anna")
    mug = row(1, sku="A-1", name="Mug of Anna Svensson", totalInclVat="100.00", customData=options)
    write(store, incoming(annas(rows=[mug])))
    erase(store)
    [kept] = stored(store)["rows"]
    assert (kept["sku"], kept["name"], kept["totalInclVat"]) == ("A-1", f"Mug of {ERASED}", "100.00")
    assert list(kept["customData"]) == list(entry(SHOP, "meta.size", "XL"))


def test_a_former_number_is_found_as_well(store: Store, url: str) -> None:
    write(store, incoming(annas(billingAddress={**HOME, "phone": "0709-99 88 77"})))
    store.write_record(OPERATOR, "order", local_id(store), lambda one: {**one, "billingAddress": HOME})
    store.log_events.add(ERP, LogEvent("error", "cannot call 0709998877", LATER))
    erase(store)
    assert "0709998877" not in everything(url, store).replace("-", "").replace(" ", "")


def test_orders_of_a_customer_are_theirs_under_whatever_address(store: Store) -> None:
    customer = {"remoteIdMap": {SHOP: "7701"}, **ANNA}
    with running(store, record_type="customer") as run:
        store.write_page(IMPORT, run, PageWrite([incoming(customer)]))
    formerly = {"remoteIdMap": {SHOP: "7701"}, "email": "anna@old.example"}
    another = {"remoteIdMap": {SHOP: "77010", ERP: "7701"}, "email": "bo@example.com"}
    write(store, incoming(eriks("138", customer=formerly)))
    store.write_record(OPERATOR, "order", None, {"displayId": "of Bo", "customer": another})
    erase(store)
    assert stored(store, "138")["customer"] == {"email": ERASED}
    assert store.find("order", "of Bo")["customer"] == another
    assert [record["email"] for record in store.records("customer")] == [ERASED]


def test_what_a_flow_once_brought_to_another_record_is_blotted_there(store: Store, url: str) -> None:
    write(store, incoming(annas("138")), incoming(eriks("139")))
    copied = json.dumps({"type": "string", "value": "call +46701234567"})
    columns = "record_type, local_id, version, changed, actor_kind, actor_name, through, path, old, new"
    values = f"'order', '{local_id(store, '139')}', 1, '{LATER}', 'flow', 'f', 'flow', 'customData[|x-a|b]'"
    run_sql(url, f"INSERT INTO history ({columns}) VALUES ({values}, 'null', '{copied}')")
    erase(store)
    [line] = store.history("order", local_id(store, "139"))
    assert line.new["value"] == f"call {ERASED}"


def test_a_table_that_nobody_thought_of_is_blotted_as_well(store: Store, url: str) -> None:
    write(store, incoming(annas()))
    finding = json.dumps({"example": f"Anna Svensson <{EMAIL}>", "count": 3})
    columns = "connection_id, record_type, digest, found, run_id, held, finding"
    place = "X'00'" if url.startswith("sqlite") else "'x'"
    run_sql(url, f"INSERT INTO drift ({columns}) VALUES ('{SHOP}', 'order', {place}, '', '', 0, '{finding}')")
    erase(store)
    [(left,)] = run_sql(url, "SELECT finding FROM drift")
    assert json.loads(left) == {"example": f"{ERASED} <{ERASED}>", "count": 3}


def test_a_deleted_order_leaves_nothing(store: Store, url: str) -> None:
    write(store, incoming(annas()))
    store.delete_record(OPERATOR, "order", local_id(store))
    assert "storgatan 17" in everything(url, store)
    erase(store)
    assert not [value for value in VALUES if value in everything(url, store)]


def test_what_waits_in_quarantine_goes_and_does_not_come_back(store: Store, url: str) -> None:
    payload = json.dumps({"id": 7, "billing": ANNA}).encode()
    failed = Quarantined("7", payload, f"no country for {EMAIL}", "RecordError", "map", CONFIG)
    nameless = Quarantined(None, payload[:-1], "no JSON", "BrokenPayload", "parse", CONFIG)
    mentioned = json.dumps({"id": 8, "note": f"not {EMAIL}"}).encode()
    others = Quarantined("8", mentioned, "no country", "RecordError", "map", CONFIG)
    write(store, failed, nameless, others)
    erase(store)
    [left] = store.quarantine_list()
    assert left.remote_id == "8"
    found = store.quarantine_show(left.quarantine_id)
    assert found is not None
    assert json.loads(found[1]) == {"id": 8, "note": f"not {ERASED}"}
    [result] = write(store, failed)
    assert (result.outcome, len(store.quarantine_list())) == ("ignored", 1)
    assert "anna.svensson" not in everything(url, store)


def test_deliveries_that_wait_are_forgotten(store: Store, url: str) -> None:
    payload = json.dumps({"id": 9, "billing": ANNA}).encode()
    store.deliveries.take(Delivered(SHOP, "d1", "order", "9", LATER, payload))
    store.deliveries.take(Delivered(SHOP, "d2", "order", "10", LATER, b'{"id": 10}'))
    erase(store)
    assert [one.delivery_id for one in store.deliveries.next(SHOP, "order", 10)] == ["d2"]
    assert "anna" not in everything(url, store)


def test_log_events_and_run_reports_are_blotted(store: Store, url: str) -> None:
    write(store, incoming(annas()))
    about = Related("138", "Anna Svensson", f"{EMAIL} bounced; phone 0046-701 / +46701234567")
    store.log_events.add(
        ERP, LogEvent("error", f"mail to {EMAIL}", LATER, body=("at Storgatan 17 b",), related=(about,))
    )
    with_error = store.start_run(ERP, "order", CONFIG)
    store.finish_run(with_error, {"sessionErrors": [f"{EMAIL} refused"], "considered": 3}, "failed")
    erase(store)
    assert not [value for value in VALUES if value in everything(url, store)]
    [event] = store.log_events.list()
    assert event.event.summary == f"mail to {ERASED}"
    run = store.run(with_error.run_id)
    assert run is not None
    assert run.report == {"sessionErrors": [f"{ERASED} refused"], "considered": 3}


def test_events_on_their_way_go_on_without_them(url: str) -> None:
    with Store.open(url, followers=(EventFollower([subscription()]),)) as store:
        write(store, incoming(annas()))
        store.write_record(
            OPERATOR, "order", local_id(store), lambda one: {**one, "customerNote": "no, Anna Svensson!"}
        )
        erase(store)
        bodies = [json.loads(message.body) for message in store.outbox.claim("erp-events", LEASE, 10)]
        assert [body["type"] for body in bodies] == ["record.created", "run.finished"]
        assert bodies[0]["data"]["record"]["customer"]["email"] == ERASED
        assert bodies[0]["data"]["record"]["totals"] == TOTALS
        assert not [value for value in VALUES if value in everything(url, store)]
        assert store.outbox.count() == 4


def test_an_answer_that_may_be_repeated_is_erased(store: Store, url: str) -> None:
    request = Request("token", EMAIL, b"digest")
    made = store.answers.create(ERP_API, "order", {"customer": ANNA}, Request("token", "key", b"digest"))
    store.answers.create(ERP_API, "order", {"customer": ANNA}, request)
    erase(store)
    again = store.answers.create(ERP_API, "order", {"customer": ANNA}, Request("token", "key", b"digest"))
    assert (again.local_id, again.changed, again.record["customer"]["email"]) == (made.local_id, False, ERASED)
    assert "anna" not in everything(url, store)


def test_a_remote_id_that_is_an_address_goes(store: Store, url: str) -> None:
    write(store, incoming(annas(EMAIL, displayId="1001")))
    record = local_id(store, EMAIL)
    erase(store)
    assert "remoteIdMap" not in (store.record("order", record) or {})
    assert "anna.svensson" not in everything(url, store)
    assert [one.outcome for one in write(store, incoming(annas(EMAIL)))] == ["ignored"]


def test_what_the_shop_still_has_does_not_come_back(store: Store, url: str) -> None:
    write(store, incoming(annas("138")), incoming(eriks("139")))
    erase(store)
    before = stored(store)
    again = [incoming(annas("138", customerNote="new")), incoming(eriks("139", customerNote="new"), LATER)]
    results = write(store, *again)
    assert [result.outcome for result in results] == ["ignored", "updated"]
    assert "erased" in str(results[0].message)
    assert stored(store) == before
    store.delete_record(OPERATOR, "order", local_id(store))
    assert [result.outcome for result in write(store, *again)] == ["ignored", "unchanged"]
    assert not [value for value in VALUES[:1] if value in everything(url, store)]


def test_a_new_order_of_theirs_is_a_new_matter(store: Store) -> None:
    write(store, incoming(annas("138")))
    erase(store)
    assert [result.outcome for result in write(store, incoming(annas("141")))] == ["created"]


def test_an_operator_may_let_it_in_again(store: Store) -> None:
    write(store, incoming(annas()))
    erase(store)
    assert store.erasing.readmit("order", local_id(store)) == 1
    assert store.erasing.readmit("order", local_id(store)) == 0
    assert [result.outcome for result in write(store, incoming(annas(), LATER))] == ["updated"]
    assert stored(store)["customer"]["email"] == EMAIL


def test_one_record_alone(store: Store) -> None:
    write(store, incoming(annas("138")), incoming(annas("140")))
    survey = store.erasing.survey_record("order", local_id(store, "138"))
    assert store.erasing.erase(OPERATOR, survey).left == ()
    assert stored(store, "138")["customer"]["email"] == ERASED
    assert stored(store, "140")["customer"]["email"] == EMAIL


def test_a_name_with_quotes_slashes_and_other_letters_is_found_in_escaped_payloads(store: Store, url: str) -> None:
    name = {"firstName": 'Åsa "Ö"', "lastName": "O'Brien/Źx", "email": "åsa@exämple.com"}
    payload = json.dumps({"id": 138, "note": json.dumps(name)}).replace("/", "\\/").encode()
    write(store, incoming(annas(customer=name, billingAddress=None, shippingAddress=None), payload=payload))
    write(store, Quarantined("8", payload, f"{name['firstName']} {name['lastName']}", "RecordError", "map", CONFIG))
    erase(store, "ÅSA@exämple.com")
    assert "åsa" not in everything(url, store)


def test_a_name_that_ends_like_an_escape_is_found_as_well(store: Store) -> None:
    write(store, incoming(annas(customer={"firstName": "A\\n", "lastName": "B\\", "email": EMAIL})))
    store.log_events.add(ERP, LogEvent("error", "down", LATER, body=("for A\\n B\\", "for others")))
    erase(store)
    assert store.log_events.list()[0].event.body == (f"for {ERASED}", "for others")


def test_a_name_of_nothing_but_an_escape_is_not_found_everywhere(store: Store) -> None:
    write(
        store, incoming(annas(customer={"firstName": "\\n", "lastName": "\\t", "company": "\\n\\n\\n", "email": EMAIL}))
    )
    store.log_events.add(ERP, LogEvent("error", "down, and up", LATER))
    erase(store)
    assert store.log_events.list()[0].event.summary == "down, and up"


def test_a_dictionary_that_payloads_share_is_made_anew(store: Store, url: str) -> None:
    many = [incoming(annas(str(number), displayId=f"{number}")) for number in range(40)]
    noise = [{f"field{number}": "x" * 200 for number in range(12)} for _one in range(60)]
    others = [
        incoming(
            eriks(str(100 + number)),
            payload=json.dumps({"id": number, **fields, "billing": ANNA | {"email": EMAIL}}).encode(),
        )
        for number, fields in enumerate(noise)
    ]
    write(store, *many, *others)
    [(content,)] = run_sql(url, "SELECT content FROM dictionaries")
    assert EMAIL.encode() in bytes(content)
    with Store.open(url) as neighbour:
        kept = [one.payload for one in neighbour.payloads(SHOP, "order")]
        assert kept
        erase(store)
        assert run_sql(url, "SELECT content FROM dictionaries") == []
        write(neighbour, *[incoming(eriks(str(300 + number))) for number in range(60)])
    for one in store.payloads(SHOP, "order"):
        assert b"Anna" not in one.payload or EMAIL.encode() not in one.payload


def test_the_bytes_of_the_file_hold_nothing(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        for number in range(30):
            write(store, incoming(annas(str(number), customerNote=f"note {number}, Anna Svensson")))
            write(store, incoming(annas(str(number), customerNote="ring twice"), LATER))
        store.delete_record(OPERATOR, "order", local_id(store, "0"))
        assert EMAIL.encode() in b"".join(one.read_bytes() for one in tmp_path.iterdir())
        erase(store)
        assert store.erasing.clean_up()
        left = b"".join(one.read_bytes() for one in tmp_path.iterdir()).lower()
    assert b"points" in left
    assert not [value for value in VALUES if value.encode() in left]


def test_a_server_cleans_up_by_itself(postgresql: Postgresql) -> None:
    with Store.open(postgresql.new_url()) as store:
        assert not store.erasing.clean_up()
