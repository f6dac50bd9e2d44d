"""A real server on a loopback port, and a client that sends as one connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import requests
from uvicorn import Config as ServerConfig, Server

from crossdock.api.app import build_app
from crossdock.api.edge import Limits
from crossdock.api.services import Services
from crossdock.config import Config, load_config
from crossdock.store import Actor, Store

SHOP_ID = "5377568eb7e165e3b38af6eece4a0001"
ERP_ID = "5377568eb7e165e3b38af6eece4a0002"
WMS_ID = "5377568eb7e165e3b38af6eece4a0003"
CONFIG = f"""\
[[connection]]
id = "{SHOP_ID}"
name = "shop"
connector = "woocommerce"
settings = {{ url = "sandbox:" }}

[[connection]]
id = "{ERP_ID}"
name = "erp"
connector = "api"

[[connection]]
id = "{WMS_ID}"
name = "wms"
connector = "api"
"""
OPERATOR = Actor("operator", None, "test", "cli")
SECONDS = 30


class Client:
    """Speaks to the API with one token; paths are sent as they are given."""

    def __init__(self, base_url: str, token: str | None, session: requests.Session) -> None:
        self.base_url = base_url
        self.token = token
        self._session = session

    def __call__(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **options: Any
    ) -> requests.Response:
        """Send a request; ``body`` is sent as JSON."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            options["json"] = body
        return self._session.request(
            method, self.base_url + path, headers={**sent, **(headers or {})}, timeout=SECONDS, **options
        )

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET a path."""
        return self("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        """POST a JSON body."""
        return self("POST", path, body, **options)

    def put(self, path: str, body: Any, **options: Any) -> requests.Response:
        """PUT a JSON body."""
        return self("PUT", path, body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> requests.Response:
        """PATCH with a JSON body."""
        return self("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """DELETE a path."""
        return self("DELETE", path, **options)


@dataclass(frozen=True)
class Api:
    """The API, served; each client acts as the connection it is called after."""

    url: str
    store: Store
    config: Config
    shop: Client
    erp: Client
    wms: Client
    operator: Client
    nobody: Client


def read_config(folder: Path, text: str = CONFIG) -> Config:
    """Read a configuration from a file in a folder."""
    file = folder / "plugins.toml"
    file.write_text(text, "utf-8")
    return load_config(file, {})


@contextmanager
def serving(services: Services, limits: Limits | None = None) -> Iterator[str]:
    """Serve the API on a free loopback port, in a thread, and give its address."""
    app = build_app(services, limits)
    server = Server(ServerConfig(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, name="api")
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def clients(config: Config, store: Store, url: str) -> Iterator[Api]:
    """Make a token for each connection, and one for an operator."""
    with requests.Session() as session:

        def client(connection_id: str, operator: bool = False) -> Client:
            _token, text = store.tokens.create(connection_id, "operator" if operator else "connection")
            return Client(url, text, session)

        yield Api(
            url,
            store,
            config,
            client(SHOP_ID),
            client(ERP_ID),
            client(WMS_ID),
            client(ERP_ID, True),
            Client(url, None, session),
        )


@contextmanager
def served(config: Config, store: Store, limits: Limits | None = None) -> Iterator[Api]:
    """Serve a store, with clients."""
    with serving(Services(config, store), limits) as url, clients(config, store, url) as api:
        yield api


class Behind:
    """Stands for whatever store is put behind it."""

    store: Store | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@dataclass(frozen=True)
class Standing:
    """A server whose store can be changed while it stands."""

    url: str
    behind: Behind

    @contextmanager
    def over(self, store: Store) -> Iterator[None]:
        """Serve this store for a while."""
        self.behind.store = store
        try:
            yield
        finally:
            self.behind.store = None


@contextmanager
def stand(config: Config) -> Iterator[Standing]:
    """Start a server without a store."""
    behind = Behind()
    with serving(Services(config, cast("Store", behind))) as url:
        yield Standing(url, behind)
