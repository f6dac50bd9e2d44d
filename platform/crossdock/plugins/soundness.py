"""Looks at what a plugin brings, piece by piece, so that a slip in a spec shows when the plugin is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from crossdock.errors import CrossdockError
from crossdock.fault import FAULTS, tell
from crossdock.plugins.connector import ConnectorSpec, RateHeaders, RecordTypeSpec
from crossdock.plugins.manipulator import Example, ManipulatorSpec
from crossdock.plugins.webhook import WebhookSpec
from crossdock.records.registry import RECORD_TYPES
from crossdock.suggestion import did_you_mean

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RESERVED_SETTINGS = frozenset({"use", "when"})
_DIRECTIONS = frozenset({"import", "export"})

Trait: TypeAlias = tuple[str, Callable[[Any], bool], str]
"""A field of a spec, what it must satisfy, and how that is called."""


class PluginDefectError(CrossdockError):
    """What is wrong with a plugin, as the rest of a sentence that begins with its name."""


def check_connector(spec: ConnectorSpec[Any]) -> None:
    """Look at a connector.

    Raises:
        PluginDefectError: something in it is no good.
    """
    _check_name("connector", spec.name)
    whose = f"the connector {spec.name!r}"
    _check_settings(whose, spec.settings)
    _check_traits(whose, spec, _CONNECTOR)
    _check_record_types(whose, spec.record_types)
    for record_type, offered in spec.record_types.items():
        _check_traits(f"{whose} for {record_type!r},", offered, _RECORD_TYPE)
    if spec.rate_headers is not None:
        _check_traits(f"{whose} with rate_headers", spec.rate_headers, _RATE_HEADERS)
    if spec.webhook is not None:
        _check_traits(f"{whose} with a webhook", spec.webhook, _WEBHOOK)
    if not spec.record_types and spec.mapping:  # an outside program, which is not read from, has neither
        raise PluginDefectError(f"brings {whose} that offers no record type")


def check_manipulator(spec: ManipulatorSpec[Any]) -> None:
    """Look at a manipulator.

    Raises:
        PluginDefectError: something in it is no good.
    """
    _check_name("manipulator", spec.name)
    whose = f"the manipulator {spec.name!r}"
    _check_settings(whose, spec.settings)
    _check_traits(whose, spec, _MANIPULATOR)
    _check_record_types(whose, spec.record_types or ())
    names = {alias for name, info in spec.settings.model_fields.items() for alias in (name, info.alias)}
    if taken := sorted(_RESERVED_SETTINGS & names):
        message = f"brings {whose} with a setting {taken[0]!r}, which is Crossdock's own key; rename it"
        raise PluginDefectError(message)


def shown(value: object) -> str:
    """Write what came, and its kind, shortened; what cannot be written is told by its kind alone."""
    try:
        text = repr(value)
    except FAULTS:
        return f"something that cannot be shown ({type(value).__name__})"
    short = text if len(text) <= 60 else f"{text[:57]}..."
    return f"the class {value.__name__}" if isinstance(value, type) else f"{short} ({type(value).__name__})"


def _check_name(kind: str, name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PluginDefectError(
            f"brings a {kind} named {name!r}; a name has lower-case letters, digits and single '-', such as 'my-{kind}'"
        )


def _check_settings(whose: str, settings: object) -> None:
    if not isinstance(settings, type) or not issubclass(settings, BaseModel):
        raise PluginDefectError(f"brings {whose} whose settings are {settings!r}; expected a model class")
    try:
        settings.model_rebuild()
    except FAULTS as error:  # a stranger's annotations may raise anything
        reason = tell(error).partition("\n")[0]
        raise PluginDefectError(f"brings {whose} whose settings cannot be used: {reason}") from error


def _check_traits(whose: str, spec: object, traits: Iterable[Trait]) -> None:
    for name, is_right, expected in traits:
        value = getattr(spec, name)
        if not is_right(value):
            raise PluginDefectError(f"brings {whose} whose {name!r} is {shown(value)}; expected {expected}")


def _check_record_types(whose: str, record_types: Iterable[str]) -> None:
    for record_type in record_types:
        if record_type not in RECORD_TYPES:
            raise PluginDefectError(
                f"brings {whose} for an unknown record type {record_type!r}"
                f"{did_you_mean(str(record_type), RECORD_TYPES)}"
            )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and value > 0


def _may_be(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_right(value)


def _is_a(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _each(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Collection) and not _is_text(value) and all(map(is_right, value))


def _offers(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(offered, RecordTypeSpec) for offered in value.values())


def _is_mapping(value: object) -> bool:
    if isinstance(value, str):
        return "\n" in value or not value.endswith(".toml")
    return callable(getattr(value, "read_text", None))


_FUNCTION: Final = "a function or a class"
_CONNECTOR: tuple[Trait, ...] = (
    ("title", _is_text, "a text"),
    ("record_types", _offers, "a dict from names of record types to RecordTypeSpec"),
    ("mapping", _is_mapping, 'the text of a mapping, or a file such as files("my_plugin") / "mapping.toml"'),
    ("open", callable, _FUNCTION),
    ("sandbox", _may_be(callable), f"{_FUNCTION}, or None"),
    ("webhook", _may_be(_is_a(WebhookSpec)), "a WebhookSpec, or None"),
    ("rate_headers", _may_be(_is_a(RateHeaders)), "RateHeaders, or None"),
)
_RECORD_TYPE: tuple[Trait, ...] = (
    ("finish", _may_be(callable), "a function, or None"),
    ("in_bin", _may_be(callable), "a function, or None"),
)
_RATE_HEADERS: tuple[Trait, ...] = (
    ("left", _may_be(_is_text), "the name of a header, or None"),
    ("reset", _may_be(_is_text), "the name of a header, or None"),
    ("reset_unit", {"seconds", "milliseconds"}.__contains__, "'seconds' or 'milliseconds'"),
    ("used", _may_be(_is_text), "the name of a header, or None"),
    ("leak", _is_number, "a number above 0"),
)
_WEBHOOK: tuple[Trait, ...] = (
    ("is_set_up", callable, "a function"),
    ("verify", callable, "a function"),
)
_MANIPULATOR: tuple[Trait, ...] = (
    ("title", _is_text, "a text"),
    ("build", callable, _FUNCTION),
    ("examples", _each(_is_a(Example)), "a tuple of Example"),
    ("record_types", _may_be(_each(_is_text)), "a frozenset of names of record types, or None"),
    ("directions", _each(_DIRECTIONS.__contains__), "a frozenset of 'import' and 'export'"),
    ("files", callable, "a function"),
)
