"""The mapper: turns payloads into records, with everything else stashed and each leaf accounted for."""

from __future__ import annotations

from collections.abc import Collection

from crossdock.errors import RecordError
from crossdock.expressions.expression import ExpressionError
from crossdock.expressions.syntax import is_constant
from crossdock.mapping.definition import Line, Mapping
from crossdock.mapping.mapped import Mapped, Part, Refusal
from crossdock.mapping.memory import Memory
from crossdock.mapping.plan import Plan
from crossdock.mapping.redact import Redactor
from crossdock.mapping.tally import Tally
from crossdock.mapping.walk import Walk
from crossdock.records.packed import expand_in_place
from crossdock.records.wire import Working

__all__ = ["Mapped", "Mapper", "Part", "Refusal"]


class Mapper:
    """Maps the payloads of one connection and record type; build once, use for every payload."""

    def __init__(self, mapping: Mapping, connection_id: str) -> None:
        self.mapping = mapping
        self.connection_id = connection_id
        self.redactor = Redactor(mapping)
        self._plan = Plan(mapping, connection_id)
        self._memory = Memory(connection_id, mapping.module_id, mapping.prefixes, len(self._plan.lines))

    @property
    def dead_lines(self) -> list[Line]:
        """The lines that matched nothing in all payloads so far; constants are never dead."""
        return [
            line
            for line, matched in zip(self._plan.lines, self._memory.matched, strict=True)
            if not matched and not is_constant(line.expression.text)
        ]

    def map(self, payload: Working, refusals: Collection[Refusal] = (), *, packed: bool = False) -> Mapped:
        """Map one parsed payload.

        Args:
            payload: parsed with exact decimals; it is only read. What a ``redact`` rule covers is not looked at:
                expressions see ``[redacted]``, so a payload from the archive gives the same record.
            refusals: targets that refused their values before; their leaves go to the stash.
            packed: leave custom data as a ``Stash`` instead of writing out its entries, where nobody looks at them.

        Raises:
            RecordError: the payload has no usable id, or is nested too deep.
        """
        try:
            payload = self.redactor.redact_value(payload)
            remote_id = self._remote_id(payload)
            walk = Walk(self._memory, self.mapping.record_type, remote_id, frozenset(refusals))
            record: Working = {"remoteIdMap": {self.connection_id: remote_id}}
            tally = Tally([record], None)
            walk.scope(self._plan.record, record, payload, tally)
        except RecursionError as error:
            raise RecordError("the payload is nested too deep; keep objects and lists below 200 levels") from error
        if not packed:
            expand_in_place(record)
        return Mapped(record, remote_id, tally.ledger, walk.warnings, walk.parts, walk.refusals)

    def _remote_id(self, payload: Working) -> str:
        try:
            value = self.mapping.id.search(payload)
        except ExpressionError as error:
            raise RecordError(f"the payload has no usable id: {error}") from error
        if type(value) is int or (type(value) is str and value):
            return str(value)
        raise RecordError(
            f"the payload has no usable id: {self.mapping.id.text!r} gives {value!r}; "
            "it must be a whole number or a text that is not empty"
        )
