"""Backups: one moment of the store while others write to it, complete or not there, and a proof that they are whole."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crossdock.errors import ConfigError, PermanentError
from crossdock.store import Store
from crossdock.store.copies.backup import DamagedBackupError, NewerBackupError, NoBackupError, back_up, examine, restore
from crossdock.store.copies.occupancy import NotEmptyError, StoreInUseError, is_occupied
from crossdock.store.copies.whole_file import whole_file
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import migrate, migrations
from tests.databases import Postgresql, Sqlite, contents, run_sql
from tests.store.shop import entry, incoming, order, running, stored, write

NOW = datetime(2024, 3, 3, 14, 9, 27, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
# Writes pages, each of two orders and one line of history for both, until somebody ends it.
WRITER = """
import sys
from itertools import count
from crossdock.store import Store
from tests.store.shop import incoming, order, write

with Store.open(sys.argv[1]) as store:
    for step in count():
        note = f"{step} " + "x" * 2000
        write(store, *(incoming(order(name, customerNote=note)) for name in ("a", "b")), incoming(order(f"new-{step}")))
        print(step, flush=True)
"""
BACKUP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from crossdock.store.copies.backup import back_up

print("begins", flush=True)
back_up(sys.argv[1], Path(sys.argv[2]), datetime.now(UTC))
"""


def process(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program, and wait for its first word."""
    started = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert started.stdout is not None
    assert started.stdout.readline()
    return started


def end(started: subprocess.Popen[str]) -> None:
    """Kill a program as a power failure would."""
    started.send_signal(signal.SIGKILL)
    started.communicate()


@pytest.fixture
def filled(url: str) -> str:
    with Store.open(url) as store:
        write(store, *(incoming(order(str(number), customerNote="x" * 400)) for number in range(70)))
        write(store, incoming(order("138", customData=entry("5377568eb7e165e3b38af6eece4a0001", "k", [1]))), cursor="c")
    return url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "of today.db"


def test_a_backup_has_everything_and_can_be_opened_as_a_store(filled: str, file: Path) -> None:
    before = contents(filled)
    made = back_up(filled, file, NOW)
    assert examine(file) == made
    assert (made.taken, made.version) == ("2024-03-03T14:09:27Z", len(migrations()))
    assert contents(filled) == before
    assert [path.name for path in file.parent.iterdir() if path.name.startswith("of today")] == ["of today.db"]
    assert file.stat().st_mode & 0o777 == 0o600
    with Store.open(f"sqlite:///{file}") as store:
        assert stored(store)["customData"]


def test_what_is_restored_is_what_was_backed_up(filled: str, file: Path, database: Sqlite | Postgresql) -> None:
    made = back_up(filled, file, NOW)
    bytes_before = file.read_bytes()
    target = database.new_url()
    assert restore(file, target, replacing=False).tables == made.tables
    before = contents(filled)
    assert {name: rows for name, rows in contents(target).items() if name != "backup"} == before
    assert file.read_bytes() == bytes_before
    with Store.open(target) as store:
        write(store, incoming(order("138", channel="new"), modified="2024-03-03T15:00:00Z"))
        assert stored(store)["channel"] == "new"


def test_a_store_that_is_not_empty_is_replaced_only_if_that_is_said(filled: str, file: Path) -> None:
    back_up(filled, file, NOW)
    with Store.open(filled) as store:
        write(store, incoming(order("138", channel="later"), modified="2024-03-03T15:00:00Z"))
    before = contents(filled)
    assert is_occupied(filled)
    with pytest.raises(NotEmptyError):
        restore(file, filled, replacing=False)
    assert contents(filled) == before
    restore(file, filled, replacing=True)
    with Store.open(filled) as store:
        assert "channel" not in stored(store)


def test_a_store_with_which_a_run_works_is_not_replaced(filled: str, file: Path) -> None:
    back_up(filled, file, NOW)
    with Store.open(filled) as store, running(store):
        with pytest.raises(StoreInUseError, match="stop `crossdock run`"):
            restore(file, filled, replacing=True)
        assert stored(store)["customData"]


def test_a_damaged_store_can_be_replaced(filled: str, file: Path, tmp_path: Path) -> None:
    back_up(filled, file, NOW)
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 500)
    (tmp_path / "broken.db-wal").write_bytes(b"of the old one")
    url = f"sqlite:///{broken}"
    assert is_occupied(url)
    with pytest.raises(NotEmptyError):
        restore(file, url, replacing=False)
    restore(file, url, replacing=True)
    with Store.open(url) as store:
        assert stored(store)["customData"]


def test_an_older_backup_is_migrated_when_it_is_opened(database: Sqlite | Postgresql, file: Path) -> None:
    old, new = database.new_url(), database.new_url()
    with closing(Database(old, create=True)) as opened:
        migrate(opened, migrations(opened.dialect)[:1])
    run_sql(old, "INSERT INTO cursors VALUES ('s', 'order', 'c', '2024-03-03T14:09:27Z', NULL)")
    assert back_up(old, file, NOW).version == 1
    assert restore(file, new, replacing=False).version == 1
    with Store.open(new) as store:
        assert [cursor.cursor for cursor in store.cursors()] == ["c"]


# What is no backup, or no longer one


def refused(file: Path, kind: type[Exception], words: str, target: Path) -> None:
    """See that a file is refused, and neither it nor the target touched."""
    before = file.read_bytes()
    with pytest.raises(kind, match=words):
        restore(file, f"sqlite:///{target}", replacing=True)
    assert file.read_bytes() == before
    assert not target.exists()
    assert not list(file.parent.glob("*.partial*"))


@pytest.fixture
def made(file: Path, tmp_path: Path) -> Path:
    """A backup to be spoilt."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store.open(url) as store:
        write(store, *(incoming(order(str(number), customerNote=f"{number}" * 500)) for number in range(70)))
    back_up(url, file, NOW)
    return file


def test_a_single_changed_letter_is_found(made: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(made)) as connection, connection:
        connection.execute("UPDATE records SET document = replace(document, '7777', '7778') WHERE sequence = 8")
    refused(
        made, DamagedBackupError, "is damaged: records is not what was written; nothing was restored", tmp_path / "t"
    )


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_half_a_backup_is_refused(made: Path, tmp_path: Path, share: float) -> None:
    whole = made.read_bytes()
    made.write_bytes(whole[: int(len(whole) * share)])
    refused(made, DamagedBackupError, "is damaged", tmp_path / "t")


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_bytes_that_rotted_are_found(made: Path, tmp_path: Path, share: float) -> None:
    whole = bytearray(made.read_bytes())
    start = int(len(whole) * share)
    whole[start : start + 20_000] = b"\x17" * len(whole[start : start + 20_000])
    made.write_bytes(whole)
    refused(made, DamagedBackupError, "is damaged", tmp_path / "t")


def test_a_newer_backup_is_refused(made: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(made)) as connection, connection:
        connection.execute("INSERT INTO migrations VALUES (999, 'from the future', '2030-01-01')")
    refused(made, NewerBackupError, "made by a newer program; nothing was restored, upgrade crossdock", tmp_path / "t")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'store.db'}").close()
    refused(tmp_path / "store.db", NoBackupError, "`crossdock backup` did not make it", tmp_path / "t")
    with closing(sqlite3.connect(tmp_path / "else.db")) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
    refused(tmp_path / "else.db", NoBackupError, "is no backup", tmp_path / "t")
    (tmp_path / "text").write_text("hello " * 100)
    refused(tmp_path / "text", NoBackupError, "is no backup", tmp_path / "t")
    with pytest.raises(ConfigError, match="there is no backup"):
        examine(tmp_path / "none")


def test_a_store_is_not_overwritten_by_its_own_backup(made: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is the store itself"):
        back_up(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "." / "store.db", NOW)


def test_a_backup_that_is_the_store_by_now_takes_no_place_of_its_own(made: Path) -> None:
    with pytest.raises(ConfigError, match="is the store itself; name the backup"):
        restore(made, f"sqlite:///{made}", replacing=True)


def test_what_cannot_be_written_is_told(made: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with pytest.raises(ConfigError, match="there is no folder"):
        back_up(url, tmp_path / "none" / "b.db", NOW)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="is a folder; name a file in it"):
        back_up(url, tmp_path / "folder", NOW)
    with pytest.raises(PermanentError, match="cannot be written: File name too long"):
        back_up(url, tmp_path / ("x" * 250), NOW)
    assert not list(tmp_path.glob("*.partial*"))


# While others write, and when everything ends at once


def test_a_backup_is_of_one_moment_while_another_process_writes(url: str, tmp_path: Path) -> None:
    writer = process(WRITER, url)
    try:
        for number in range(3):
            back_up(url, tmp_path / f"{number}.db", NOW)
            with Store.open(f"sqlite:///{tmp_path / f'{number}.db'}") as store:
                first, second = (stored(store, name) for name in ("a", "b"))
                assert first["customerNote"] == second["customerNote"]
                step = int(first["customerNote"].split()[0])
                assert store.counts()["order"] == 2 + step + 1
    finally:
        end(writer)


def test_a_backup_that_is_killed_leaves_no_half_file_under_its_name(url: str, tmp_path: Path) -> None:
    with Store.open(url) as store:
        write(store, *(incoming(order(str(number), customerNote="x" * 20_000)) for number in range(400)))
    before = contents(url)
    file = tmp_path / "backup.db"
    for wait in (0.02, 0.1):
        started = process(BACKUP, url, str(file))
        time.sleep(wait)
        end(started)
        assert not file.exists() or examine(file)
        file.unlink(missing_ok=True)
    assert contents(url) == before
    back_up(url, file, NOW)
    examine(file)


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(LookupError), whole_file(file) as partial:
        partial.write_text("new", "no such encoding")
    assert file.read_text() == "old"
    with whole_file(file) as partial:
        partial.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "new"


RESTORE = """
import sys
from pathlib import Path
from crossdock.store.copies.backup import restore

print("begins", flush=True)
restore(Path(sys.argv[1]), sys.argv[2], replacing=True)
"""


def test_a_restore_that_is_killed_leaves_the_old_store_or_the_new(url: str, file: Path) -> None:
    with Store.open(url) as store:
        write(store, *(incoming(order(str(number), customerNote="x" * 20_000)) for number in range(300)))
    back_up(url, file, NOW)
    with Store.open(url) as store:
        write(store, incoming(order("later")))
    for wait in (0.05, 0.2):
        started = process(RESTORE, str(file), url)
        time.sleep(wait)
        end(started)
        with Store.open(url) as store:
            assert store.counts()["order"] in (300, 301)
            assert stored(store, "7")["customerNote"] == "x" * 20_000
    restore(file, url, replacing=True)
    with Store.open(url) as store:
        assert store.counts() == {"order": 300}
