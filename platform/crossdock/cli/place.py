"""Where a command works: the configuration file, and what is opened from it on demand."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossdock.config import Config, Redactor
    from crossdock.store.store import Store


class Place:
    """The configuration that ``--config`` names, read once, and the store it points to.

    Args:
        file: the configuration file.
        verbose: log what is done, on stderr.
    """

    def __init__(self, file: Path, *, verbose: bool = False) -> None:
        self.file = file
        self.verbose = verbose

    @cached_property
    def config(self) -> Config:
        """The validated configuration; raises ``ConfigError`` with every problem in it."""
        from crossdock.config import load_config

        return load_config(self.file, os.environ)

    @cached_property
    def redactor(self) -> Redactor:
        """Takes the configuration's secret values out of texts; logging goes through it from now on."""
        from crossdock.cli.logs import start_logging
        from crossdock.config import Redactor

        redactor = Redactor(self.config.secrets)
        start_logging(redactor, verbose=self.verbose)
        return redactor

    @property
    def redact(self) -> Callable[[str], str]:
        """The redactor as a function on texts."""
        return self.redactor.text

    def store(self, *, create: bool = True) -> Store:
        """Open the store; the caller closes it (it is a context manager)."""
        from crossdock.store.store import Store

        return Store.open(self.config.store.url, create=create)
