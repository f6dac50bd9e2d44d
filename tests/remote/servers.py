"""Servers that answer as a test says, plain and with TLS."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from crossdock.config.remote import RemoteConfig
from crossdock.remote import Session
from crossdock.remote.pace import Timing
from crossdock.testing.sandbox import Request, Response, SandboxServer

CERTIFICATE = Path(__file__).parent / "certificates" / "loopback.pem"
KEY = CERTIFICATE.with_suffix(".key")
Step = Response | Callable[[Request], Response]


@dataclass
class Scripted:
    """Gives the prepared answers one after the other, the last one for ever, and keeps what was asked."""

    steps: deque[Step]
    asked: list[Request] = field(default_factory=list)
    settings: Mapping[str, str] = field(default_factory=dict)

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        step = self.steps.popleft() if len(self.steps) > 1 else self.steps[0]
        return step if isinstance(step, Response) else step(request)


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    time: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time

    def timing(self, chance: float = 1.0) -> Timing:
        return Timing(self.sleep, self.now, self.now, lambda: chance)


@dataclass
class Scene:
    """A session on a scripted server."""

    server: SandboxServer
    script: Scripted
    session: Session
    clock: Clock

    @property
    def asked(self) -> list[Request]:
        return self.script.asked


@contextmanager
def scene(*steps: Step, clock: Clock | None = None, **config: object) -> Iterator[Scene]:
    """Serve the steps, and open a session without credentials on them."""
    clock = clock or Clock()
    script = Scripted(deque(steps))
    options = RemoteConfig.model_validate({"retries": 3, **config})
    with SandboxServer(script) as server, Session(options, agent="connector.test", timing=clock.timing()) as session:
        session.configure(base_url=server.url)
        yield Scene(server, script, session, clock)
        assert server.errors == []


def use_tls(server: SandboxServer) -> str:
    """Make a server that is not yet entered speak TLS; return its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    listener = server._listener
    listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    return f"https://127.0.0.1:{server.port}"
