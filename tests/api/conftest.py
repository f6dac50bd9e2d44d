"""The API over an empty store on each kind of database, served on a loopback port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crossdock.config import Config
from crossdock.store import Store
from crossdock.store.writes.followers import followers_of
from tests.databases import Postgresql, Sqlite

from .serving import CONFIG, Api, Standing, clients, read_config, served, stand


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read_config(tmp_path)


@pytest.fixture
def store(url: str, config: Config) -> Iterator[Store]:
    with Store.open(url, followers=followers_of(config)) as opened:
        yield opened


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """One server for all tests that need no configuration of their own: starting one takes longer than most tests."""
    with stand(read_config(tmp_path_factory.mktemp("standing"))) as found:
        yield found


@pytest.fixture
def api(config: Config, store: Store, request: pytest.FixtureRequest) -> Iterator[Api]:
    if config.file.read_text("utf-8") != CONFIG:
        with served(config, store) as found:
            yield found
        return
    standing: Standing = request.getfixturevalue("standing")
    with standing.over(store), clients(config, store, standing.url) as found:
        yield found


@pytest.fixture(scope="module")
def shared_api(database: Sqlite | Postgresql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One server on each kind of database for all tests of a module, each of which keeps to records of its own."""
    config = read_config(tmp_path_factory.mktemp("shared"))
    with Store.open(database.new_url(), followers=followers_of(config)) as opened, served(config, opened) as found:
        yield found
