"""A connector for Acme, a shop with a JSON API."""

import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from crossdock import (
    Batch,
    ConnectorSettings,
    ConnectorSpec,
    Page,
    RecordTypeSpec,
    RemoteItem,
    RemoteSession,
    Window,
    fetch_page,
    fetch_record,
    hookimpl,
    read_by_modification,
    stamp,
)
from crossdock.testing import Request, Response, SandboxOptions

# --- What an operator sets ----------------------------------------------------------------------------------------


class AcmeSettings(ConnectorSettings):
    """``[connection.settings]`` of an Acme shop."""

    url: str = Field(description="the shop's address, such as https://shop.example")
    key: SecretStr = Field(description="the API key, by reference")


# --- How the shop is read -----------------------------------------------------------------------------------------


class AcmeSource:
    """Reads one Acme shop: ``GET /orders`` by modification time, ``GET /orders/7`` for one."""

    def __init__(self, settings: AcmeSettings, session: RemoteSession) -> None:
        key = settings.key.get_secret_value()
        session.configure(base_url=settings.url, auth=("api", key), secrets=[key])
        self._session = session

    def check(self) -> str:
        """Say which shop answers."""
        return f"this is {self._session.get('shop').json()['name']}"

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:
        """Read what was modified at or after ``since``, the oldest change first."""

        def page(window: Window) -> Batch:
            asked = {
                "after": window.after or "",
                "before": window.before or "",
                "page": str(window.page),
                "size": str(window.size),
            }
            return fetch_page(
                self._session,
                f"{record_type}s",
                asked,
                modified_field="changedAt",
                total_header="X-Total",
                smaller=window.smaller,
            )

        return read_by_modification(page, None if since is None else stamp(since), page_size or 100)

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Read one record."""
        return fetch_record(self._session, f"{record_type}s/{remote_id}", remote_id, modified_field="changedAt")


# --- A stand-in of the shop, to try it on and for its tests -------------------------------------------------------


def invent(number: int) -> dict[str, Any]:
    """Invent an order."""
    minute = f"2024-05-04T{number // 60:02}:{number % 60:02}"
    return {
        "id": number,
        "number": f"A-{number}",
        "state": "paid" if number % 5 else "void",
        "soldAt": f"{minute}:00Z",
        "changedAt": f"{minute}:30Z",
        "currency": "SEK",
        "buyer": {"mail": f"buyer{number}@shop.example", "country": "SE"},
        "lines": [{"id": 1, "article": "MUG-RED", "text": "Red mug", "pieces": 2, "net": "160.00", "vat": "40.00"}],
        "total": "200.00",
        "clerk": {"name": "Ada", "desk": 3},
    }


class AcmeSandbox:
    """Answers as the shop would."""

    settings: Mapping[str, str] = {"key": "acme-sandbox-key"}

    def __init__(self, options: SandboxOptions) -> None:
        self._orders = {number: invent(number) for number in range(1, options.records + 1)}
        self._changes = 0
        self._guard = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.headers.get("authorization") != f"Basic {_basic('api', self.settings['key'])}":
            return Response.json({"message": "the key is wrong"}, 401)
        table, _, number = request.path.strip("/").partition("/")
        if table == "shop":
            return Response.json({"name": "an Acme shop with invented orders"})
        if table != "orders":
            return Response.json({"message": "no such path"}, 404)
        with self._guard:
            if not number:
                return self._page(dict(request.query))
            order = self._orders.get(int(number)) if number.isdecimal() else None
            return Response.json(order) if order else Response.json({"message": "no such order"}, 404)

    def _page(self, asked: Mapping[str, str]) -> Response:
        after, before, size = asked.get("after", ""), asked.get("before") or "Z", int(asked.get("size") or 100)
        found = [order for order in self._orders.values() if after < order["changedAt"] < before]
        found.sort(key=lambda order: (order["changedAt"], order["id"]))
        first = size * (int(asked.get("page") or 1) - 1)
        return Response.json(found[first : first + size], headers={"X-Total": str(len(found))})

    def change(self, _record_type: str) -> None:
        """Change one order as somebody in the shop would."""
        with self._guard:
            self._changes += 1
            order = self._orders[1 + self._changes % len(self._orders)]
            order["clerk"] = {"name": "Ada", "desk": 3 + self._changes}
            order["changedAt"] = stamp(datetime.now(UTC))


def _basic(user: str, password: str) -> str:
    return b64encode(f"{user}:{password}".encode()).decode()


# --- The connector itself -----------------------------------------------------------------------------------------

SPEC = ConnectorSpec(
    name="acme",
    title="Acme, a shop with a JSON API",
    settings=AcmeSettings,
    record_types={"order": RecordTypeSpec()},
    mapping=Path(__file__).with_name("acme.toml"),
    open=AcmeSource,
    sandbox=AcmeSandbox,
)


@hookimpl
def crossdock_connectors() -> Iterable[ConnectorSpec[Any]]:
    """Bring the connector."""
    return [SPEC]
