"""Who looks at the runs of a command: the log, and if asked for metrics and traces."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from crossdock.cli.output import complain, print_line

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.pipeline.keeping.schedule import Plan
    from crossdock.pipeline.observer import Observer
    from crossdock.store import Store
    from crossdock.telemetry.traces import Traces

MetricsPort: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--metrics-port", min=0, max=65535, metavar="N", help="Serve Prometheus metrics there; 0 takes a free port."
    ),
]
MetricsHost: TypeAlias = Annotated[
    str, typer.Option("--metrics-host", metavar="ADDRESS", help="Where to serve metrics; anybody may read them there.")
]
LOOPBACK = "127.0.0.1"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(frozen=True, slots=True)
class Exposition:
    """Where metrics are served; without a port, they are not. ``kept``: what the process keeps imported."""

    port: int | None = None
    host: str = LOOPBACK
    kept: Sequence[Plan] = ()


@contextmanager
def observing(place: Place, store: Store, metrics: Exposition = Exposition()) -> Iterator[Sequence[Observer]]:
    """Bring those who look at runs.

    Raises:
        ConfigError: metrics were asked for and the extra is not installed, or the port cannot be had.
    """
    observers: list[Observer] = []
    with ExitStack() as stack:
        if place.json_logs or place.verbose:
            from crossdock.telemetry.run_log import RunLog, log

            log.setLevel(logging.INFO)
            observers.append(RunLog())
        if metrics.port is not None:
            observers.append(stack.enter_context(_metrics(place, store, metrics)))
        if wants_traces(os.environ):
            observers += stack.enter_context(_traces(os.environ))
        yield observers


def wants_traces(environ: Mapping[str, str]) -> bool:
    """Whether the environment says where traces go."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "")
    if exporter == "none" or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return bool(exporter) or any(environ.get(name) for name in _ENDPOINTS)


@contextmanager
def _metrics(place: Place, store: Store, metrics: Exposition) -> Iterator[Observer]:
    from crossdock.telemetry.extra import MissingExtraError

    try:
        from crossdock.telemetry.prometheus import Metrics, exposed
    except ModuleNotFoundError as error:
        raise MissingExtraError("--metrics-port", error.name) from None
    found = Metrics(store, place.names, metrics.kept)
    with exposed(found, metrics.host, metrics.port or 0) as address:
        if place.json_logs:
            from crossdock.telemetry.run_log import log

            log.info("metrics: %s", address, extra={"fields": {"event": "metricsServed", "address": address}})
        else:
            print_line(f"metrics: {address}")
        yield found


@contextmanager
def _traces(environ: Mapping[str, str]) -> Iterator[Sequence[Traces]]:
    """Send traces; the variables may be meant for other programs, so without the extra the work goes on untraced."""
    try:
        from crossdock.telemetry.traces import sending
    except ModuleNotFoundError as error:
        from crossdock.telemetry.extra import MissingExtraError

        complain(
            f"no traces are sent: the environment asks for them (OTEL_*), and {MissingExtraError('that', error.name)}"
        )
        yield ()
        return
    with sending(environ) as traces:
        yield (traces,)
