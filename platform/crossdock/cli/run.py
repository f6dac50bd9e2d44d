"""``crossdock run``: keeps all connections imported, until it is stopped."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.observing import LOOPBACK, Exposition, MetricsHost, MetricsPort, observing
from crossdock.cli.output import print_line
from crossdock.cli.stdout import stdout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossdock.cli.place import Place
    from crossdock.pipeline.keeping.schedule import Plan

_SECONDS_BETWEEN_LOOKS = 0.25
_MOST_JOBS = 32  # if nobody says otherwise: each of them may be waiting for a remote system that never answers


def command(
    context: typer.Context,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            min=1,
            max=64,
            metavar="N",
            help=f"Imports at once, at most; if not given, all that are scheduled, up to {_MOST_JOBS}.",
        ),
    ] = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = LOOPBACK,
) -> None:
    """Keep connections imported, by their schedules.

    Whatever has every = "5m" or cron = "0 3 * * *" in its [connection.import.TYPE] is imported at these times, several
    at once, none twice. One that fails rests, longer each time, while the others go on. Events are sent and deliveries
    of webhooks processed as well. It runs until Ctrl-C or SIGTERM, and then ends after the pages at hand.
    """
    from crossdock.pipeline.keeping.schedule import plans_of

    place: Place = context.obj
    plans = plans_of(place.config.connections)
    if not plans:
        from crossdock.errors import ConfigError

        raise ConfigError(
            f'{place.config.file}: nothing is scheduled; write every = "5m" into a [connection.import.order], '
            "or import once with crossdock import"
        )
    try:
        _keep(place, plans, jobs or min(len(plans), _MOST_JOBS), Exposition(metrics_port, metrics_host, plans))
    except KeyboardInterrupt:
        _end_at_once()
    print_line("stopped")


def _keep(place: Place, plans: Sequence[Plan], jobs: int, metrics: Exposition) -> None:
    from contextlib import ExitStack

    from crossdock.cli.background import background
    from crossdock.cli.connecting import connect
    from crossdock.cli.interrupt import stopping
    from crossdock.cli.standings import make_view
    from crossdock.pipeline.keeping.keeper import Keeper

    with place.patient_store(seconds=math.inf) as store, stopping() as stop, ExitStack() as stack:
        observers = stack.enter_context(observing(place, store, metrics))
        for work in background(place, store, observers):
            work.start()
            stack.callback(work.stop)
        stack.push(_wait_for_nothing_if_interrupted)
        view = stack.enter_context(make_view(plans, place.redact, as_log=place.json_logs))
        keeper = Keeper(
            plans,
            store,
            connect,
            stop,
            view,
            jobs=jobs,
            redact=place.redact,
            retention=place.config.retention,
            observers=observers,
        )
        stack.enter_context(keeper)
        while not stop.is_set():  # and no stop.wait(): a signal that comes while it begins to wait would block it
            keeper.notice_clock()
            view.show(keeper.standings)
            time.sleep(_SECONDS_BETWEEN_LOOKS)


def _wait_for_nothing_if_interrupted(kind: type[BaseException] | None, *_error: object) -> bool:
    if kind is KeyboardInterrupt:
        _end_at_once()
    return False


def _end_at_once() -> NoReturn:
    """End the process; threads at work, which may never end, would keep the interpreter from doing so."""
    from crossdock.cli.output import complain

    complain("stopped at once; the next run goes on where the imports at work were")
    stdout().flush()
    os._exit(ExitCode.UNFINISHED)
