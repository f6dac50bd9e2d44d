"""What follows from the writes of a configured store: links and the index of entries are kept in step, flows bring
entries along.
"""

from __future__ import annotations

from crossdock.config import Config
from crossdock.store.follower import Follower
from crossdock.store.links import LinkFollower
from crossdock.store.search import EntryIndex


def followers_of(config: Config) -> tuple[Follower, ...]:
    """List the followers that a configuration asks for, in the order in which they are shown what was written."""
    return EntryIndex(config.store.searchable), LinkFollower()
