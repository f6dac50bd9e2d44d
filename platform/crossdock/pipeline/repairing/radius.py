"""The blast radius of a replay: what changes in how many records, what of others stays, and what would fail."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, field

from crossdock.pipeline.job import ImportJob
from crossdock.store.imports.page import Item, Parcel, Quarantined, Result
from crossdock.store.imports.quarantine import cause_of
from crossdock.store.writes.changes import Change

_EXAMPLES = 3
_MOST_GROUPS = 500  # so that a mapping which makes a name of each record's own costs no memory
_PART_ID = re.compile(r"^(?!customData\[|remote\w+Map\[)(\w+)\[.*?\](?=\.|$)")
_ENTRY = "customData["


class ChangedField(Struct):
    """One field, or one entry of custom data, in all records: values that appear, go or change, and a few of them."""

    records: int = 0
    appear: int = 0
    go: int = 0
    change: int = 0
    examples: list[tuple[str, object, object]] = field(default_factory=list)

    def add(self, remote_id: str, change: Change) -> None:
        """Add one value of one record."""
        if change.old is None:
            self.appear += 1
        elif change.new is None:
            self.go += 1
        else:
            self.change += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append((remote_id, change.old, change.new))

    def as_wire(self, name: str) -> dict[str, Any]:
        """Write it for a program."""
        examples = [{"remoteId": one, "old": old, "new": new} for one, old, new in self.examples]
        return {
            "name": name,
            "records": self.records,
            "appear": self.appear,
            "go": self.go,
            "change": self.change,
            "examples": examples,
        }


class Failing(Struct):
    """Records that fail for one cause; ``error`` is that of the first of them."""

    stage: str
    error_class: str
    cause: str
    error: str
    pointer: str | None
    records: int = 0
    examples: list[str] = field(default_factory=list)


class Radius:
    """Adds up what the pages of a replay change; flat in memory, whatever their number.

    ``fields`` and ``entries`` (of custom data) are by name, without the ids of rows; ``untouched`` counts, in the
    records that change, what is stored and was made by others: it stays as it is. ``further`` counts the changes beyond
    so many names.
    """

    def __init__(self, job: ImportJob) -> None:
        self._job = job
        self.fields: dict[str, ChangedField] = {}
        self.entries: dict[str, ChangedField] = {}
        self.untouched: Counter[str] = Counter()
        self.failing: dict[tuple[str, str, str], Failing] = {}
        self.further = 0

    def add(self, items: Sequence[Item], results: Sequence[Result]) -> None:
        """Add one page: its items and what the store made of each."""
        for item, result in zip(items, results, strict=True):
            if result.outcome == "failed":
                self._add_failure(item, result)
            elif result.changed and isinstance(item, Parcel):
                self._add_changes(item, result)

    def _add_changes(self, item: Parcel, result: Result) -> None:
        seen: set[str] = set()
        for change in result.changed:
            name = self._name(change.path)
            groups = self.entries if _ENTRY in name else self.fields
            group = groups.get(name)
            if group is None:
                if len(groups) >= _MOST_GROUPS:
                    self.further += 1
                    continue
                group = groups[name] = ChangedField()
            group.add(item.remote_id, change)
            group.records += name not in seen
            seen.add(name)
        self._count(self._name(kept.path) for kept in result.kept)

    def _count(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.untouched or len(self.untouched) < _MOST_GROUPS:
                self.untouched[name] += 1
            else:
                self.further += 1

    def _add_failure(self, item: Item, result: Result) -> None:
        error, stage, error_class, pointer = result.message or "", "store", "", None
        if isinstance(item, Quarantined):
            stage, error_class, pointer = item.stage, item.error_class, item.pointer
        key = (stage, error_class, cause_of(error, result.remote_id))
        if key not in self.failing and len(self.failing) >= _MOST_GROUPS:
            self.further += 1
            return
        group = self.failing.setdefault(key, Failing(*key, error, pointer))
        group.records += 1
        if len(group.examples) < _EXAMPLES:
            group.examples.append(result.remote_id or "")

    def _name(self, path: str) -> str:
        """Name a place without the id of its row, and an entry of this connection without the connection's own."""
        return _PART_ID.sub(r"\1[]", path, count=1).replace(f"{_ENTRY}{self._job.connection_id}|", _ENTRY)
