"""The database goes away under the API: callers are told when to come back, and then everything works again."""

from __future__ import annotations

from pathlib import Path

from crossdock.store import Store
from tests.databases import Postgresql

from .serving import read_config, served


def test_callers_are_told_to_come_back_and_served_again_when_the_database_is_there(
    postgresql: Postgresql, tmp_path: Path
) -> None:
    config = read_config(tmp_path)
    with Store.open(postgresql.new_url()) as store, served(config, store) as api:
        made = api.erp.post("/api/order", {"customerNote": "before"}).json()
        path = f"/api/order/{made['localId']}"
        postgresql.stop()
        try:
            for answer in (api.erp.get(path), api.erp.put(path, {"customerNote": "lost"})):
                assert answer.status_code == 503
                assert int(answer.headers["Retry-After"]) > 0
                assert answer.json()["status"] == 503
        finally:
            postgresql.start()
        assert api.erp.get(path).json()["customerNote"] == "before"
        assert api.erp.put(path, {"customerNote": "after"}).status_code == 200
