"""The limits of known remote systems, from ``presets.toml`` beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from msgspec import Struct

from crossdock.limits.limits import Limits


class Preset(Struct, frozen=True):
    """What one remote system allows.

    ``counts`` says in words what is counted, ``source`` where the numbers come from.
    """

    name: str
    title: str
    limits: Limits
    counts: tuple[str, ...]
    source: str


@cache
def presets() -> Mapping[str, Preset]:
    """Return every preset by name."""
    import tomllib  # noqa: PLC0415 - nobody who names no preset pays for it

    text = (files("crossdock.limits") / "presets.toml").read_text("utf-8")
    found = {}
    for name, table in tomllib.loads(text).items():
        title, source, counts = table.pop("title"), table.pop("source"), tuple(table.pop("counts"))
        found[name] = Preset(name, title, Limits.model_validate(table, strict=False), counts, source)
    return MappingProxyType(found)
