"""Wherever a run is stopped, the next one ends as if nothing had happened; and the rig notices when it would not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from crossdock.errors import CrossdockError
from crossdock.pipeline.importing import _Attempt
from crossdock.plugins import load_plugins
from crossdock.store import Store, StoreBusyError
from crossdock.testing.crash import Crash, CrashRig, How, Snapshot
from crossdock.testing.effects import Effects
from tests.databases import Postgresql


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[CrashRig]:
    with CrashRig("woocommerce", "order", tmp_path, records=4) as rig:
        yield rig


def orders(folder: Path, new_store: Callable[[], str] | None = None) -> CrashRig:
    """A shop whose orders fill two pages, so that there is a side effect of every kind, and few more."""
    return CrashRig("woocommerce", "order", folder, records=4, page_size=3, new_store=new_store)


def harmful(crashes: Iterable[Crash]) -> list[str]:
    return [str(crash) for crash in crashes if crash.differences]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exception", "kill"])
def test_no_side_effect_of_an_import_is_a_bad_one_to_be_stopped_at(tmp_path: Path, how: How) -> None:
    with orders(tmp_path) as rig:
        undisturbed = Effects()
        rig._import(rig._new_store(), undisturbed)
        crashes = list(rig.crashes(how))
    assert harmful(crashes) == []
    assert [crash.number for crash in crashes] == list(range(1, 1 + len(crashes)))
    assert len(crashes) >= len(undisturbed.seen)  # the shop grows meanwhile
    for beginning in ("GET ", "INSERT INTO records", "INSERT INTO imports", "INSERT INTO cursors", "COMMIT"):
        assert any(effect.startswith(beginning) for effect in undisturbed.seen)
    # Which statement is the k-th one is also up to the thread that reads ahead, and to what has changed.
    for beginning in ("GET ", "INSERT INTO ", "COMMIT"):
        assert any(crash.effect.startswith(beginning) for crash in crashes)


def others() -> Iterator[tuple[str, str]]:
    """Every other record type of every connector that has a sandbox."""
    for connector in load_plugins().require_sound().connectors.values():
        if connector.sandbox is not None:
            yield from ((connector.name, one) for one in connector.record_types if one != "order")


@pytest.mark.slow
@pytest.mark.parametrize(("connector", "record_type"), list(others()))
def test_nor_is_every_third_one_of_another_record_type(tmp_path: Path, connector: str, record_type: str) -> None:
    with CrashRig(connector, record_type, tmp_path, page_size=40) as rig:
        assert harmful(rig.crashes("kill", range(1, 1000, 3))) == []
        assert harmful(rig.crashes("exception", range(2, 1000, 12))) == []


@pytest.mark.slow
def test_a_disk_that_is_full_from_a_side_effect_on_loses_nothing_and_is_told(tmp_path: Path) -> None:
    with CrashRig("woocommerce", "order", tmp_path, records=7, page_size=4) as rig:
        crashes = list(rig.crashes("disk full", range(1, 1000, 3)))
        crashes += rig.crashes("disk full", count(crashes[-1].number))  # up to the very last one
    assert harmful(crashes) == []
    outcomes = [crash.outcome for crash in crashes]
    assert (outcomes[0], outcomes[-1]) == ("failed", "succeeded")  # for the end, the pages it has are enough
    assert set(outcomes) == {"failed", "succeeded"}


@pytest.mark.slow
def test_a_store_that_somebody_else_locks_loses_nothing_and_is_told(tmp_path: Path) -> None:
    with orders(tmp_path) as rig:
        crashes = list(rig.crashes("locked", range(1, 1000, 3)))
    assert harmful(crashes) == []
    assert "failed" in {crash.outcome for crash in crashes}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["clock back", "clock forward"])
def test_a_clock_that_jumps_disturbs_no_run(tmp_path: Path, how: How) -> None:
    with orders(tmp_path) as rig:
        crashes = list(rig.crashes(how, range(1, 1000, 6)))
    assert harmful(crashes) == []
    assert {crash.outcome for crash in crashes} == {"succeeded"}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exception", "kill"])
def test_some_side_effects_on_postgresql(tmp_path: Path, postgresql: Postgresql, how: How) -> None:
    with orders(tmp_path, postgresql.new_url) as rig:
        crashes = list(rig.crashes(how, range(2, 1000, 9)))
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
    found = harmful(rig.crashes("exception", (20, 40)))
    assert any("have no payload" in one for one in found)


def test_a_cursor_that_runs_ahead_is_noticed(rig: CrashRig, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Store.write_page

    def hasty(self: Store, actor: object, run: object, page: object) -> object:
        self.reset_cursor("5377568eb7e165e3b38af6eece4a0001", "order", "2099-01-01T00:00:00Z")
        return take(self, actor, run, page)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "write_page", hasty)
    found = harmful(rig.crashes("exception", range(8, 40, 3)))
    assert any("is beyond" in one for one in found)


def test_a_run_that_does_not_go_on_from_its_cursor_is_noticed(rig: CrashRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "cursor", lambda self, connection_id, record_type: None)
    with monkeypatch.context() as patch:
        patch.setattr(Snapshot, "of", classmethod(honest_snapshot))
        found = harmful(rig.crashes("exception", range(36, 60, 6)))
    assert any("read from None, but the cursor" in one for one in found)


def honest_snapshot(_: type[Snapshot], store: Store, connection_id: str, record_type: str) -> Snapshot:
    """A snapshot that reads the cursor by another way."""
    found = Snapshot({}, {}, {}, None, 0, ())
    return replace(found, cursor=next((one.cursor for one in store.cursors()), None), runs=store.runs())


def test_a_run_that_calls_itself_a_success_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_it_was = _Attempt.report
    monkeypatch.setattr(_Attempt, "report", lambda self, outcome, errors: as_it_was(self, "succeeded", []))
    with CrashRig("woocommerce", "order", tmp_path, records=10) as rig:
        found = harmful(rig.crashes("disk full", [9]))
    assert any("differs from that of an undisturbed run" in one for one in found)


def test_a_run_that_does_not_say_what_to_do_is_noticed(rig: CrashRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoreBusyError, "__init__", lambda self, store: CrossdockError.__init__(self, "no luck"))
    found = harmful(rig.crashes("locked", range(20, 40, 5)))
    assert any("said 'no luck" in one for one in found)
