"""One server with records in its store, for attackers who leave it as they find it or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crossdock.store import Store
from crossdock.store.writes.followers import followers_of
from tests.api.prepared import prepare
from tests.api.serving import Api, read_config, served
from tests.api.transferred import prepare_runs
from tests.databases import Postgresql, Sqlite


@pytest.fixture(scope="module")
def attacked(database: Sqlite | Postgresql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    config = read_config(tmp_path_factory.mktemp("attacked"))
    with Store.open(database.new_url(), followers=followers_of(config)) as store:
        prepare(store)
        prepare_runs(store)
        with served(config, store) as api:
            yield api
