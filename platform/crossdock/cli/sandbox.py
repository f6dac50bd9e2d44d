"""``crossdock sandbox``: a local stand-in of a remote system, to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.stdout import stdout

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.plugins import ConnectorSpec
    from crossdock.plugins.connector import ConnectorSettings
    from crossdock.testing.fault_language import Fault
    from crossdock.testing.sandbox import SandboxOptions, SandboxServer

Port = Annotated[int, typer.Option("--port", min=0, max=65535, metavar="N", help="The port; 0 takes a free one.")]


def command(
    context: typer.Context,
    connector: Annotated[str, typer.Argument(metavar="CONNECTOR", help="Which kind, such as woocommerce.")],
    port: Port = 0,
    records: Annotated[int, typer.Option("--records", min=0, metavar="N", help="How many orders are invented.")] = 25,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same seed invents the same data.")] = 1,
    payloads: Annotated[
        Path | None,
        typer.Option("--payloads", metavar="FILE", help="Serve these records instead, one JSON object a line."),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(
            "--faults", metavar="FAULTS", help="What goes wrong and when, such as '429 1s at 3; drop every 7'."
        ),
    ] = None,
) -> None:
    """Serve a local stand-in of a remote system.

    It speaks the remote's own API over HTTP on 127.0.0.1, behaves as the real one was measured to, and runs until
    Ctrl-C.
    """
    from crossdock.errors import ConfigError
    from crossdock.suggestion import did_you_mean
    from crossdock.testing.fault_language import parse_faults
    from crossdock.testing.sandbox import SandboxOptions

    place: Place = context.obj
    connectors = place.plugins.connectors
    if connector not in connectors:
        hint = did_you_mean(connector, connectors, none="none is loaded")
        raise ConfigError(f"there is no connector {connector!r}{hint}")
    spec = connectors[connector]
    if payloads is not None and not payloads.is_file():
        raise ConfigError(f"there is no file {str(payloads)!r} with payloads")
    _serve(spec, SandboxOptions(records, seed, payloads), port, parse_faults(faults) if faults is not None else ())


def _serve(
    spec: ConnectorSpec[ConnectorSettings], options: SandboxOptions, port: int, faults: tuple[Fault, ...]
) -> None:
    from crossdock.cli.interrupt import until_stopped
    from crossdock.cli.output import print_line
    from crossdock.errors import ConfigError
    from crossdock.plugins.guarded import blaming
    from crossdock.testing.faults import Faults
    from crossdock.testing.sandbox import SandboxServer

    if spec.sandbox is None:
        raise ConfigError(f"connector {spec.name!r} has no sandbox")
    with blaming(spec, "sandbox"):
        try:
            sandbox = spec.sandbox(options)
        except (OSError, ValueError) as error:
            raise ConfigError(f"the sandbox of {spec.name!r} cannot be made: {error}") from error
    try:
        server = SandboxServer(sandbox, port)
    except OSError as error:
        raise ConfigError(f"port {port} cannot be used: {error.strerror}; --port 0 takes a free one") from error
    if faults:
        server.hooks.append(Faults(server.sandbox, faults))
    with until_stopped() as stopped, server:
        _announce(spec, server)
        stopped.wait()
    print_line("stopped")


def _announce(spec: ConnectorSpec[ConnectorSettings], server: SandboxServer) -> None:
    """Say where it is, how to get in, and what to put into plugins.toml."""
    from uuid import uuid4

    from crossdock.cli.output import print_line
    from crossdock.config.annotation import field_named, is_secret

    secrets: dict[str, str] = {}
    plain = {"url": server.url}
    for name, value in server.sandbox.settings.items():
        info = field_named(spec.settings, name)
        (secrets if info is not None and is_secret(info) else plain)[name] = value
    variables = {name: f"SANDBOX_{name.upper()}" for name in secrets}
    print_line(f"{spec.title}: a sandbox at {server.url}")
    print_line()
    print_line("To let crossdock in, put its keys into the environment:")
    print_line()
    for name, value in secrets.items():
        print_line(f"  export {variables[name]}={value}")
    print_line()
    print_line("and this into plugins.toml:")
    print_line()
    print_line("[[connection]]")
    print_line(f'id = "{uuid4().hex}"')
    print_line('name = "sandbox"')
    print_line(f'connector = "{spec.name}"')
    print_line()
    print_line("[connection.settings]")
    for name, value in plain.items():
        print_line(f'{name} = "{value}"')
    for name, variable in variables.items():
        print_line(f'{name} = {{ env = "{variable}" }}')
    print_line()
    print_line("Ctrl-C stops it; what was changed in it is then forgotten.")
    stdout().flush()  # whoever reads this through a pipe waits for the address
