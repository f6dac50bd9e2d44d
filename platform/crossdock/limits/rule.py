"""A configured rule: which limits hold for whose entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:  # making the model takes milliseconds, which only those pay who limit something
    from crossdock.limits.limits import Limits


class LimitRule(Struct, frozen=True):
    """Limits for the entries of a connection, of a module, or of a module of a connection.

    Args:
        name: how messages call it: the preset's name, or that of the table.
        limits: the limits.
        connection_id: the owner whose entries are meant; ``None``: any, unowned ones included.
        module_id: the module whose entries are meant; ``None``: any.
        record_types: where they hold; empty: on every type.
    """

    name: str
    limits: Limits
    connection_id: str | None = None
    module_id: str | None = None
    record_types: frozenset[str] = frozenset()

    def concerns(self, owner: str | None, module_id: str) -> bool:
        """Say whether the rule is for an owner's entries of a module."""
        return self.connection_id in (None, owner) and self.module_id in (None, module_id)

    def holds_for(self, record_type: str) -> bool:
        """Say whether the rule is for records of a type."""
        return not self.record_types or record_type in self.record_types

    @property
    def scope(self) -> str:
        """Whose entries are meant, in words."""
        whose = "any connection" if self.connection_id is None else f"connection {self.connection_id}"
        module = "any module" if self.module_id is None else f"module {self.module_id!r}"
        types = ", ".join(sorted(self.record_types)) or "any record type"
        return f"{module} of {whose}, {types}"
