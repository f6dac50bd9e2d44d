"""Where a command works: the configuration file, and what is opened from it on demand."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crossdock.cli.stdout import keep_stdout

if TYPE_CHECKING:
    from crossdock.config import Config, Redactor
    from crossdock.plugins import Plugins
    from crossdock.store.store import Store

DEFAULT_FILE = Path("plugins.toml")


class Place:
    """The configuration that ``--config`` names, read once, and the store it points to.

    Args:
        file: the configuration file.
        verbose: log what is done, on stderr.
        json_logs: log as JSON, a line a record.
    """

    def __init__(self, file: Path = DEFAULT_FILE, *, verbose: bool = False, json_logs: bool = False) -> None:
        self.file = file
        self.verbose = verbose
        self.json_logs = json_logs
        self._redactor: Redactor | None = None
        self._secrets: list[str] = []

    @cached_property
    def config(self) -> Config:
        """The validated configuration; from now on logging goes through its redactor.

        Raises:
            ConfigError: with every problem in it.
        """
        return self._load(storeless=False)

    @cached_property
    def storeless_config(self) -> Config:
        """The validated configuration of a command that never opens the store, and needs no value for its url.

        Raises:
            ConfigError: with every problem in it.
        """
        return self._load(storeless=True)

    def _load(self, *, storeless: bool) -> Config:
        from crossdock.cli.logs import start_logging
        from crossdock.config import Redactor, load_config

        keep_stdout()
        config = load_config(self.file, os.environ, storeless=storeless)
        self._redactor = Redactor([*config.secrets, *self._secrets])
        start_logging(self._redactor, verbose=self.verbose, as_json=self.json_logs)
        return config

    @cached_property
    def plugins(self) -> Plugins:
        """Everything that plugins bring, with or without a configuration, and whatever else is wrong in it.

        Raises:
            ConfigError: the file is no TOML.
        """
        from crossdock.plugins import load_listed_plugins, load_plugins
        from crossdock.toml import read_toml

        keep_stdout()
        if not self.file.exists():
            return load_plugins()
        return load_listed_plugins(read_toml(self.file), self.file.resolve().parent)

    @property
    def names(self) -> dict[str, str]:
        """The names of the configured connections, by id."""
        return {connection.id: connection.name for connection in self.config.connections}

    @property
    def redact(self) -> Callable[[str], str]:
        """Takes the configuration's secret values out of texts."""
        _ = self.config  # whoever asks wants all of them
        return self.redact_known

    def keep_secret(self, *values: str) -> None:
        """Take these out of what is printed from now on, besides the configuration's secret values."""
        from crossdock.config import Redactor

        self._secrets += values
        self._redactor = Redactor(self._secrets)

    def redact_known(self, text: str) -> str:
        """Take out of a text whatever secret values are known by now; before the configuration is read, none are."""
        return text if self._redactor is None else self._redactor.text(text)

    def store(self, *, create: bool = True) -> Store:
        """Open the store; the caller closes it (it is a context manager)."""
        from crossdock.store.store import Store
        from crossdock.store.writes.followers import followers_of

        given = self.config.store
        upgrade = given.migrate == "auto"
        return Store.open(given.url, create=create, upgrade=upgrade, followers=followers_of(self.config))

    def patient_store(self, *, create: bool = True, seconds: float | None = None) -> Store:
        """Open the store for work that takes its time: wait for its database if that is away, build its index.

        Args:
            create: make it if there is none; else nothing is written at all.
            seconds: how long to wait, ``math.inf`` for as long as it takes; a signal ends it at once.

        Raises:
            StoreLostError: the database was not there in time.
            PermanentError: a signal came.
        """
        from crossdock.cli.interrupt import ending_at_once
        from crossdock.pipeline.patience import USUAL, Patience

        def opened() -> Store:
            store = self.store(create=create)
            try:
                if create:
                    store.refresh_index()
            except BaseException:
                store.close()
                raise
            return store

        _ = self.config  # which begins the log that says what is waited for
        with ending_at_once("the store was opened"):
            return Patience(USUAL if seconds is None else seconds)(opened)
