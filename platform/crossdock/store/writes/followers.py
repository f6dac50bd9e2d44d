"""What follows from the writes of a configured store, such as events, the index of entries, links and flows."""

from __future__ import annotations

from crossdock.config import Config
from crossdock.store.events.event import EventFollower
from crossdock.store.flows.flow import FlowFollower, refusal_by
from crossdock.store.reads.search import EntryIndex
from crossdock.store.writes.follower import Follower
from crossdock.store.writes.limiting import LimitKeeper


def followers_of(config: Config) -> tuple[Follower, ...]:
    """List the followers that a configuration asks for, in the order in which they are shown what was written."""
    # Events first: a flow may write the same record again, and that event comes after this one.
    events = (EventFollower(config.subscriptions),) if config.subscriptions else ()
    # Limits before all: what breaks one is undone.
    limits = (LimitKeeper(config.limits),) if config.limits else ()
    return *limits, *events, EntryIndex(config.store.searchable), FlowFollower(config.flows, refusal_by(config.limits))
