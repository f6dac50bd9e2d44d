"""What follows from the writes of a configured store: links are kept in step, flows bring entries along."""

from __future__ import annotations

from crossdock.config import Config
from crossdock.store.follower import Follower
from crossdock.store.links import LinkFollower


def followers_of(config: Config) -> tuple[Follower, ...]:
    """List the followers that a configuration asks for, in the order in which they are shown what was written."""
    del config  # links need no configuration
    return (LinkFollower(),)
