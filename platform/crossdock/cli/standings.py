"""Shows how the imports of ``crossdock run`` stand: a table that lives on a terminal, a line an import elsewhere."""

from __future__ import annotations

import logging
import sys
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol, TextIO

from crossdock.cli.fitting import GAP, fit
from crossdock.cli.output import Redact, plain, print_line, shortened
from crossdock.cli.stdout import stdout
from crossdock.pipeline.keeping.schedule import Plan
from crossdock.pipeline.keeping.standing import Standing
from crossdock.pipeline.reporting.report import OUTCOMES

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

_COLUMNS = ("connection", "type", "when", "now", "last", "considered", "new", "changed", "failed", "next")
_REPORTED = ("runId", "outcome", "startTime", "endTime", "considered", *OUTCOMES)
_RIGHT = ("considered", "new", "changed", "failed")
_SPARE = ("last", "changed", "new", "when")
_COLOURS = {"importing": "cyan", "queued": "yellow", "failing": "red", "waiting": "green"}

_log = logging.getLogger("crossdock.run")


class View(Protocol):
    """Shows how imports stand."""

    def import_ended(self, standing: Standing) -> None:
        """An import has ended; called by the thread that ran it."""

    def show(self, standings: Sequence[Standing]) -> None:
        """Show how all of them stand; called several times a second."""


@contextmanager
def make_view(plans: Sequence[Plan], redact: Redact, *, as_log: bool) -> Iterator[View]:
    """Make the view that fits where stdout goes, or one that writes to the log."""
    if as_log:
        yield LogRecords(plans)
        return
    if not stdout().isatty():
        lines = Lines(redact)
        lines.begin(plans)
        yield lines
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(file=stdout()), auto_refresh=False) as live, _logging_above():
        yield LiveTable(live, redact)


@contextmanager
def _logging_above() -> Iterator[None]:
    """Send the lines of the log to what stderr is now, which on a terminal stands above the table."""
    changed = [(handler, handler.setStream(sys.stderr)) for handler in _on_stderr()]
    try:
        yield
    finally:
        for handler, before in changed:
            if before is not None:
                handler.setStream(before)


def _on_stderr() -> list[logging.StreamHandler[TextIO]]:
    handlers = logging.getLogger().handlers
    return [one for one in handlers if isinstance(one, logging.StreamHandler) and one.stream is sys.__stderr__]


class Lines:
    """A line on stdout for each import that ended; each begins with the time."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact

    def begin(self, plans: Sequence[Plan]) -> None:
        """Say what is kept imported."""
        self._print(f"keeping imported: {', '.join(f'{plan.name} {plan.times}' for plan in plans)}")

    def import_ended(self, standing: Standing) -> None:
        """Print the line."""
        self._print(f"{standing.plan.name}: {_told(standing)}")

    def show(self, standings: Sequence[Standing]) -> None:
        """Show nothing in between."""

    def _print(self, text: str) -> None:
        print_line(f"{_clock(datetime.now(UTC))} {text}", self._redact)
        stdout().flush()  # whoever reads this through a pipe wants to know now


class LogRecords:
    """A log record for each import that ended, with fields for programs; for ``--log-format json``."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        _log.setLevel(logging.INFO)
        fields = {"event": "importsKept", "imports": [{**_named(plan), "when": plan.times} for plan in plans]}
        _log.info("keeping %d imports", len(plans), extra={"fields": fields})

    def import_ended(self, standing: Standing) -> None:
        """Write the record; that of an import which failed is a warning."""
        fields: dict[str, object] = {"event": "importEnded", **_named(standing.plan)}
        if standing.report is not None:
            wire = standing.report.as_wire()
            fields |= {name: wire[name] for name in _REPORTED}
        if standing.problem:
            fields |= {"failuresInARow": standing.failures, "error": standing.problem}
        if standing.next is not None:
            fields["next"] = _clock(standing.next)
        level = logging.WARNING if standing.problem else logging.INFO
        _log.log(level, "%s: %s", standing.plan.name, _told(standing), extra={"fields": fields})

    def show(self, standings: Sequence[Standing]) -> None:
        """Write nothing in between."""


def _named(plan: Plan) -> dict[str, object]:
    connection = plan.connection
    return {"connection": connection.name, "connectionId": connection.id, "recordType": plan.record_type}


class LiveTable:
    """A table on a terminal that is drawn anew several times a second."""

    def __init__(self, live: Live, redact: Redact) -> None:
        self._live = live
        self._redact = redact

    def import_ended(self, standing: Standing) -> None:
        """Leave it to the next look."""

    def show(self, standings: Sequence[Standing]) -> None:
        """Draw the table; what the terminal is too low for is counted below it, what does not fail first."""
        from rich.console import Group
        from rich.text import Text

        width, height = self._live.console.size
        problems = [f"{one.plan.name}: {one.problem}" for one in standings if one.problem]
        told = [Text(shortened(plain(self._redact(problem)), 300), style="red") for problem in problems]
        lines = list(accumulate(len(one.wrap(self._live.console, width)) for one in told))
        if 1 + len(standings) + sum(lines[-1:]) <= height:
            self._live.update(Group(self._table(standings), *told), refresh=True)
            return
        told = told[: bisect(lines, height // 3)]
        room = height - 2 - sum(lines[: len(told)][-1:])
        shown, hidden = _chosen(standings, max(1, room))
        self._live.update(Group(self._table(shown), *([Text(_counted(hidden))] if hidden else []), *told), refresh=True)

    def _table(self, standings: Sequence[Standing]) -> Table:
        from rich.table import Table
        from rich.text import Text

        rows = [[plain(self._redact(cell)) for cell in _row(standing)] for standing in standings]
        fitted = fit(_COLUMNS, rows, self._live.console.width, _SPARE)
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
        for place, width in zip(fitted.kept, fitted.widths, strict=True):
            table.add_column(_COLUMNS[place], justify="right" if _COLUMNS[place] in _RIGHT else "left", width=width)
        for standing, row in zip(standings, rows, strict=True):
            cells = [Text(cell) for cell in row]
            cells[_COLUMNS.index("now")].stylize(_COLOURS[standing.state])
            table.add_row(*(cells[place] for place in fitted.kept))
        return table


def _chosen(standings: Sequence[Standing], room: int) -> tuple[list[Standing], list[Standing]]:
    """Choose so many for which there is room, those that fail first, and then those at work; and give the others."""
    urgent = sorted(standings, key=lambda one: (not one.failures, one.state == "waiting"))
    shown = {one.plan.name for one in urgent[:room]}
    return [one for one in standings if one.plan.name in shown], urgent[room:]


def _counted(standings: Sequence[Standing]) -> str:
    states = Counter(standing.state for standing in standings)
    return f"and {len(standings):,} more: {', '.join(f'{count:,} {state}' for state, count in states.items())}"


def _row(standing: Standing) -> tuple[str, ...]:
    counts = standing.report.tally.counts if standing.report is not None else {}
    numbers = [f"{counts[name]:,}" if counts else "" for name in ("created", "updated", "failed")]
    return (
        standing.plan.connection.name,
        standing.plan.record_type,
        standing.plan.times,
        f"failing ({standing.failures})" if standing.state == "failing" else standing.state,
        "" if standing.ended is None else f"{standing.ended:%H:%M:%S}",
        f"{standing.considered:,}" + (f" of {standing.total:,}" if standing.at_work and standing.total else ""),
        *numbers,
        "" if standing.next is None else f"{standing.next:%H:%M:%S}",
    )


def _told(standing: Standing) -> str:
    """Say in a line how an import ended, and when the next one begins."""
    report, following = standing.report, _following(standing)
    if standing.problem:
        again = f", {standing.failures} times in a row" if standing.failures > 1 else ""
        return f"failed{again}: {standing.problem}{following}"
    if report is None:
        return f"ended{following}"
    counts = ", ".join(f"{report.tally.counts[name]:,} {name}" for name in OUTCOMES if report.tally.counts[name])
    return f"{report.outcome}, {report.tally.considered:,} considered{f': {counts}' if counts else ''}{following}"


def _following(standing: Standing) -> str:
    return "" if standing.next is None else f"; next at {_clock(standing.next)}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
