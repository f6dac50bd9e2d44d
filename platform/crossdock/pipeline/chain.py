"""The chain of manipulators: each step on the result of the one before, in the configured order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from crossdock.errors import RecordError
from crossdock.expressions.values import Search, is_true
from crossdock.fault import FAULTS, tell
from crossdock.plugins.manipulator import Context, Fail, Ignore, Manipulate

STAGE = "manipulate"


class Step(Struct, frozen=True):
    """One configured manipulator, built.

    Args:
        name: as written in ``use``.
        apply: the step itself.
        when: the compiled condition, or ``None`` to run always.
        place: ``file:line`` of its configuration, for errors.
        custom_data: whether the step or its condition may look at or change custom data; a chain in which none does
            spares writing out the entries.
    """

    name: str
    apply: Manipulate
    when: Search | None = None
    place: str = ""
    custom_data: bool = True


def run_chain(
    steps: Sequence[Step], record: dict[str, Any], context: Context, asides: list[Ignore] | None = None
) -> dict[str, Any] | Ignore | Fail:
    """Run a record (working form) through all steps; the first ``Ignore`` or ``Fail`` ends it.

    With ``asides``, an ``Ignore`` for new records only is put there and the chain goes on: a record that is already
    stored needs its end. The record is changed in place. A ``Fail`` comes back with the name and the place of its
    step in the reason.

    Raises:
        RecordError: a step or its condition raised, or a step returned something else; names the step.
    """
    for index, step in enumerate(steps):
        if step.when is not None and not _holds(step.when, record, steps, index):
            continue
        try:
            outcome: object = step.apply(record, context)
        except FAULTS as error:  # whatever a plugin raises concerns this record only
            raise RecordError(f"{_named(steps, index)} raised {tell(error)}", stage=STAGE) from error
        if isinstance(outcome, dict):
            record = outcome
        elif isinstance(outcome, Ignore):
            if asides is None or outcome.applies_to == "all":
                return outcome
            asides.append(outcome)
        elif isinstance(outcome, Fail):
            return Fail(f"{outcome.reason} ({_named(steps, index)})", outcome.field)
        else:
            raise RecordError(
                f"{_named(steps, index)} returned {type(outcome).__name__}; a manipulator returns the record, "
                "Ignore or Fail",
                stage=STAGE,
            )
    return record


def _holds(condition: Search, record: dict[str, Any], steps: Sequence[Step], index: int) -> bool:
    try:
        return is_true(condition(record))
    except FAULTS as error:  # an expression may not fit what this record has
        raise RecordError(f"the condition of {_named(steps, index)} raised {tell(error)}", stage=STAGE) from error


def _named(steps: Sequence[Step], index: int) -> str:
    step = steps[index]
    place = f", {step.place}" if step.place else ""
    return f"manipulator {step.name!r}, step {index + 1} of {len(steps)}{place}"
