"""What plugin authors test with: sandboxes, stand-ins of remote systems that are spoken to over real HTTP."""

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
    "LogEntry",
    "Request",
    "Response",
    "Sandbox",
    "SandboxOptions",
    "SandboxServer",
    "SupportsChange",
    "SupportsClose",
    "serve_forever",
]
