"""What a reader of records asks for: the query of ``GET /api/{recordType}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from crossdock.api.caller import Caller
from crossdock.api.feed_cursor import Filters, bad_cursor, read_cursor
from crossdock.api.problem import bad_parameters
from crossdock.records.fields import UnknownFieldError, find_field
from crossdock.records.values import canonical_time
from crossdock.store.reads.feed_query import Position, StatusField, Wanted
from crossdock.store.reads.search import EntryFilter, EntryIndex
from crossdock.suggestion import did_you_mean

USUAL = 100
MOST = 500
MOST_ENTRIES = 20  # databases join only so many things in good time
_ID = re.compile(r"[0-9a-f]{32}")
_TIME = "modifiedAtOrAfter"
_FIXED = (_TIME, "remoteId", "connectionId", "entry", "entryValue")
_REPEATED = ("entry", "entryValue")


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """What is asked for; ``filters`` are the query's, as the cursor keeps them."""

    wanted: Wanted
    filters: Filters
    limit: int
    position: Position | None


@cache
def status_fields(record_type: str) -> Mapping[str, StatusField]:
    """Name the statuses by which records of a type are found, with what the store calls them."""
    named: dict[str, StatusField] = {
        f"{record_type}Status": "status",
        "paymentStatus": "payment_status",
        "shippingStatus": "shipping_status",
    }
    return {name: column for name, column in named.items() if choices_of(record_type, name)}


@cache
def choices_of(record_type: str, status: str) -> tuple[str, ...]:
    """List what a status may be."""
    try:
        return find_field(record_type, status).choices
    except UnknownFieldError:
        return ()


def read_query(record_type: str, items: Iterable[tuple[str, str]], caller: Caller, index: EntryIndex) -> RecordQuery:
    """Read a query.

    Args:
        record_type: of the records.
        items: names and values, as they stand in the address.
        caller: whose remote ids are meant unless the query says whose.
        index: knows which entries can be searched.

    Raises:
        Problem: 422 with everything that is wrong with the query.
    """
    reading = _Reading(record_type, caller, index)
    given = reading.sorted_out(items)
    limit = reading.limit(given.pop("limit", None))
    cursor = given.pop("cursor", None)
    position = None
    if cursor is None:
        filters = reading.filters(given)
    else:
        position, filters = read_cursor(record_type, cursor[0])
        if given and reading.filters(given) != filters:
            raise bad_cursor("it belongs to another query: leave the filters out, for it has them")
    wanted = reading.wanted(filters)
    if reading.errors:
        raise bad_parameters(reading.errors)
    return RecordQuery(wanted, filters, limit, position)


class _Reading:
    """One query, and what is wrong with it."""

    def __init__(self, record_type: str, caller: Caller, index: EntryIndex) -> None:
        self.errors: list[dict[str, str]] = []
        self._record_type = record_type
        self._caller = caller
        self._index = index
        self._statuses = status_fields(record_type)

    def sorted_out(self, items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        """Gather the values by name, and refuse names that are not known or stand twice."""
        known = (*_FIXED, *self._statuses, "limit", "cursor")
        given: dict[str, list[str]] = {}
        for name, value in items:
            if name not in known:
                self._say(name, f"there is no such parameter{did_you_mean(name, known)}")
            elif name in given and name not in _REPEATED:
                self._say(name, "is given twice")
            else:
                given.setdefault(name, []).append(value)
        return given

    def limit(self, values: Sequence[str] | None) -> int:
        """Read how many are wanted at most."""
        if values is None:
            return USUAL
        text = values[0]
        if text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST:
            return int(text)
        self._say("limit", f"{text!r} is no number from 1 to {MOST}")
        return USUAL

    def filters(self, given: Mapping[str, Sequence[str]]) -> Filters:
        """Put the filters into the form that the cursor keeps, which says whose remote id is meant."""
        own = self._caller.actor.connection_id
        if own is not None and "remoteId" in given:
            given = {"connectionId": [own], **given}
        return tuple((name, value) for name in sorted(given) for value in given[name])

    def wanted(self, filters: Filters) -> Wanted:
        """Read what the filters mean."""
        given = self.sorted_out(filters)
        return Wanted(
            self._record_type,
            self._since(given.get(_TIME)),
            {column: self._status(name, given[name][0]) for name, column in self._statuses.items() if name in given},
            self._remote_id(given),
            self._entries(given.get("entry", ()), given.get("entryValue", ())),
        )

    def _since(self, values: Sequence[str] | None) -> str | None:
        if values is None:
            return None
        try:
            since = canonical_time(values[0])
        except OverflowError:
            since = None
        if since is None:
            self._say(_TIME, f"{values[0]!r} is no time like 2024-03-03T14:09:27Z (a + in an address is written %2B)")
        return since

    def _status(self, name: str, value: str) -> str:
        choices = choices_of(self._record_type, name)
        if value not in choices:
            self._say(name, f"there is no {name} {value!r}{did_you_mean(value, choices)}")
        return value

    def _remote_id(self, given: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
        if "remoteId" not in given:
            if "connectionId" in given:
                self._say("connectionId", "says whose remoteId is meant; give that too")
            return None
        owner = given.get("connectionId", [""])[0]
        if not _ID.fullmatch(owner):
            self._say("connectionId", "say whose remote id is meant: 32 hexadecimal digits")
        return owner, given["remoteId"][0]

    def _entries(self, keys: Sequence[str], values: Sequence[str]) -> tuple[EntryFilter, ...]:
        if len(keys) != len(values):
            self._say("entry", "each entry needs its entryValue; give both, in the same order")
        if len(keys) > MOST_ENTRIES:
            self._say("entry", f"is given {len(keys)} times, and may be {MOST_ENTRIES} times")
            return ()
        found = []
        for key, value in zip(keys, values, strict=False):
            try:
                found.append(self._index.filter(key, value))
            except ValueError as error:
                self._say("entry", str(error))
        return tuple(found)

    def _say(self, name: str, detail: str) -> None:
        self.errors.append({"pointer": "", "parameter": name, "in": "query", "detail": detail})
