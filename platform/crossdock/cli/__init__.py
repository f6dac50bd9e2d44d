"""The command line: ``crossdock``."""

from crossdock.cli.main import main

__all__ = ["main"]
