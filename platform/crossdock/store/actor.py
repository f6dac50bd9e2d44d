"""Who writes: the actor that every write is checked against and recorded under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ActorKind: TypeAlias = Literal["connection", "operator", "flow"]
Through: TypeAlias = Literal["import", "api", "cli"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A writer: a connection, an operator, or a flow that acts for a connection.

    ``connector`` is the connector's name (``woocommerce``): an import needs it, because only the mapping of that
    connector's connections writes entries of module ``connector.<name>``.
    """

    kind: ActorKind
    connection_id: str | None
    name: str
    through: Through
    connector: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} (through {self.through})"
