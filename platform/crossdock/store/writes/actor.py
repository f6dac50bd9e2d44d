"""Who writes: the actor that every write is checked against and recorded under."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

ActorKind: TypeAlias = Literal["connection", "operator", "flow"]
ImportKind: TypeAlias = Literal["import", "replay", "retry", "repair"]
Through: TypeAlias = ImportKind | Literal["api", "cli", "flow"]

IMPORT_KINDS: tuple[ImportKind, ...] = get_args(ImportKind)


class Copy(NamedTuple):
    """An entry that a flow may put in a place, word for word: ``entry`` is its JSON, ``None`` to take it back."""

    place: str
    key: str
    entry: bytes | None


class Actor(Struct, frozen=True):
    """A writer: a connection, an operator, or a flow that carries entries from record to record.

    ``connector`` is the connector's name (``woocommerce``): an import needs it, because only the mapping of that
    connector's connections writes entries of module ``connector.<name>``. ``copies`` is all that a flow may write.
    """

    kind: ActorKind
    connection_id: str | None
    name: str
    through: Through
    connector: str | None = None
    copies: frozenset[Copy] = frozenset()

    @property
    def imports(self) -> bool:
        """Whether it brings what a connection's mapping makes of payloads: by an import, or what goes its way."""
        return self.through in IMPORT_KINDS

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} (through {self.through})"
