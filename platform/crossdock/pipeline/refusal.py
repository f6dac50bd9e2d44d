"""From validation errors at the end of the chain back to the mapping lines whose targets refused their values."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crossdock.errors import RecordError
from crossdock.mapping.definition import Mapping
from crossdock.mapping.leaves import pointer
from crossdock.mapping.mapper import Mapped, Refusal
from crossdock.mistake import in_json

_LONGEST_QUOTE = 80


def find_refusals(error: ValidationError, mapped: Mapped, mapping: Mapping) -> dict[Refusal, str]:
    """Find the mapping lines that are to blame, and why; nothing for an error that no line can be blamed for.

    The record is mapped again without them, so that their values are stashed instead of lost. If a later step of the
    chain is at fault instead, the same error comes again, and then the record fails.
    """
    names = {line.name for line in mapping.all_lines}
    found: dict[Refusal, str] = {}
    for problem in error.errors(include_url=False):
        place = problem["loc"]
        part = next(
            (
                part
                for part in mapped.parts
                if len(place) > 2
                and part.target == place[0]
                and isinstance(place[1], int)
                and mapped.record[part.target][place[1]] is part.record
            ),
            None,
        )
        prefix, inner = (f"{part.block.name}.", place[2:]) if part else ("", place)
        for length in (2, 1):
            name = prefix + ".".join(map(str, inner[:length]))
            if name in names:
                refusal = Refusal(part.block.name if part else None, part.element if part else None, name)
                found.setdefault(refusal, _said(problem))
                break
    return found


def explain_invalid(error: ValidationError, record_type: str) -> RecordError:
    """Build the error of a record that is still invalid: no mapping line is to blame, so a step of the chain is."""
    problems = error.errors(include_url=False)
    listing = "; ".join(f"{_written(one['loc'])}: {_said(one)}" for one in problems[:5])
    more = f" (+{len(problems) - 5} more)" if len(problems) > 5 else ""
    return RecordError(
        f"the finished {record_type} is not valid: {listing}{more}. Correct the manipulator or the mapping line that "
        "writes it",
        stage="validate",
        pointer=pointer(tuple(problems[0]["loc"])),
    )


def _said(problem: ErrorDetails) -> str:
    """Say what is wrong with a value."""
    ours = problem["msg"].startswith("not ")  # what a kind of value says of itself
    return f"{quoted(problem['input'])} is {problem['msg']}" if ours else in_json(problem)


def quoted(value: object) -> str:
    """Quote a value in a message, as much of it as a person looks at."""
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _written(place: tuple[str | int, ...]) -> str:
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
