"""The table ``[retention]``: how long what is no longer needed is kept."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from crossdock.config.complaint import shown
from crossdock.config.duration import LONGEST, Duration, parse_duration
from crossdock.config.tables import Table

FOREVER = "forever"


def _age(text: object) -> object:
    try:
        return None if text == FOREVER else parse_duration(text)
    except ValueError as error:
        message = f'{shown(text)} is neither "{FOREVER}" nor a duration such as "90d", of at most {LONGEST.days}d'
        raise ValueError(message) from error


Age: TypeAlias = Annotated[Duration | None, BeforeValidator(_age)]


class RetentionConfig(Table):
    """``[retention]``: how long things are kept; ``None`` is forever, which is what holds unless something is said."""

    payloads: Age = Field(
        default=None,
        description="the remote's own JSON of a record, after it was last imported; without it, a changed mapping "
        "cannot be replayed, and `crossdock why` cannot show the remote's value",
    )
    history: Age = Field(
        default=None,
        description="who changed what in a record, after the change; that and by whom a record was created is kept as "
        "long as the record",
    )
    runs: Age = Field(
        default=None,
        description="the reports of runs, after the run; the last of each kind are kept, and those of what waits in "
        "quarantine",
    )
    events: Age = Field(
        default=None,
        description="log events that outside programs sent, after they came; events on their way to a receiver are "
        "kept until it has them",
    )
