"""How the verdicts of configuration tests look: what passed, and for what did not, expected and actual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crossdock.cli.output import Redact, print_folded, print_line, shortened
from crossdock.cli.record_view import shown
from crossdock.plural import counted

if TYPE_CHECKING:
    from crossdock.pipeline.explaining.trial import Mismatch, Verdict

_MOST_SHOWN = 300
_SHOWN_BEFORE = 40


def show_verdicts(verdicts: Sequence[Verdict], redact: Redact) -> None:
    """Print the verdicts for a person."""
    for verdict in verdicts:
        case = verdict.case
        if verdict.passed:
            print_line(f"passed  {case.name}", redact)
            continue
        print_line(f"FAILED  {case.name}", redact)
        where = f"{case.place.file}:{case.place.line}, {case.connection.name} {case.record_type}"
        print_line(f"        {where} (- expected, + actual)", redact)
        for mismatch in verdict.mismatches:
            _show_mismatch(mismatch, redact)
    failed = sum(not verdict.passed for verdict in verdicts)
    print_line()
    print_line(f"{counted(len(verdicts), 'test')}: {len(verdicts) - failed} passed, {failed} failed")


def _show_mismatch(mismatch: Mismatch, redact: Redact) -> None:
    expected, actual = _told_apart(*(redact(_value(one)) for one in (mismatch.expected, mismatch.actual)))
    print_folded(f"        - {mismatch.name} = {expected}", redact)
    print_folded(f"        + {mismatch.name} = {actual}", redact)
    for line in mismatch.origin:
        print_folded(f"            {line}", redact)


def _told_apart(*values: str) -> Iterator[str]:
    """Cut values that are too long, such that what is different about them is shown."""
    pairs = enumerate(zip(*values, strict=False))
    start = next((at for at, pair in pairs if len(set(pair)) > 1), 0) - _SHOWN_BEFORE
    for value in values:
        cut = len(value) > _MOST_SHOWN and start > 0
        yield shortened(f"…{value[start:]}" if cut else value, _MOST_SHOWN)


def _value(value: Any) -> str:
    """Write one side; of an entry, its type is said where that may be the difference."""
    if value is None:
        return "nothing"
    if _is_entry(value):
        return f"{_text(value['value'])} ({value['type']})"
    return _text(value)


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, str) else shown(value)


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and {"moduleId", "key", "type", "value"} <= value.keys()


def verdict_as_wire(verdict: Verdict) -> dict[str, Any]:
    """Write a verdict for a program."""
    case = verdict.case
    return {
        "name": case.name,
        "file": case.place.file,
        "line": case.place.line,
        "connection": case.connection.name,
        "recordType": case.record_type,
        "passed": verdict.passed,
        "outcome": verdict.outcome,
        "said": verdict.said,
        "mismatches": list(_mismatches_as_wire(verdict.mismatches)),
    }


def _mismatches_as_wire(mismatches: Iterable[Mismatch]) -> Iterable[dict[str, Any]]:
    for one in mismatches:
        yield {
            "name": one.name,
            "expected": one.expected,
            "actual": one.actual["value"] if _is_entry(one.actual) else one.actual,
            "file": one.place.file,
            "line": one.place.line,
            "origin": list(one.origin),
        }
