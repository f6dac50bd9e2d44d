"""A store on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crossdock.store import Store


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened
