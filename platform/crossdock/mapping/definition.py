"""A mapping as data: what a connector's ``mapping.toml`` and a connection's own lines say, checked and compiled."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from crossdock.expressions.expression import ANY, Expression, Wildcard
from crossdock.records.fields import RecordField
from crossdock.toml import Place

Pattern: TypeAlias = tuple[str | int | Wildcard, ...]


class Line(Struct, frozen=True):
    """One mapping line: a target field and the expression that fills it.

    ``name`` is the target as written (``rows.product.sku``); ``steps`` lead to the field inside its scope: one
    name, or a part and a name (``billingAddress``, ``city``). ``keep`` leaves a consumed value in the stash as well.
    """

    name: str
    field: RecordField
    steps: tuple[str, ...]
    expression: Expression
    place: Place
    keep: bool = False


class KeyValueList(Struct, frozen=True):
    """A list of ``{key, value}`` objects whose entries are stashed as ``<prefix>.<key>``.

    ``sort`` names the field that numbers entries of the same key; ``drop`` the fields of an entry that carry
    nothing of their own, each with the reason.
    """

    path: Pattern
    prefix: str
    place: Place
    key: str = "key"
    value: str = "value"
    sort: str | None = None
    drop: tuple[tuple[str, str], ...] = ()


class DropRule(Struct, frozen=True):
    """Leaves that are left out on purpose, and why; ``redact`` means that the value is a secret and never kept.

    ``entry`` names one key of a key/value list that stands at ``pattern``.
    """

    pattern: Pattern
    reason: str
    place: Place
    redact: bool = False
    entry: str | None = None


class Block(Struct, frozen=True):
    """A list of the payload that becomes sub-records: ``rows.product`` over ``line_items``.

    ``over`` is empty for a block over the payload itself (one sub-record at most, made when ``when`` holds).
    ``target`` is the record's list, ``id_name`` its field for the platform's own id of each.
    """

    name: str
    target: str
    id_name: str
    over: tuple[str, ...]
    id: Expression | None
    when: Expression | None
    lines: tuple[Line, ...]
    place: Place


class Mapping(Struct, frozen=True):
    """Everything that decides how payloads of one record type become records."""

    record_type: str
    module_id: str
    id: Expression
    reference: Expression | None
    modified: Expression | None
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    key_values: tuple[KeyValueList, ...]
    rules: tuple[DropRule, ...]
    text: str

    @property
    def prefixes(self) -> frozenset[str]:
        """The names that stand for key/value lists in stash keys."""
        return frozenset({"meta", *(item.prefix for item in self.key_values)})

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """The lines of the record and of every block."""
        return (*self.lines, *(line for block in self.blocks for line in block.lines))

    @property
    def list_blocks(self) -> dict[tuple[str, ...], Block]:
        """The blocks over lists, by the list's path."""
        return {block.over: block for block in self.blocks if block.over}

    @property
    def single_blocks(self) -> tuple[Block, ...]:
        """The blocks over the payload itself."""
        return tuple(block for block in self.blocks if not block.over)


def matches(pattern: Pattern, path: Pattern) -> bool:
    """Whether a path lies at or below a pattern."""
    return len(path) >= len(pattern) and all(
        want is ANY or want == step for want, step in zip(pattern, path, strict=False)
    )
