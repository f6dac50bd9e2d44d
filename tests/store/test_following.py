"""What follows from a write is written with it: followers see each write once, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection

from crossdock.records import Carried, Working
from crossdock.store import Store
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import Write
from tests.store.shop import OPERATOR, incoming, order, stored, write


@dataclass
class Watcher:
    """Remembers what it is shown; wants orders of the web, and fails when told to."""

    seen: list[Write] = field(default_factory=list)
    failing: bool = False

    def wants(self, record_type: str, record: Working, carried: Sequence[Carried]) -> bool:
        return record_type == "order" and record.get("channel") == "web"

    def follow(self, connection: Connection, door: Door, writes: Sequence[Write]) -> None:
        if self.failing:
            raise RuntimeError
        self.seen += writes


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def watched(url: str, watcher: Watcher) -> Iterator[Store]:
    with Store.open(url, followers=(watcher,)) as store:
        yield store


def test_an_import_shows_what_is_wanted_and_every_change(watched: Store, watcher: Watcher) -> None:
    write(watched, incoming(order("1", channel="web")), incoming(order("2", channel="shop"), "2"))
    assert [(one.before, one.after and one.after["channel"]) for one in watcher.seen] == [(None, "web")]
    write(watched, incoming(order("1", channel="app"), modified="2024-05-02T10:00:00Z"))
    change = watcher.seen[1].changes[0]
    assert (change.path, change.old, change.new) == ("channel", "web", "app")


def test_direct_writes_and_deletions_are_shown(watched: Store, watcher: Watcher) -> None:
    written = watched.write_record(OPERATOR, "order", None, {"channel": "phone"})
    watched.delete_record(OPERATOR, "order", written.local_id)
    assert [(one.before is None, one.after is None) for one in watcher.seen] == [(True, False), (False, True)]


def test_a_follower_that_fails_undoes_the_write(watched: Store, watcher: Watcher) -> None:
    write(watched, incoming(order(channel="shop")))
    watcher.failing = True
    with pytest.raises(RuntimeError):
        watched.write_record(OPERATOR, "order", stored(watched)["localId"], {"channel": "phone"})
    assert stored(watched)["channel"] == "shop"
