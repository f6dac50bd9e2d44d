"""What becomes of one payload before the store sees it: a record, a quarantine entry, or nothing new."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from crossdock.errors import RecordError
from crossdock.mapping.mapped import Mapped
from crossdock.mapping.mapper import Mapper
from crossdock.mapping.prove import prove
from crossdock.pipeline.chain import Step
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.worker import UnforeseenError, Worker
from crossdock.plugins.connector import Broken, Finisher, RemoteItem
from crossdock.plugins.manipulator import Context, Fail, Ignore
from crossdock.records import dump_json, encode_record, pack_record, unpack_record
from crossdock.store import Ignored, Incoming, Known, Quarantined, Unchanged

from .making import SHOP, item, job_of, order, step

SECRET = "wc_order_canary"


def done(raw: bytes, job: ImportJob | None = None, *, prove: bool = False) -> Incoming:
    made = Worker(job or job_of(), prove=prove).work(item(raw), None)
    assert isinstance(made, Incoming), made
    return made


def failed(raw: bytes, job: ImportJob | None = None) -> Quarantined:
    made = Worker(job or job_of()).work(item(raw), None)
    assert isinstance(made, Quarantined), made
    return made


def stashed(record: Incoming, key: str) -> Any:
    """Look up the value of an entry of the record's own custom data."""
    entries = record.produced["customData"]
    entries = entries if type(entries) is dict else entries.expand()
    return entries[f"{SHOP}|connector.woocommerce|{key}"]["value"]


# What is no payload at all


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b'{"id": 7',
        b'{"id": 7} x',
        b'{"id": NaN}',
        b'{"number": "\xff"}',
        b"[" * 9999,
    ],
    ids=["empty", "no utf-8", "cut", "more behind", "nan", "no utf-8 inside", "deep"],
)
def test_what_cannot_be_parsed_waits_in_quarantine_with_its_text(raw: bytes) -> None:
    entry = failed(raw)
    assert (entry.remote_id, entry.stage, entry.payload) == ("7", "parse", raw)
    assert entry.error.startswith("the payload is no JSON that can be kept")


@pytest.mark.parametrize(("raw", "kind"), [(b"[]", "list"), (b"7", "int"), (b'"7"', "str"), (b"null", "NoneType")])
def test_a_payload_that_is_no_object_says_what_it_is(raw: bytes, kind: str) -> None:
    assert failed(raw).error == f"the payload is no object but {kind}"


def test_the_secrets_of_a_payload_that_does_not_parse_are_taken_out_all_the_same() -> None:
    entry = failed(b'{"id": 7, "order_key": "wc_order_canary", "total": ')
    assert entry.payload == b'{"id": 7, "order_key": "[redacted]", "total": '


def test_a_piece_of_a_page_that_is_no_record_is_put_aside_as_it_came() -> None:
    worker = Worker(job_of(), redact=lambda text: text.replace("cs_secret", "[redacted]"))
    entry = worker.quarantine(Broken(b'{"order_key": "wc_order_canary"', "cut behind cs_secret", "9"))
    assert (entry.remote_id, entry.stage, entry.error_class) == ("9", "parse", "BrokenPayload")
    assert (entry.payload, entry.error) == (b'{"order_key": "[redacted]"', "cut behind [redacted]")


HALVES = rb"""{"id": 7, "total": "0.00", "total_tax": "0.00",
    "customer_note": "a\ud83d", "other": "\udc00\ud800", "name\udfff": {"in": ["\ud800"]},
    "meta_data": [{"id": 1, "key": "k\ud801", "value": "\ud802"}]}"""


def test_halves_of_surrogate_pairs_are_mapped_stashed_and_proved_like_any_text() -> None:
    made = Worker(job_of(), prove=True).work(item(HALVES), None)
    assert isinstance(made, Incoming), made
    assert made.warnings == ()
    again = unpack_record(pack_record(made.produced))
    values = [entry["value"] for entry in again["customData"].values()]
    assert json.loads(dump_json(values)) == ["\udc00\ud800", {"in": ["\ud800"]}, "\ud802"]
    assert json.loads(encode_record(again))["customerNote"] == "a\ud83d"


# Names that stand twice


@pytest.mark.parametrize("blank", [b"", b" "])
def test_half_a_surrogate_pair_hides_no_secret_and_no_order(blank: bytes) -> None:
    fields = (b'"id":B7', rb'"x":B"\ud800"', b'"order_key":B"wc_order_canary"', rb'"note":B"\udfff"')
    made = Worker(job_of(), prove=True).work(item(b"{" + b", ".join(fields).replace(b"B", blank) + b"}"), None)
    assert isinstance(made, Incoming), made
    assert b"wc_order_canary" not in made.payload
    assert b"[redacted]" in made.payload
    no_id = failed(rb'{"id": "", "order_key": "wc_order_canary", "x": "\ud800"}')
    assert b"wc_order_canary" not in no_id.payload
    assert rb"\ud800" in no_id.payload


def test_a_name_that_stands_twice_is_a_warning_and_the_last_one_counts() -> None:
    raw = order().replace(b'"currency":"EUR"', b'"currency":"EUR","currency":"SEK"')
    made = done(raw)
    assert made.produced["currency"] == "SEK"
    assert made.warnings == ("the payload has 'currency' twice in one object; the last one counts",)


def test_a_name_that_stands_twice_is_found_however_deep_and_beside_any_number() -> None:
    raw = order(x=0).replace(b'"x":0', b'"x":[{"a":[{"b":1,"b":2}]}],"huge":' + b"9" * 4300)
    assert done(raw).warnings == ("the payload has 'b' twice in one object; the last one counts",)


def test_a_colon_that_is_written_as_an_escape_hides_no_name_that_stands_twice() -> None:
    raw = order().replace(b'"currency":"EUR"', rb'"currency":"EUR","note":1,"note":"\u003a"')
    assert done(raw).warnings == ("the payload has 'note' twice in one object; the last one counts",)


def test_the_same_name_in_two_objects_and_colons_in_texts_are_no_warning() -> None:
    assert done(order(x=[{"a": 1}, {"a": 1}], note='":" "a":1,"a":2', odd="é:😀")).warnings == ()


# Values that their target refuses


def test_a_value_that_its_field_refuses_is_kept_as_custom_data_and_costs_a_warning() -> None:
    made = done(order(billing={"country": "UK", "city": "Leeds"}))
    assert made.produced["billingAddress"] == {"city": "Leeds"}
    assert stashed(made, "billing.country") == "UK"
    (warning,) = made.warnings
    assert warning.startswith("billingAddress.countryCode: 'UK' is ")
    assert warning.endswith("it is kept as custom data and the field stays empty")


def test_the_account_of_a_refused_value_says_that_it_was_stashed() -> None:
    leaves, mapped, kept, *_rest = done(order(billing={"country": "UK"})).ledger
    assert done(order(billing={"country": "GB"})).ledger[:3] == (leaves, mapped + 1, kept - 1)


def test_several_refused_values_are_kept_each_and_the_rest_of_the_record_lives() -> None:
    raw = order(
        billing={"country": "UK"},
        shipping={"country": "England", "city": "York"},
        line_items=[{"id": 1, "quantity": 1, "name": "a"}, {"id": 2, "quantity": 1, "name": {"a": "b"}}],
    )
    made = done(raw, prove=True)
    assert "billingAddress" not in made.produced
    assert made.produced["shippingAddress"] == {"city": "York"}
    assert [row.get("name") for row in made.produced["rows"]] == ["a", None]
    told = "\n".join(made.warnings)
    assert "billingAddress.countryCode: 'UK' is " in told
    assert "shippingAddress.countryCode: 'England' is " in told
    assert "rows.product.name cannot hold {'a': 'b'}: it wants text" in told


def test_a_step_that_mends_a_value_saves_it_from_being_refused() -> None:
    chain = """manipulators = [
      { use = "value-map", field = "billingAddress.countryCode", table = { UK = "GB" } }]"""
    made = done(order(billing={"country": "UK"}), job_of(chain))
    assert made.produced["billingAddress"] == {"countryCode": "GB"}
    assert made.warnings == ()
    assert "billing.country" not in str(made.produced.get("customData"))


def test_a_step_that_writes_what_no_record_may_hold_is_named_by_place_and_value() -> None:
    def spoil(record: dict[str, Any]) -> dict[str, Any]:
        return record | {"currency": "euros"}

    entry = failed(order(), job_of(steps=step(spoil)))
    assert (entry.stage, entry.pointer, entry.error_class) == ("validate", "/currency", "RecordError")
    assert entry.error.startswith("the finished order is not valid: currency: 'euros' is not an ISO")


@pytest.mark.parametrize(
    ("value", "told"), [(("a",), "a tuple"), ((), "an empty tuple"), ({"a"}, "a set"), ({"a": 1}, "an object")]
)
def test_what_is_no_list_is_told_apart_from_one(value: object, told: str) -> None:
    entry = failed(order(), job_of(steps=step(lambda record: record | {"discountCodes": value})))
    assert f"discountCodes: must be a list, not {told}. " in entry.error


def test_a_huge_value_does_not_flood_the_error() -> None:
    entry = failed(order(), job_of(steps=step(lambda record: record | {"rows": "x" * 100_000})))
    assert len(entry.error) < 1000
    assert len(done(order(billing={"country": "U" * 100_000})).warnings[0]) < 1000


# Steps, and what they say


def test_a_new_record_that_is_ignored_goes_on_as_one_that_may_be_known() -> None:
    made = done(order(), job_of(steps=step(lambda _: Ignore("a draft"))))
    assert made.ignore == "a draft"
    assert made.produced["displayId"] == "7"


def test_what_is_ignored_in_any_case_is_no_record() -> None:
    worker = Worker(job_of(steps=step(lambda _: Ignore("a test", applies_to="all"))))
    made = worker.work(item(order()), None)
    assert isinstance(made, Ignored)
    assert (made.reason, made.remote_id, sum(made.ledger[1:])) == ("a test", "7", made.ledger[0])


def test_a_step_that_fails_a_record_says_why_and_which_it_was() -> None:
    entry = failed(order(), job_of(steps=step(lambda _: Fail("no VAT number"))))
    assert (entry.stage, entry.error) == ("manipulate", "no VAT number (manipulator 'test-step', step 1 of 1)")


def test_a_step_that_raises_costs_its_record_only() -> None:
    entry = failed(order(), job_of(steps=step(lambda record: 1 // 0)))
    assert entry.error.startswith("manipulator 'test-step', step 1 of 1 raised ZeroDivisionError: ")


class Unspeakable(Exception):  # noqa: N818 - it names what it is
    """An error that raises once more when it is told."""

    def __str__(self) -> str:
        raise SystemExit(5)


class UnspeakableRecordError(Unspeakable, RecordError):
    """The same, of a plugin that raises what it may raise."""


def raising(error: BaseException) -> Any:
    def step_of(_record: object) -> Any:
        raise error

    return step_of


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit(0), "SystemExit: 0"),
        (SystemExit(), "SystemExit"),
        (GeneratorExit(), "GeneratorExit"),
        (Unspeakable(), "Unspeakable"),
    ],
)
def test_a_step_that_would_end_the_program_or_cannot_be_told_costs_its_record_only(
    error: BaseException, told: str
) -> None:
    entry = failed(order(), job_of(steps=step(raising(error))))
    assert entry.error == f"manipulator 'test-step', step 1 of 1 raised {told}"


def test_an_operator_who_stops_it_stops_it_in_a_step_as_well() -> None:
    with pytest.raises(KeyboardInterrupt):
        failed(order(), job_of(steps=step(raising(KeyboardInterrupt()))))


def test_a_step_that_returns_nothing_is_told_what_to_return() -> None:
    assert "returned NoneType; a manipulator returns the record, Ignore or Fail" in failed(
        order(), job_of(steps=step(lambda _: None))
    ).error  # fmt: skip


def test_a_warning_of_a_step_comes_with_the_record() -> None:
    def warn(record: dict[str, Any], context: Context) -> dict[str, Any]:
        context.warn("look at this")
        return record

    worker = Worker(job_of(steps=[Step("test-step", warn)]))
    first, second = worker.work(item(order()), None), worker.work(item(order(8), "8"), None)
    assert isinstance(first, Incoming)
    assert isinstance(second, Incoming)
    assert first.warnings == second.warnings == ("look at this",)


# The connector's part


def test_a_connector_and_a_mapping_that_disagree_about_the_id_are_told() -> None:
    made = Worker(job_of()).work(item(order(7), "8"), None)
    assert isinstance(made, Quarantined)
    assert made.error.startswith("the connector calls this record '8', its mapping '7'")


def test_a_payload_without_an_id_is_no_record() -> None:
    entry = failed(order().replace(b'"id":7', b'"id":null'))
    assert entry.stage == "map"
    assert "id" in entry.error


def finish_raising(error: BaseException) -> ImportJob:
    def finish(record: dict[str, Any], payload: dict[str, Any], warn: object) -> None:
        raise error

    return job_of(finish=finish)


def test_a_finish_that_refuses_a_payload_is_believed() -> None:
    entry = failed(order(), finish_raising(RecordError("the total is 0.01 off", stage="map", pointer="/total")))
    assert (entry.error, entry.pointer) == ("the total is 0.01 off", "/total")


def test_a_finish_that_stumbles_costs_its_record_only() -> None:
    entry = failed(order(), finish_raising(KeyError("line_items")))
    assert entry.error.startswith("connector 'woocommerce' cannot complete the record: KeyError: 'line_items'. ")


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), Unspeakable()])
def test_a_finish_that_would_end_the_program_or_cannot_be_told_costs_its_record_only(error: BaseException) -> None:
    entry = failed(order(), finish_raising(error))
    assert entry.error.startswith(f"connector 'woocommerce' cannot complete the record: {type(error).__name__}")


def test_an_error_of_ours_that_cannot_be_told_is_named_at_least() -> None:
    assert failed(order(), finish_raising(UnspeakableRecordError("no"))).error == "UnspeakableRecordError"


@pytest.mark.parametrize("depth", [1_500, 9_000, 100_000])
def test_what_is_nested_without_end_waits_in_quarantine_without_its_secrets(depth: int) -> None:
    nested = b"[" * depth + b"1" + b"]" * depth
    for name in (b"extra", b"order_key"):
        raw = order(payment_url="https://pay.example/canary").replace(b"{", b'{"' + name + b'":' + nested + b",", 1)
        entry = failed(raw)
        assert "nested too deep" in entry.error or "recursion depth" in entry.error
        assert b"canary" not in entry.payload


def test_a_finish_writes_no_custom_data() -> None:
    def finish(record: dict[str, Any], payload: dict[str, Any], warn: object) -> None:
        record["customData"]["mine"] = {}

    entry = failed(order(extra="kept"), job_of(finish=finish))
    assert entry.error.startswith("custom data ('mine') is written neither by a connector's finish nor by")


def test_an_error_that_quotes_the_payload_does_not_tell_its_secrets() -> None:
    def finish(record: dict[str, Any], payload: dict[str, Any], warn: object) -> None:
        raise ValueError(repr(payload))

    entry = failed(order(order_key=SECRET, payment_url=f"https://x/?key={SECRET}"), job_of(finish=finish))
    assert SECRET not in entry.error
    assert SECRET.encode() not in entry.payload
    assert "'order_key': '[redacted]'" in entry.error


def test_a_fault_of_ours_costs_its_record_only_and_is_to_be_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of()
    monkeypatch.setattr(type(job.mapper), "map", lambda *_arguments, **_options: 1 // 0)
    entry = failed(order(order_key=SECRET), job)
    assert entry.error_class == UnforeseenError.__name__
    assert "ZeroDivisionError" in entry.error
    assert "please report it" in entry.error
    assert SECRET.encode() not in entry.payload


# Once known


def known_of(made: Incoming) -> Known:
    return Known("7", made.digest, made.config_hash, made.modified, made.ledger, "0" * 32, "stored")


def test_a_payload_that_is_known_with_this_configuration_is_not_mapped_again() -> None:
    job = job_of()
    known = known_of(done(order(), job))
    worker = Worker(job)
    assert worker.work(item(order()), known) == Unchanged(known)
    assert worker.mapped == 0


def test_a_changed_payload_and_a_changed_configuration_are_mapped() -> None:
    job = job_of()
    known = known_of(done(order(), job))
    assert isinstance(Worker(job).work(item(order(total="1.00")), known), Incoming | Quarantined)
    other = job_of('[connection.import.order.drop]\nnumber = "no need"\n')
    assert isinstance(Worker(other).work(item(order()), known), Incoming)


def test_a_proving_worker_looks_at_everything_again() -> None:
    job = job_of()
    known = known_of(done(order(), job))
    worker = Worker(job, prove=True)
    assert isinstance(worker.work(item(order()), known), Incoming)
    assert worker.proved == 1


def test_the_account_that_is_proved_is_the_one_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    proved: list[Mapped] = []

    def prove_and_look(mapper: Mapper, payload: dict[str, Any], mapped: Mapped) -> list[str]:
        proved.append(mapped)
        return prove(mapper, payload, mapped)

    monkeypatch.setattr("crossdock.mapping.prove.prove", prove_and_look)
    made = done(order(billing={"country": "UK"}), prove=True)
    assert [mapped.ledger for mapped in proved] == [made.ledger]
    assert made.ledger != done(order(billing={"country": "GB"})).ledger


def test_an_account_that_cannot_be_proved_keeps_the_record_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.mapping.prove.prove", lambda *_arguments: ["/total: 1.10 became 1.1"])
    worker = Worker(job_of(), prove=True)
    made = worker.work(item(order()), None)
    assert isinstance(made, Quarantined)
    assert (made.stage, made.error_class) == ("prove", "ProofError")
    assert "/total: 1.10 became 1.1" in made.error
    assert worker.proved == 0


@pytest.mark.parametrize(
    ("finish", "told"),
    [
        (lambda record, *_: record.pop("currency"), "currency: a mapping line gives 'EUR', .* takes it away"),
        (lambda record, *_: record.update(currency="USD"), "'EUR', and finish of connector '.*' makes 'USD' of it"),
        (lambda record, *_: record["rows"].pop(), r"rows\[\w+\]: a mapping line gives .* takes it away"),
        (lambda record, *_: record["rows"][0].update(name="Cup"), r"rows\[\w+\].name: .*'Mug', .* makes 'Cup' of it"),
    ],
)
def test_a_finish_that_replaces_what_a_line_gave_cannot_be_proved(finish: Finisher, told: str) -> None:
    payload = order(currency="EUR", line_items=[{"id": 1, "name": "Mug", "quantity": 1, "total": "0.00"}])
    made = Worker(replace(job_of(), finish=finish), prove=True).work(item(payload), None)
    assert isinstance(made, Quarantined)
    assert re.search(told, made.error), made.error


def test_a_finish_may_add() -> None:
    def add(record: dict[str, Any], _payload: dict[str, Any], _warn: Callable[[str], None]) -> None:
        record["channel"] = "web"
        record["discountCodes"] = [*record.get("discountCodes", ()), "NEW"]

    payload = order(coupon_lines=[{"id": 1, "code": "OLD"}])
    made = Worker(replace(job_of(), finish=add), prove=True).work(item(payload), None)
    assert isinstance(made, Incoming), made
    assert made.produced["discountCodes"] == ["OLD", "NEW"]


# Whatever comes

leaf = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["12.50", "2024-02-30T00:00:00"])
)
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    "number",
    "status",
    "currency",
    "total",
    "total_tax",
    "line_items",
    "billing",
    "meta_data",
    "refunds",
    "_links",
    "coupon_lines",
    "tax_lines",
    "shipping_lines",
    "fee_lines",
    "date_paid_gmt",
    "payment_method",
    "order_key",
]
strange = st.dictionaries(st.sampled_from(NAMES), anything, max_size=8)
JOB = job_of()


@given(strange)
def test_however_strange_an_order_is_it_becomes_a_record_or_waits(payload: dict[str, Any]) -> None:
    raw = msgspec.json.encode(payload | {"id": 7})
    made = Worker(JOB, prove=True).work(item(raw), None)
    assert isinstance(made, Incoming | Quarantined)
    if isinstance(made, Incoming):
        assert sum(made.ledger[1:]) == made.ledger[0]
        assert made.produced["remoteIdMap"] == {SHOP: "7"}
    else:
        assert made.error_class != UnforeseenError.__name__
        assert made.error_class != "ProofError"


@given(st.binary(max_size=40) | st.from_regex(rb'\{"id":7,[\[\]{}",:0-9a\\]{0,30}', fullmatch=True))
def test_whatever_bytes_come_nothing_is_raised(raw: bytes) -> None:
    made = Worker(JOB).work(RemoteItem("7", None, raw), None)
    assert isinstance(made, Incoming | Quarantined)
    assert made.payload == raw or b"[redacted]" in made.payload


@given(st.decimals(allow_nan=False, allow_infinity=False, places=15))
def test_every_digit_of_a_number_arrives(number: Decimal) -> None:
    raw = order(x=0).replace(b'"x":0', b'"x":' + str(number).encode())
    assert str(stashed(done(raw, JOB), "x")) == str(number)
