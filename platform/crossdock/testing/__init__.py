"""What plugin authors test with: sandboxes that stand in for remote systems, over real HTTP, and promises to keep.

@pytest.mark.parametrize("promise", promises(ACME), ids=str)
def test_acme_keeps_its_promises(promise, tmp_path):
    assert promise.breaches(tmp_path) == []
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crossdock.testing.fault_language import Fault, parse_faults
from crossdock.testing.faults import Faults, inject
from crossdock.testing.sandbox import (
    DropConnection,
    LogEntry,
    Request,
    Response,
    Sandbox,
    SandboxOptions,
    SandboxServer,
    SupportsChange,
    SupportsClose,
    serve_forever,
)

if TYPE_CHECKING:
    from crossdock.plugins.example import run_example as run_example
    from crossdock.testing.conformance import Promise as Promise, promises as promises

__all__ = [
    "DropConnection",
    "Fault",
    "Faults",
    "LogEntry",
    "Promise",
    "Request",
    "Response",
    "Sandbox",
    "SandboxOptions",
    "SandboxServer",
    "SupportsChange",
    "SupportsClose",
    "inject",
    "parse_faults",
    "promises",
    "run_example",
    "serve_forever",
]


if not TYPE_CHECKING:  # or a type checker would take any name for a public one

    def __getattr__(name: str) -> Any:
        """Load what only tests need when it is first asked for: a plugin that has a sandbox does without."""
        home = {
            "Promise": "crossdock.testing.conformance",
            "promises": "crossdock.testing.conformance",
            "run_example": "crossdock.plugins.example",
        }.get(name)
        if home is None:
            raise AttributeError(f"module 'crossdock.testing' has no attribute {name!r}")
        return getattr(import_module(home), name)
