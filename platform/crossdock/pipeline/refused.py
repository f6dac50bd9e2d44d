"""What a run refused: entries over their limits, added up for the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from msgspec import Struct, field

from crossdock.customdata.key import split_dictionary_key
from crossdock.pipeline.limiting import RefusedEntry

_MOST_LISTED = 100

# limit, which number of it, where the entry would have stood, its module and key
_Kind: TypeAlias = tuple[str, str, str, str, str]


class _Line(Struct):
    """All entries of one kind: how many, on how many records, and the worst of them."""

    entries: int = 0
    records: int = 0
    most: int | None = None
    said: str = ""
    remote_id: str = ""


class RefusedEntries(Struct):
    """Adds up the entries that a run refused, by limit and key.

    ``redact`` takes secret values out of what it remembers.
    """

    redact: Callable[[str], str] = str
    further: int = 0
    _lines: dict[_Kind, _Line] = field(default_factory=dict)

    def add(self, remote_id: str, entries: Sequence[RefusedEntry]) -> None:
        """Add what was refused of one record."""
        for one in entries:
            excess = one.excess
            module = split_dictionary_key(str(excess.key))[1]
            kind = (excess.limit, excess.rule, one.place, module, self.redact(one.key))
            line = self._lines.get(kind)
            if line is None:
                if len(self._lines) == _MOST_LISTED:
                    self.further += 1
                    continue
                line = self._lines[kind] = _Line()
            line.entries += 1
            if line.remote_id != remote_id:
                line.remote_id = remote_id
                line.records += 1
            if line.entries == 1 or (excess.by or 0) > (line.most or 0):
                line.most, line.said = excess.by, self.redact(excess.said)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def as_wire(self) -> list[dict[str, Any]]:
        """The lines of the report, the most frequent first."""
        lines = sorted(self._lines.items(), key=lambda item: -item[1].entries)
        return [
            {
                "limit": limit,
                "rule": rule,
                "place": place,
                "moduleId": module,
                "key": key,
                "entries": line.entries,
                "records": line.records,
                "by": line.most,
                "detail": line.said,
                "lastRemoteId": line.remote_id,
            }
            for (limit, rule, place, module, key), line in lines
        ]
