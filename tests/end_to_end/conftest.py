"""The program in this process, and a shop that can be made to lie to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from crossdock.testing.sandbox import Request, Response, SandboxOptions, SandboxServer
from crossdock_woocommerce.sandbox import make_sandbox
from crossdock_woocommerce.sandbox.app import WooSandbox
from tests.cli.conftest import own_logging, program
from tests.cli.program import Program, Result

from .process import shop

__all__ = ["own_logging", "program"]

Lie = Callable[[Request, Response], Response]
HASTY = """
[connection.remote]
retries = 1
retry_budget = "3s"
read_timeout = "500ms"
connect_timeout = "2s"
"""


@dataclass(frozen=True)
class Liar:
    """A shop of 50 orders in pages of 20, and the program that imports it."""

    program: Program
    server: SandboxServer
    sandbox: WooSandbox

    def __call__(self, *arguments: str) -> Result:
        return self.program(*arguments)

    def configure(self, imports: str = "[connection.import.order]\n", remote: str = HASTY) -> None:
        text = shop(self.server.url, imports=remote + imports)
        text = text.replace("[connection.settings]", "[connection.settings]\npage_size = 20")
        (self.program.folder / "plugins.toml").write_text(text, "utf-8")

    def lie(self, lie: Lie, *, after: int = 0, times: int = 1_000_000) -> None:
        """Change answers, from one request on, and so many times."""
        asked = 0

        def change(request: Request, response: Response) -> Response:
            nonlocal asked
            asked += 1
            return lie(request, response) if after < asked <= after + times else response

        self.server.after.append(change)

    def tell_the_truth(self) -> None:
        self.server.after.clear()

    def outcome(self) -> str:
        """How the newest run ended, as the store has it."""
        with self.program.store() as store:
            return store.runs(limit=1)[0].outcome

    def stored(self) -> int:
        with self.program.store() as store:
            return store.counts().get("order", 0)


@pytest.fixture
def liar(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    sandbox = make_sandbox(SandboxOptions(records=50))
    with SandboxServer(sandbox) as server:
        for name, value in sandbox.settings.items():
            monkeypatch.setenv(f"SANDBOX_{name.upper()}", value)
        found = Liar(program, server, sandbox)
        found.configure()
        yield found
