"""One write of a record: what the caller gave, checked whole, with every problem pointed out in what was given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from crossdock.api.body import invalid
from crossdock.api.caller import Caller
from crossdock.api.customdata_refusal import Refusals
from crossdock.api.entity_tag import require_version
from crossdock.api.problem import Problem, over_limits
from crossdock.errors import OwnershipError
from crossdock.limits.error import LimitError, Refused
from crossdock.records import Working
from crossdock.records.amendment import PLATFORM_FIELDS, Amendment, Flaw
from crossdock.store import InvalidRecordError, Written
from crossdock.store.writes.direct import After, Replacement
from crossdock.store.writes.validity import validated

_ENTRIES = "customData"


class RecordWrite:
    """Writes a body into a record.

    Args:
        record_type: of the record.
        body: what the caller gave, as parsed.
        caller: who writes.
        refusals: explains what belongs to others.
        if_match: the state that is meant, for a record that is there.

    Raises:
        Problem: 422 if the body is no object.
    """

    def __init__(
        self, record_type: str, body: Any, caller: Caller, refusals: Refusals, if_match: str | None = None
    ) -> None:
        if not isinstance(body, dict):
            raise invalid([("", "a record is a JSON object")])
        self._type = record_type
        self._body = body
        self._refusals = refusals
        self._if_match = if_match
        self._amendment = Amendment(record_type, body, caller.actor.connection_id)

    def run(self, write: Callable[[After], Written]) -> Written:
        """Let a write happen.

        Args:
            write: given the function that makes the record as it shall be.

        Raises:
            Problem: 412 if another state was meant, 403 with everything that belongs to others, 422 with everything
                that is wrong with the body or breaks a limit.
        """
        try:
            return write(Replacement(self._amended) if _ENTRIES in self._body else self._amended)
        except InvalidRecordError as error:
            raise _invalid(self._told(error)) from error
        except OwnershipError as error:
            raise self._refusals.not_owned(error, lambda place, _key: self._amendment.pointer_of(place)) from error
        except LimitError as error:
            raise over_limits((self._pointer(one), one.excess) for one in error.refused) from error

    def _pointer(self, refused: Refused) -> str:
        steps = [int(step) if step.isdigit() else step for step in refused.holder.split("/")[1:]]
        holder = self._amendment.pointer(steps) if steps else ""
        return f"{holder}{refused.pointer.removeprefix(refused.holder)}"

    def _amended(self, before: Working, flowed: Mapping[str, Collection[str]] = MappingProxyType({})) -> Working:
        if before:
            require_version(self._if_match, before["version"])
        after = self._amendment.apply(before, flowed.get("", ()))
        if self._amendment.flaws:
            raise _invalid([*self._amendment.flaws, *self._further(after)])
        return after

    def _further(self, after: Working) -> list[Flaw]:
        """Find what else is wrong, so that the caller learns of everything at once."""
        try:
            validated(self._type, {name: value for name, value in after.items() if name not in PLATFORM_FIELDS})
        except InvalidRecordError as error:
            return self._told(error)
        return []

    def _told(self, error: InvalidRecordError) -> list[Flaw]:
        # Where something inside was pointed out already, nothing more need be said about the whole.
        told = {around for flaw in self._amendment.flaws for around in _with_all_around(flaw.pointer)}
        flaws = [Flaw(self._amendment.pointer(place), message) for place, message in error.problems]
        return [flaw for flaw in flaws if flaw.pointer not in told]


def _with_all_around(pointer: str) -> Iterator[str]:
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]
    yield pointer


def _invalid(flaws: Sequence[Flaw]) -> Problem:
    return invalid([(flaw.pointer, flaw.detail) for flaw in flaws])
