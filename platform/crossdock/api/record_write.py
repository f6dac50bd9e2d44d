"""One write of a record: what the caller gave, checked whole, with every problem pointed out in what was given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from crossdock.api.body import invalid
from crossdock.api.caller import Caller
from crossdock.api.entity_tag import require_version
from crossdock.api.problem import Problem, over_limits, problem_of
from crossdock.errors import OwnershipError
from crossdock.limits import LimitError, Refused
from crossdock.records import Working
from crossdock.records.amendment import PLATFORM_FIELDS, Amendment, Flaw
from crossdock.store import InvalidRecordError, Written
from crossdock.store.writing import After, Replacement, validated


class RecordWrite:
    """Writes a body into a record.

    Args:
        record_type: of the record.
        body: what the caller gave, as parsed.
        caller: who writes.
        if_match: the state that is meant, for a record that is there.

    Raises:
        Problem: 422 if the body is no object.
    """

    def __init__(self, record_type: str, body: Any, caller: Caller, if_match: str | None = None) -> None:
        if not isinstance(body, dict):
            raise invalid([("", "a record is a JSON object")])
        self._type = record_type
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
            return write(Replacement(self._amended))
        except InvalidRecordError as error:
            raise _invalid(self._told(error)) from error
        except OwnershipError as error:
            problem = problem_of(error)
            problem.errors = tuple(
                {**one, "pointer": self._amendment.pointer_of(one["place"])} for one in problem.errors
            )
            raise problem from error
        except LimitError as error:
            raise over_limits((self._pointer(one), one.excess) for one in error.refused) from error

    def _pointer(self, refused: Refused) -> str:
        steps = [int(step) if step.isdigit() else step for step in refused.holder.split("/")[1:]]
        holder = self._amendment.pointer(steps) if steps else ""
        return f"{holder}{refused.pointer.removeprefix(refused.holder)}"

    def _amended(self, before: Working, flowed: Mapping[str, Collection[str]]) -> Working:
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
        told = {flaw.pointer for flaw in self._amendment.flaws}
        flaws = [Flaw(self._amendment.pointer(place), message) for place, message in error.problems]
        return [flaw for flaw in flaws if not any(one.startswith(flaw.pointer) for one in told)]


def _invalid(flaws: Sequence[Flaw]) -> Problem:
    return invalid([(flaw.pointer, flaw.detail) for flaw in flaws])
