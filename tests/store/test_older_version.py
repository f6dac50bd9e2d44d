"""A store that an older program has made keeps everything; one that a newer program has made is not touched."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from crossdock.store import NewerStoreError, PageWrite, Store
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import migrate, migrations
from tests.databases import Postgresql, Sqlite, contents, run_sql
from tests.store.shop import CONFIG, EARLY, IMPORT, LATER, OPERATOR, SHOP, incoming, local_id, order, running, stored

KEPT = json.loads((Path(__file__).parent / "first_version.json").read_text("utf-8"))
NEWEST = len(migrations())


def build(url: str, version: int) -> None:
    """Make a store as the first program did, with what lay in one, and bring it to a version."""
    database = Database(url, create=True)
    steps = migrations(database.dialect)
    migrate(database, steps[:1])
    with database.write() as connection:
        for name, table in KEPT.items():
            connection.execute(text(f"DELETE FROM {name}"))
            columns = [column for column in table["columns"] if not column.endswith(("history_id", "quarantine_id"))]
            places = ", ".join(f":{column}" for column in columns)
            insert = text(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})")
            for row in table["rows"]:
                values = dict(zip(table["columns"], map(value, row), strict=True))
                connection.execute(insert, {column: values[column] for column in columns})
    migrate(database, steps[:version])
    database.close()


def value(kept: Any) -> Any:
    return base64.b64decode(kept["base64"]) if isinstance(kept, dict) else kept


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_a_store_of_an_older_version_keeps_everything(database: Sqlite | Postgresql, version: int) -> None:
    url = database.new_url()
    build(url, version)
    with Store.open(url) as store:
        assert store.counts() == {"order": 2}
        first, second = stored(store, "138"), stored(store, "139")
        assert (first["version"], first["channel"], first["rows"][0]["sku"]) == (2, "phone", "ÅÄÖ-1")
        assert (first["created"], first["lastModified"]) == ("2024-03-03T14:10:05Z", "2024-03-03T14:10:07Z")
        assert second["customerNote"] == "nul \x00 and 🎁"
        assert [(one.path, one.old, one.new) for one in store.history("order", first["localId"])] == [
            ("channel", "web", "phone")
        ]
        payload = store.payload(SHOP, "order", "138")
        assert payload is not None
        assert json.loads(payload.payload)["remoteIdMap"] == {SHOP: "138"}
        [waiting] = store.quarantine_list()
        assert (waiting.remote_id, waiting.error, waiting.pointer) == ("140", "'1.5 kr' is no number", "/total")
        assert store.cursor(SHOP, "order") == EARLY
        assert {run.record_type: run.outcome for run in store.runs()} == {
            "order": "succeeded",
            "product": "interrupted",
        }
        kept = store.configuration(CONFIG)
        assert kept is not None
        assert store.find("order", "139")["localId"] == second["localId"]


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_an_import_goes_on_in_it_where_the_older_program_stopped(database: Sqlite | Postgresql, version: int) -> None:
    url = database.new_url()
    build(url, version)
    with Store.open(url) as store, running(store) as run:
        same = order("139", displayId="139", orderStatus="completed", customerNote="nul \x00 and 🎁")
        changed = order("138", displayId="138", orderStatus="completed", paymentStatus="paid", channel="web")
        page = PageWrite([incoming(same), incoming(changed, LATER), incoming(order("140"))], LATER)
        assert [result.outcome for result in store.write_page(IMPORT, run, page)] == ["unchanged", "updated", "created"]
        after = stored(store, "138")
        assert (after["orderStatus"], after["channel"]) == ("completed", "phone")  # the edit made elsewhere survives
        assert store.quarantine_list() == []
        store.write_record(OPERATOR, "order", local_id(store, "139"), lambda record: {**record, "channel": "app"})
        assert stored(store, "139")["version"] == 2


def test_a_store_of_a_newer_version_is_refused_untouched(database: Sqlite | Postgresql) -> None:
    url = database.new_url()
    build(url, NEWEST)
    run_sql(url, f"INSERT INTO migrations VALUES ({NEWEST + 1}, 'from the future', '2030-01-01')")
    before = contents(url)
    for upgrade in (True, False):
        with pytest.raises(NewerStoreError, match=rf"has version {NEWEST + 1}, .* versions up to {NEWEST}; upgrade"):
            Store.open(url, upgrade=upgrade)
    assert contents(url) == before


def test_of_a_newer_file_not_a_byte_is_changed_and_no_file_made_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "crossdock.db"
    build(f"sqlite:///{file}", NEWEST)
    run_sql(f"sqlite:///{file}", f"INSERT INTO migrations VALUES ({NEWEST + 1}, 'from the future', '2030-01-01')")
    before, changed = file.read_bytes(), file.stat().st_mtime_ns
    with pytest.raises(NewerStoreError):
        Store.open(f"sqlite:///{file}")
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, changed)
    assert [one.name for one in tmp_path.iterdir()] == ["crossdock.db"]
