"""One server with records in its store, for attackers who leave it as they find it or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crossdock.store import Store
from crossdock.store.followers import followers_of
from tests.api.prepared import prepare
from tests.api.serving import Api, read_config, served
from tests.api.transferred import prepare_runs


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("attacked")
    config = read_config(folder)
    with Store.open(f"sqlite:///{folder / 'crossdock.db'}", followers=followers_of(config)) as store:
        prepare(store)
        prepare_runs(store)
        with served(config, store) as api:
            yield api
