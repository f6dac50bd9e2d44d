"""Wherever a run is stopped, the next one ends as if nothing had happened; and the rig notices when it would not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crossdock.store import Store
from crossdock.testing.crash import Crash, CrashRig, How


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[CrashRig]:
    with CrashRig("woocommerce", "order", tmp_path, records=4) as rig:
        yield rig


def harmful(crashes: Iterator[Crash]) -> list[str]:
    return [str(crash) for crash in crashes if crash.differences]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exception", "kill"])
def test_no_side_effect_of_an_import_is_a_bad_one_to_be_stopped_at(tmp_path: Path, how: How) -> None:
    with CrashRig("woocommerce", "order", tmp_path) as rig:
        assert harmful(rig.crashes(how)) == []


@pytest.mark.slow
@pytest.mark.parametrize("record_type", ["product", "customer"])
def test_nor_is_every_fourth_one_of_another_record_type(tmp_path: Path, record_type: str) -> None:
    with CrashRig("woocommerce", record_type, tmp_path, page_size=40) as rig:
        assert harmful(rig.crashes("kill", range(1, 1000, 4))) == []


@pytest.mark.slow
def test_the_rig_stops_at_each_side_effect_in_turn(rig: CrashRig) -> None:
    crashes = list(rig.crashes("kill", range(5, 1000)))
    effects = [crash.effect for crash in crashes]
    assert [crash.number for crash in crashes] == list(range(5, 5 + len(crashes)))
    assert any(effect.startswith("GET ") for effect in effects)
    assert any(effect.startswith("INSERT INTO records") for effect in effects)
    assert "COMMIT" in effects


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
    found = harmful(rig.crashes("exception", range(14, 24, 2)))
    assert any("is beyond" in one for one in found)
