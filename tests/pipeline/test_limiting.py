"""What breaks a limit is refused in an import: not stored, counted, listed, proved, and still in the payload."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from crossdock.mapping.ledger import Ledger
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.limiting import Limiter
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.pipeline.worker import Worker
from crossdock.records import parse_json, unpack_record
from crossdock.store import Incoming, Store
from crossdock.store.imports.page import Item, Quarantined
from tests.pipeline.making import SHOP, Script, item, job_of, order, orders

META = [
    {"id": 1, "key": "short", "value": "ok"},
    {"id": 2, "key": "long", "value": "x" * 20},
    {"id": 3, "key": "nested", "value": {"a": [1, None], "b": ""}},
]
KEPT = """[connection.import.order.mapping]
channel = { from = "meta_data[?key=='KEY'].value | [0]", keep = true }
"""
PLAIN = ImportOptions()
SHORT = '[[limits]]\nconnection = "demo-shop"\nmax_value = 10\n'


def limits(text: str) -> str:
    return f'[[limits]]\nconnection = "demo-shop"\n{text}\n'


def proved(added: str, **fields: Any) -> Incoming:
    """Work on one order and prove its ledger."""
    made = Worker(job_of(added), prove=True).work(item(order(**fields)), None)
    assert isinstance(made, Incoming), made
    return made


def ledger(made: Incoming) -> Ledger:
    return Ledger(*made.ledger)


def keys(made: Incoming) -> set[str]:
    entries = made.produced.get("customData", {})
    return (
        set(getattr(entries, "values", None) or {})
        if not isinstance(entries, dict)
        else {entry["key"] for entry in entries.values()}
    )


class TestTheLedger:
    def test_an_entry_of_a_list_has_two_leaves_its_key_and_its_value(self) -> None:
        free, made = proved("", meta_data=META[:2]), proved(SHORT, meta_data=META[:2])
        assert keys(free) - keys(made) == {"meta.long"}
        assert (ledger(made).refused, ledger(made).stashed) == (2, ledger(free).stashed - 2)
        assert ledger(made).balances

    def test_every_leaf_of_a_refused_object_is_refused_the_empty_ones_too(self) -> None:
        unit = {"a": 1, "b": None, "c": ["", 2]}
        free, made = proved("", of_its_own=unit), proved(limits('types = ["string"]'), of_its_own=unit)
        assert "of_its_own" in keys(free) - keys(made)
        assert ledger(made).refused >= 4
        assert ledger(made).empty == ledger(free).empty - 2
        assert ledger(made).balances

    def test_a_nested_value_of_a_list_is_refused_with_all_its_leaves(self) -> None:
        made = proved(SHORT, meta_data=META[2:])
        assert ledger(made).refused == 4  # the key, 1, null and ""

    def test_what_a_line_keeps_as_custom_data_too_is_refused_before_it_is_mapped(self) -> None:
        line = KEPT.replace("KEY", "long")
        free, made = proved(line, meta_data=META[:2]), proved(line + SHORT, meta_data=META[:2])
        assert made.produced["channel"] == "x" * 20
        assert keys(free) - keys(made) == {"meta.long"}
        assert ledger(made).refused == 2
        assert ledger(made).mapped == ledger(free).mapped - 1

    def test_what_belongs_to_a_row_is_refused_there(self) -> None:
        lines = [{"id": 1, "name": "a", "total": "0.00", "total_tax": "0.00", "quantity": 1, "meta_data": META[:2]}]
        made = proved(SHORT, line_items=lines)
        (row,) = made.produced["rows"]
        assert set(row["customData"].values) >= {"meta.short"}
        assert "meta.long" not in row["customData"].values
        assert ledger(made).refused == 2

    def test_a_record_of_which_nothing_is_left_has_no_custom_data(self) -> None:
        made = proved(limits("max_entries = 0"), meta_data=META)
        assert "customData" not in made.produced
        assert ledger(made).balances

    def test_what_no_longer_fits_is_refused_and_the_rest_is_kept(self) -> None:
        made = proved(limits("max_entries = 2"), meta_data=META)
        assert len(keys(made)) == 2

    def test_an_entry_that_a_manipulator_made_has_no_leaf(self) -> None:
        chain = (
            '[[connection.import.order.manipulators]]\nuse = "custom-data-set"\nmodule = "x-notes"\n'
            'key = "note"\nvalue = "much too long a note"\n'
        )
        free, made = proved(chain), proved(chain + limits('module = "x-notes"\nmax_value = 5'))
        assert keys(free) - keys(made) == {"note"}
        assert made.ledger == free.ledger

    def test_what_a_manipulator_moved_to_a_field_is_not_over_any_limit(self) -> None:
        chain = (
            '[[connection.import.order.manipulators]]\nuse = "custom-data-to-field"\nkey = "meta.long"\n'
            'field = "channel"\n'
        )
        made = proved(chain + SHORT, meta_data=META[:2])
        assert made.produced["channel"] == "x" * 20

    def test_what_a_line_took_out_of_an_entry_is_refused_with_it_as_mapped(self) -> None:
        line = '[connection.import.order.mapping]\nchannel = "meta_data[0].value.a"\n'
        meta = [{"id": 1, "key": "a", "value": {"a": "web", "b": None}}]
        free, made = proved(line, meta_data=meta), proved(line + SHORT, meta_data=meta)
        assert (ledger(free).mapped, ledger(made).mapped) == (ledger(made).mapped + 1, ledger(made).mapped)
        assert (ledger(made).refused, made.produced["channel"]) == (3, "web")


names = st.sampled_from(["a", "b", "weird.name", "x[0]", "é|%"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 10**6), st.text(max_size=12))
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
metas = st.lists(st.fixed_dictionaries({"id": st.integers(1, 9), "key": names, "value": trees}), max_size=4)


@given(
    metas,
    st.dictionaries(names, trees, max_size=3),
    st.sampled_from(
        [
            SHORT,
            limits("max_entries = 3"),
            limits('types = ["string", "integer"]'),
            limits("max_total = 60"),
            limits('max_key = 6\nforbidden = "["'),
            limits('module = "connector.woocommerce"\nmin_value = 3'),
        ]
    ),
    st.sampled_from(
        [
            "",
            KEPT.replace("KEY", "a"),
            '[connection.import.order.mapping]\ncustomerNote = "*.b | [0]"\n',
            '[connection.import.order.mapping]\nchannel = "meta_data[0].value.a"\n',
        ]
    ),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_refused_is_proved(meta: Any, fields: dict[str, Any], limit: str, line: str) -> None:
    raw = order(meta_data=meta, line_items=[{"id": 1, "name": "a", "quantity": 1, "meta_data": meta}], **fields)
    worker = Worker(job_of(line + limit), prove=True)
    free = Worker(job_of(line), prove=True).work(item(raw), None)
    made: Item = worker.work(item(raw), None)
    if isinstance(free, Quarantined):
        assert isinstance(made, Quarantined)
        return
    assert isinstance(made, Incoming), made
    assert isinstance(free, Incoming)
    assert ledger(made).balances
    assert ledger(made).leaves == ledger(free).leaves
    assert (ledger(made).refused > 0) == bool(worker.refused)


def run(store: Store, added: str = SHORT, options: ImportOptions = PLAIN, **fields: Any) -> TransferReport:
    return Importer(store).run(job_of(added, source=Script([orders(7, 8, meta_data=META, **fields)])), options)


class TestTheRun:
    def test_it_is_told_which_entries_of_how_many_records_broke_which_limit_by_how_much(self, store: Store) -> None:
        report = run(store)
        assert report.outcome == "succeeded"
        assert report.ledger.balances
        wire = report.as_wire()
        told = {one["key"]: one for one in wire["refusedEntries"]}
        assert wire["ledger"]["refused"] > 0
        assert told["meta.long"] | {"lastRemoteId": ""} == {
            "limit": "demo-shop",
            "rule": "max_value",
            "place": "customData",
            "moduleId": "connector.woocommerce",
            "key": "meta.long",
            "entries": 2,
            "records": 2,
            "by": 10,
            "detail": "the value has 20 characters, 10 more than the 10 allowed",
            "lastRemoteId": "",
        }

    def test_the_entry_is_not_stored_and_its_value_stays_in_the_payload(self, store: Store) -> None:
        run(store)
        local_id = store.known(SHOP, "order", ["7"])["7"].local_id
        record = store.record("order", str(local_id))
        assert record is not None
        assert f"{SHOP}|connector.woocommerce|meta.long" not in record["customData"]
        assert f"{SHOP}|connector.woocommerce|meta.short" in record["customData"]
        payload = store.payload(SHOP, "order", "7")
        assert payload is not None
        assert parse_json(payload.payload)["meta_data"] == META

    def test_importing_again_changes_nothing_and_the_counts_stay(self, store: Store) -> None:
        first, again = run(store), run(store)
        assert again.tally.counts["unchanged"] == 2
        assert again.ledger == first.ledger

    def test_a_limit_that_comes_later_takes_out_what_it_refuses(self, store: Store) -> None:
        run(store, "")
        assert run(store).tally.counts["updated"] == 2
        assert run(store, "").tally.counts["updated"] == 2  # and brings it back when it goes

    def test_it_can_be_proved(self, store: Store) -> None:
        report = run(store, options=ImportOptions(prove=True))
        assert (report.proved, report.tally.counts["failed"]) == (2, 0)

    def test_a_run_without_limits_lists_nothing(self, store: Store) -> None:
        assert run(store, "").as_wire()["refusedEntries"] == []

    def test_no_secret_is_told(self) -> None:
        worker = Worker(job_of(SHORT), redact=lambda text: text.replace("canary", "[redacted]"))
        worker.work(item(order(meta_data=[{"id": 1, "key": "canary", "value": "x" * 20}])), None)
        assert "canary" not in str(worker.refused.as_wire())

    def test_a_very_long_list_is_cut_and_counted(self) -> None:
        worker = Worker(job_of(SHORT))
        worker.work(item(order(meta_data=[{"id": n, "key": f"k{n}", "value": "x" * 20} for n in range(130)])), None)
        assert len(worker.refused.as_wire()) + worker.refused.further >= 130
        assert len(worker.refused.as_wire()) == 100


def test_a_proof_finds_a_wrong_count_and_a_lost_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limiter, "_count", lambda *_: (0, 1, 0))
    made = Worker(job_of(SHORT), prove=True).work(item(order(meta_data=META)), None)
    assert isinstance(made, Quarantined)
    assert "with what was refused it should be" in made.error


def test_what_is_packed_has_no_refused_entry(store: Store) -> None:
    made = Worker(job_of(SHORT)).work(item(order(meta_data=META)), None)
    assert isinstance(made, Incoming)
    [parcel] = store.pack(job_of().actor, "order", [made])
    document = unpack_record(parcel.document)  # type: ignore[union-attr]  # it is a parcel
    assert f"{SHOP}|connector.woocommerce|meta.long" not in document["customData"]
    assert msgspec.json.encode("x" * 20) not in parcel.document  # type: ignore[union-attr]
