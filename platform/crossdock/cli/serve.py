"""``crossdock serve``: the HTTP API, until it is stopped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.observing import LOOPBACK, Exposition, MetricsHost, MetricsPort, observing
from crossdock.cli.stdout import stdout

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from crossdock.api.services import Services
    from crossdock.cli.place import Place
    from crossdock.config import ServeConfig
    from crossdock.store import Store


_SECONDS_BETWEEN_LOOKS = 0.5


def command(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Where to listen, instead of [serve] host.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, metavar="N", help="Instead of [serve] port; 0 takes a free one."),
    ] = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = LOOPBACK,
) -> None:
    """Serve the HTTP API.

    Other programs read and write records through it, each by its token: crossdock tokens create. A line for each
    request goes to stderr. It runs until Ctrl-C or SIGTERM, and then ends what is at hand.
    """
    from crossdock.cli.output import complain, print_line

    place: Place = context.obj
    for problem in place.config.problems:  # a webhook without its secret is not taken, events without one wait
        complain(place.redact(str(problem)))
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serve = place.config.serve.model_copy(update=given)
    with place.patient_store(seconds=math.inf) as store:
        _serve(place, store, serve, Exposition(metrics_port, metrics_host))
    print_line("stopped")


def _serve(place: Place, store: Store, serve: ServeConfig, metrics: Exposition) -> None:
    import logging

    from crossdock.api.server import listen
    from crossdock.api.services import AnswerListener, Services
    from crossdock.cli.background import background

    logging.getLogger("crossdock.api").setLevel(logging.INFO)
    with observing(place, store, metrics) as observers, listen(serve) as listening:
        listener = next((one for one in observers if isinstance(one, AnswerListener)), None)
        work = background(place, store, observers)
        _run(Services(place.config, store, background=work, listener=listener), listening)


def _run(services: Services, listening: socket.socket) -> None:
    """Serve until a signal comes.

    Raises:
        PermanentError: the server ended by itself; the log says why.
    """
    from threading import Thread

    from crossdock.api.hooks import hooked
    from crossdock.api.server import make_server
    from crossdock.cli.interrupt import until_stopped
    from crossdock.errors import PermanentError

    server = make_server(services)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="serve")
    with until_stopped() as stopped:
        thread.start()
        _announce(listening, hooked(services.config.connections))
        while thread.is_alive() and not stopped.wait(_SECONDS_BETWEEN_LOOKS):
            pass
        server.should_exit = True
        thread.join()
        if not stopped.is_set():
            raise PermanentError("the server ended by itself; the lines above say why")


def _announce(listening: socket.socket, hooks: Sequence[str]) -> None:
    """Say where it is, whose webhooks it takes, and how to be let in."""
    from crossdock.cli.output import print_folded, print_line

    host, port = listening.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    print_line(f"serving {address}, the reference is {address}/docs")
    taken = ", ".join(f"/hooks/{name}" for name in hooks) or "none, no connection has a secret to verify them with"
    print_line(f"webhooks are taken at: {taken}")
    print_folded("crossdock tokens create --connection NAME makes the token of a program; Ctrl-C stops")
    stdout().flush()  # whoever reads this through a pipe waits for the address
