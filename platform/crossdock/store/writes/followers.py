"""What follows from the writes of a configured store, such as events, the index of entries, links and flows."""

from __future__ import annotations

from crossdock.config import Config
from crossdock.store.flows.flow import FlowFollower, refusal_by
from crossdock.store.reads.search import EntryIndex
from crossdock.store.writes.follower import Follower


def followers_of(config: Config) -> tuple[Follower, ...]:
    """List the followers that a configuration asks for, in the order in which they are shown what was written."""
    followers: list[Follower] = []
    # Limits before all: what breaks one is undone.
    if config.limits:
        from crossdock.store.writes.limiting import LimitKeeper  # noqa: PLC0415 - only who limits something pays

        followers.append(LimitKeeper(config.limits))
    # Events before flows: a flow may write the same record again, and that event comes after this one.
    if config.subscriptions:
        from crossdock.store.events.event import EventFollower  # noqa: PLC0415 - only who sends events pays

        followers.append(EventFollower(config.subscriptions))
    return *followers, EntryIndex(config.store.searchable), FlowFollower(config.flows, refusal_by(config.limits))
