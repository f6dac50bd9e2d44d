"""What plugin authors test with: sandboxes, stand-ins of remote systems that are spoken to over real HTTP."""

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

__all__ = [
    "DropConnection",
    "Fault",
    "Faults",
    "LogEntry",
    "Request",
    "Response",
    "Sandbox",
    "SandboxOptions",
    "SandboxServer",
    "SupportsChange",
    "SupportsClose",
    "inject",
    "parse_faults",
    "serve_forever",
]
