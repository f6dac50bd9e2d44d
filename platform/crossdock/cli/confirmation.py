"""Asks before something is done that cannot be undone."""

from __future__ import annotations

import sys

import typer

from crossdock.errors import ConfigError


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless ``yes``.

    Raises:
        ConfigError: the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(f"{question} There is nobody to ask here; say --yes, or nothing is done")
    if not typer.confirm(question, err=True):
        raise ConfigError("nothing was done")
