"""From what a person types to what the store holds: REF, and who it is that writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossdock.cli.options import known_type
from crossdock.errors import ConfigError

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config import Connection
    from crossdock.records import Working
    from crossdock.store import Actor, Store


def find(place: Place, store: Store, reference: str) -> tuple[str, Working]:
    """Return the record type and the record that REF names.

    Raises:
        ConfigError: REF is malformed, or no record answers to it, or several do.
    """
    record_type, slash, text = reference.partition("/")
    if not slash or not text:
        raise ConfigError(
            f"{reference!r} names no record; write order/LOCAL-ID, order/NUMBER or order/CONNECTION:NUMBER, "
            "such as order/1001"
        )
    return record_type, store.find(known_type(record_type), text, {name: id_ for id_, name in place.names.items()})


def called(record_type: str, record: Working) -> str:
    """Say which record it is, as REF."""
    return f"{record_type}/{record.get('displayId') or record['localId']}"


def writer(place: Place, connection: str | None) -> Actor:
    """Return who writes: the operator at the terminal, or the connection that they act for.

    Raises:
        ConfigError: there is no such connection.
    """
    from crossdock.store import Actor

    if connection is None:
        return Actor("operator", None, _user(), "cli")
    acting = place.config.connection(connection)
    return Actor("connection", acting.id, acting.name, "cli", acting.connector.name)


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"  # a container's user may have no name


def imports(place: Place, name: str | None, record_type: str | None) -> list[tuple[Connection, str]]:
    """List the configured imports that are meant: of one connection or of all, of one record type or of all.

    Raises:
        ConfigError: there is no such connection or record type, or the connection does not import it.
    """
    connections = place.config.connections if name is None else [place.config.connection(name)]
    if record_type is not None:
        known_type(record_type)
    found = [(one, type_) for one in connections for type_ in one.imports if record_type in (None, type_)]
    if name is not None and not found:
        from crossdock.pipeline.making import NoImportError

        raise NoImportError(connections[0], record_type)
    return found
