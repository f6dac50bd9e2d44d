"""A progress bar on a terminal, and silence elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from crossdock.cli.output import shows_progress
from crossdock.pipeline.reporting.report import Tally

if TYPE_CHECKING:
    from rich.progress import Progress as Bar, TaskID


class Progress:
    """Shows how an import goes: records, rate, and the time left where the remote said how many there are."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if shows_progress():
            self._bar = _make_bar()
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=None, rate="", failed="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def page_done(self, tally: Tally, total: int | None) -> None:
        """Move the bar."""
        self.move(tally.considered, total, f"{tally.counts['failed']} failed" if tally.counts["failed"] else "")

    def move(self, done: int, total: int | None = None, failed: str = "") -> None:
        """Move the bar to ``done`` records."""
        if self._bar is None or self._task is None:
            return
        task = self._bar.tasks[self._task]
        rate = f"{done / task.elapsed:,.0f}/s" if task.elapsed else ""
        self._bar.update(self._task, completed=done, total=total, rate=rate, failed=failed)


def _make_bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar, TextColumn, TimeRemainingColumn

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("[red]{task.fields[failed]}"),
        console=Console(stderr=True),
        transient=True,
    )
