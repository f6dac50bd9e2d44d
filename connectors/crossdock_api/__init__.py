"""The connector of outside programs: they speak to Crossdock's HTTP API, and nothing is asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from crossdock import (
    ConnectorSettings,
    ConnectorSpec,
    Page,
    PermanentError,
    RemoteItem,
    RemoteSession,
    Source,
    hookimpl,
)


class ApiSettings(ConnectorSettings):
    """An outside program has none: it is let in by its token."""


class OutsideProgram:
    """What comes from it comes through the API, when it wants."""

    def check(self) -> str:
        """Say that there is nobody to ask."""
        return "an outside program; it calls crossdock serve, and there is nothing to ask of it"

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:  # noqa: ARG002
        """Refuse: there is nothing to read from.

        Raises:
            PermanentError: always.
        """
        raise _NothingToReadError

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:  # noqa: ARG002
        """Refuse: there is nothing to read from.

        Raises:
            PermanentError: always.
        """
        raise _NothingToReadError


class _NothingToReadError(PermanentError):
    def __init__(self) -> None:
        super().__init__("an outside program is not read from; it writes through the API by itself")


def _open(_settings: ApiSettings, _session: RemoteSession) -> Source:
    return OutsideProgram()


API = ConnectorSpec(
    name="api",
    title="an outside program, through the HTTP API",
    settings=ApiSettings,
    record_types={},
    mapping="",
    open=_open,
)


@hookimpl
def crossdock_connectors() -> Iterable[ConnectorSpec[Any]]:
    """Bring the connector."""
    return [API]
