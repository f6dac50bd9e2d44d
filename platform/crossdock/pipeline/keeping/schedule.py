"""What is imported by itself, when it begins, and how long it rests after a failure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from crossdock.config import Connection
from crossdock.config.cron import cron_trigger
from crossdock.config.duration import format_duration

FIRST_REST = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=1)
JITTER = 0.1
_APART = timedelta(seconds=5)


class Plan(Struct, frozen=True):
    """One connection and record type that is imported by itself: ``every`` so often, or at the times of ``cron``.

    ``offset`` keeps plans apart that would else begin in the same moment.
    """

    connection: Connection
    record_type: str
    every: timedelta | None
    cron: str | None
    offset: timedelta

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.connection.name} {self.record_type}"

    @property
    def times(self) -> str:
        """When it is imported, in words."""
        return f"at {self.cron}" if self.every is None else f"every {format_duration(self.every)}"


def due_after(plan: Plan, begun: datetime) -> datetime:
    """Say when the import that follows one which began then should begin."""
    if plan.cron is None:
        return begun + (plan.every or timedelta())
    found: datetime = cron_trigger(plan.cron).get_next_fire_time(None, begun)
    return found


def plans_of(connections: Iterable[Connection]) -> list[Plan]:
    """List what has a schedule, in the order of the file, staggered."""
    found = [
        (connection, configured)
        for connection in connections
        for configured in connection.imports.values()
        if configured.every is not None or configured.cron is not None
    ]
    intervals = [configured.every for _connection, configured in found if configured.every is not None]
    apart = min([_APART, *(interval / len(found) for interval in intervals)])
    return [
        Plan(connection, configured.record_type, configured.every, configured.cron, position * apart)
        for position, (connection, configured) in enumerate(found)
    ]


def rest_after(failures: int, usual: timedelta, chance: float) -> timedelta:
    """Say how long an import rests that has failed so many times in a row: twice as long each time.

    It begins with the usual time between two imports, at most five minutes, and ends with that time, at least an hour.

    Args:
        failures: how many, the last one included.
        usual: the time between two imports as planned.
        chance: a number from 0 to 1; what failed together is not tried together again.
    """
    longest = max(usual, LONGEST_REST)
    doubled = min(usual, FIRST_REST) * float(2 ** min(failures - 1, 30))
    return min(doubled, longest) * (1 + JITTER * chance)
