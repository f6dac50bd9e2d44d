"""Wherever a run is stopped, the next one ends as if nothing had happened; and the rig notices when it would not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from crossdock.errors import CrossdockError
from crossdock.pipeline.importing import _Attempt
from crossdock.plugins import load_plugins
from crossdock.store import Store, StoreBusyError
from crossdock.testing.crash import Crash, CrashRig, How, Snapshot
from crossdock_woocommerce.sandbox.catalog import invent_catalog
from crossdock_woocommerce.sandbox.wire import encode
from tests.databases import Postgresql


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[CrashRig]:
    with CrashRig("woocommerce", "order", tmp_path, records=4) as rig:
        yield rig


def orders(folder: Path, new_store: Callable[[], str] | None = None) -> CrashRig:
    """A shop whose orders fill two pages, so that there is a side effect of every kind, and few more."""
    return CrashRig("woocommerce", "order", folder, records=4, page_size=3, new_store=new_store)


def goods_and_people(folder: Path, record_type: str) -> CrashRig:
    """A shop with a page of products, a page of variations of two of them each, and two of customers."""
    catalog = invent_catalog(1)
    products = [catalog.products[number] for number in (2, 3, 6, 7)]
    ids = {product["id"] for product in products}
    variations = [one for one in catalog.variations if one["parent_id"] in ids]
    for name, documents in {"products": products, "variations": variations, "customers": catalog.customers[:7]}.items():
        (folder / f"{name}.jsonl").write_bytes(b"\n".join(map(encode, documents)))
    file = folder / "orders.jsonl"
    file.touch()
    return CrashRig("woocommerce", record_type, folder, payloads=file, page_size=4)


RIGS = {
    ("woocommerce", "order"): orders,
    ("woocommerce", "product"): partial(goods_and_people, record_type="product"),
    ("woocommerce", "customer"): partial(goods_and_people, record_type="customer"),
}


def harmful(crashes: Iterable[Crash]) -> list[str]:
    return [str(crash) for crash in crashes if crash.differences]


def test_every_record_type_of_every_connector_that_is_built_in_and_has_a_sandbox_crashes() -> None:
    connectors = load_plugins().require_sound().connectors.values()
    assert set(RIGS) == {(one.name, it) for one in connectors if one.sandbox is not None for it in one.record_types}


@pytest.mark.slow
@pytest.mark.parametrize("make", RIGS.values(), ids=map("-".join, RIGS))
def test_no_side_effect_of_an_import_is_a_bad_one_to_be_stopped_at(
    tmp_path: Path, make: Callable[[Path], CrashRig]
) -> None:
    with make(tmp_path) as rig:
        undisturbed = rig.effects()
        crashes = list(rig.crashes("exception", "kill"))
    assert harmful(crashes) == []
    for how in ("exception", "kill"):
        numbers = [crash.number for crash in crashes if crash.how == how]
        assert numbers == list(range(1, 1 + len(numbers)))
        assert len(numbers) >= len(undisturbed)  # the shop grows meanwhile
        # Which statement is the k-th one is also up to the thread that reads ahead, and to what has changed.
        for beginning in ("GET ", "INSERT INTO ", "COMMIT"):
            assert any(crash.effect.startswith(beginning) for crash in crashes if crash.how == how)
    for beginning in ("GET ", "INSERT INTO records", "INSERT INTO imports", "INSERT INTO cursors", "COMMIT"):
        assert any(effect.startswith(beginning) for effect in undisturbed)


@pytest.mark.slow
def test_a_disk_that_is_full_from_a_side_effect_on_loses_nothing_and_is_told(tmp_path: Path) -> None:
    with CrashRig("woocommerce", "order", tmp_path, records=7, page_size=4) as rig:  # more than the file has room for
        undisturbed = rig.effects()
        crashes = list(rig.crashes("disk full"))
    assert harmful(crashes) == []
    assert [crash.number for crash in crashes] == list(range(1, 1 + len(crashes)))
    assert len(crashes) >= len(undisturbed)
    outcomes = [crash.outcome for crash in crashes]
    assert set(outcomes) == {"failed", "succeeded"}
    assert set(outcomes[:10]) == {"failed"}
    # For the end, the pages it has are enough; how many effects come before that is also up to the thread that reads.
    assert "succeeded" in outcomes[-10:]


@pytest.mark.slow
def test_a_store_that_somebody_else_locks_loses_nothing_and_is_told(tmp_path: Path) -> None:
    with orders(tmp_path) as rig:
        crashes = list(rig.crashes("locked", numbers=range(1, 1000, 3)))
    assert harmful(crashes) == []
    assert "failed" in {crash.outcome for crash in crashes}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["clock back", "clock forward"])
def test_a_clock_that_jumps_disturbs_no_run(tmp_path: Path, how: How) -> None:
    with orders(tmp_path) as rig:
        crashes = list(rig.crashes(how, numbers=range(1, 1000, 6)))
    assert harmful(crashes) == []
    assert {crash.outcome for crash in crashes} == {"succeeded"}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exception", "kill"])
def test_some_side_effects_on_postgresql(tmp_path: Path, postgresql: Postgresql, how: How) -> None:
    with orders(tmp_path, postgresql.new_url) as rig:
        crashes = list(rig.crashes(how, numbers=range(2, 1000, 9)))
    assert harmful(crashes) == []
    assert len(crashes) > 2


def test_a_store_that_forgot_a_payload_is_noticed(rig: CrashRig, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Store.write_page

    def forgetful(self: Store, *arguments: object) -> object:
        done = take(self, *arguments)  # type: ignore[arg-type]
        with self._database.write() as connection:
            connection.exec_driver_sql("DELETE FROM imports WHERE remote_id = (SELECT min(remote_id) FROM imports)")
        return done

    monkeypatch.setattr(Store, "write_page", forgetful)
    found = harmful(rig.crashes("exception", numbers=(20, 40)))
    assert any("have no payload" in one for one in found)


def test_a_cursor_that_runs_ahead_is_noticed(rig: CrashRig, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Store.write_page

    def hasty(self: Store, actor: object, run: object, page: object) -> object:
        self.reset_cursor("5377568eb7e165e3b38af6eece4a0001", "order", "2099-01-01T00:00:00Z")
        return take(self, actor, run, page)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "write_page", hasty)
    found = harmful(rig.crashes("exception", numbers=range(8, 40, 3)))
    assert any("is beyond" in one for one in found)


def test_a_run_that_does_not_go_on_from_its_cursor_is_noticed(rig: CrashRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "cursor", lambda self, connection_id, record_type: None)
    with monkeypatch.context() as patch:
        patch.setattr(Snapshot, "of", classmethod(honest_snapshot))
        found = harmful(rig.crashes("exception", numbers=range(36, 60, 6)))
    assert any("read from None, but the cursor" in one for one in found)


def honest_snapshot(_: type[Snapshot], store: Store, connection_id: str, record_type: str) -> Snapshot:
    """A snapshot that reads the cursor by another way."""
    found = Snapshot({}, {}, {}, None, 0, ())
    return replace(found, cursor=next((one.cursor for one in store.cursors()), None), runs=store.runs())


def test_a_run_that_calls_itself_a_success_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_it_was = _Attempt.report
    monkeypatch.setattr(_Attempt, "report", lambda self, outcome, errors: as_it_was(self, "succeeded", []))
    with CrashRig("woocommerce", "order", tmp_path, records=10) as rig:
        found = harmful(rig.crashes("disk full", numbers=[9]))
    assert any("differs from that of an undisturbed run" in one for one in found)


def test_a_run_that_does_not_say_what_to_do_is_noticed(rig: CrashRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoreBusyError, "__init__", lambda self, store: CrossdockError.__init__(self, "no luck"))
    found = harmful(rig.crashes("locked", numbers=range(20, 40, 5)))
    assert any("said 'no luck" in one for one in found)
