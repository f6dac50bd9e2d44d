"""What is known of payloads, and what came to differ from it, lasts."""

from __future__ import annotations

from msgspec.structs import replace

from crossdock.drift.finding import Finding
from crossdock.drift.known import Known
from crossdock.store import Store
from crossdock.store.imports.drift import DriftEntry, DriftWrite
from tests.store import shop
from tests.store.shop import OPERATOR, SHOP

NEW = Finding("path", "meta._vat\x00", ("meta_data", ("_vat\x00",)), detail="string", lines=("a", "b"), held=True)
RUN = "f" * 32


def write(store: Store, *findings: Finding, known: Known | None = None, run_id: str = RUN) -> None:
    store.drift.save(run_id, SHOP, "order", DriftWrite((known or Known()).encode(), findings))


def entries(store: Store) -> list[DriftEntry]:
    return store.drift.list(SHOP, "order")


def test_a_store_knows_nothing_of_a_connection_that_was_never_imported(store: Store) -> None:
    known, told = store.drift.load(SHOP, "order")
    assert (known.payloads, known.learned, told) == (0, False, [])


def test_what_is_known_and_found_comes_back_as_it_was(store: Store) -> None:
    known = Known(payloads=7, learned=True)
    known.make_node(("a b", 0, ("k",))).types.add("string")
    write(store, NEW, known=known)
    again, (finding,) = store.drift.load(SHOP, "order")
    assert again.encode() == known.encode()
    assert replace(finding, lines=tuple(finding.lines)) == NEW
    assert store.drift.load(SHOP, "product")[1] == []


def test_a_finding_is_kept_once_with_its_last_count(store: Store) -> None:
    write(store, NEW, replace(NEW, kind="type", detail="null"))
    write(store, replace(NEW, count=9))
    assert [(entry.finding.kind, entry.finding.count) for entry in entries(store)] == [("path", 9), ("type", 1)]


def test_what_was_accepted_waits_no_longer_and_is_known_to_the_next_run(store: Store) -> None:
    write(store, NEW)
    (entry,) = entries(store)
    assert entry.waits
    assert store.drift.accept([entry.drift_id]) == 1
    assert store.drift.accept([entry.drift_id]) == 0
    (entry,) = entries(store)
    assert not entry.waits
    known, (finding,) = store.drift.load(SHOP, "order")
    node = known.node_at(NEW.steps)
    assert node is not None
    assert (node.types, finding.held) == ({"string"}, False)


def test_a_run_that_still_counts_does_not_undo_what_was_accepted(store: Store) -> None:
    write(store, NEW)
    store.drift.accept([entries(store)[0].drift_id])
    write(store, replace(NEW, count=2))
    assert entries(store)[0].accepted is not None
    write(store, NEW, run_id="e" * 32)  # a later run finds it anew
    assert entries(store)[0].accepted is None


def test_an_example_that_tells_of_a_person_goes_when_the_person_is_erased(store: Store) -> None:
    shop.write(store, shop.incoming(shop.order(customer={"email": "anna@example.test"})))
    write(store, replace(NEW, example='"Anna <anna@example.test>"'), replace(NEW, kind="type", detail="null"))
    assert store.erasing.erase(OPERATOR, store.erasing.survey_email("anna@example.test")).left == ()
    assert ["anna" in entry.finding.example for entry in entries(store)] == [False, False]
    assert store.drift.load(SHOP, "order")[0].payloads == 0
