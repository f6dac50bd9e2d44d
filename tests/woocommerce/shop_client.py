"""A bare client of the sandbox for tests: requests, straight or signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from crossdock.testing.sandbox import SandboxOptions, SandboxServer
from crossdock_woocommerce.sandbox import KEYS, make_sandbox
from crossdock_woocommerce.sandbox.app import WooSandbox
from crossdock_woocommerce.sandbox.auth import Key

API = "/wp-json/wc/v3"
TLS = {"X-Forwarded-Proto": "https"}


@dataclass
class ManualClock:
    """A clock that moves only when told to."""

    moment: datetime = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def tick(self, seconds: float = 1) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Shop:
    """A running sandbox and a session that talks to it as over https."""

    server: SandboxServer
    sandbox: WooSandbox
    session: requests.Session
    clock: ManualClock

    def call(self, method: str, path: str, key: Key = KEYS[0], **arguments: Any) -> requests.Response:
        headers: Mapping[str, str] = {**TLS, **arguments.pop("headers", {})}
        auth = arguments.pop("auth", (key.key, key.secret))
        return self.session.request(
            method, self.server.url + API + path, headers=headers, auth=auth, timeout=5, **arguments
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def ids(self, path: str = "/orders", **params: Any) -> list[int]:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()]

    def put(self, path: str, body: Any) -> requests.Response:
        return self.call("PUT", path, json=body)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.call("POST", path, json=body)

    def delete(self, path: str, **params: Any) -> requests.Response:
        return self.call("DELETE", path, params=params)


@contextmanager
def running(options: SandboxOptions | None = None) -> Iterator[Shop]:
    """Run a sandbox with a clock that stands still."""
    clock = ManualClock()
    sandbox = make_sandbox(options or SandboxOptions(records=25), now=clock)
    with SandboxServer(sandbox) as server, requests.Session() as session:
        session.trust_env = False
        yield Shop(server, sandbox, session, clock)
        assert server.errors == []
