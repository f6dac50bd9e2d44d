"""Imports one plugin and asks its hooks what it brings; whatever it does wrong is said in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pluggy
from msgspec import Struct
from pydantic import BaseModel

from crossdock.errors import CrossdockError
from crossdock.plugins import hookspecs
from crossdock.plugins.connector import ConnectorSpec
from crossdock.plugins.culprit import culprit
from crossdock.plugins.manipulator import ManipulatorSpec
from crossdock.plugins.origin import Origin, SingleFile
from crossdock.records.registry import RECORD_TYPES
from crossdock.suggestion import did_you_mean

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RESERVED_SETTINGS = frozenset({"use", "when"})
_HOOKS = ("crossdock_connectors", "crossdock_manipulators")

T = TypeVar("T")


class PluginDefectError(CrossdockError):
    """What is wrong with a plugin, as the rest of a sentence that begins with its name."""


class Answers(Struct, frozen=True):
    """What one plugin brings."""

    connectors: tuple[ConnectorSpec[Any], ...]
    manipulators: tuple[ManipulatorSpec[Any], ...]


def interview(origin: Origin) -> Answers:
    """Import a plugin and ask it what it brings.

    It gets a plugin manager of its own, so that nothing it registers reaches another plugin.

    Raises:
        PluginDefectError: it cannot be imported, or what it declares or returns is no good.
    """
    plugin = _guarded(origin, "cannot be imported", origin.load)
    manager = pluggy.PluginManager("crossdock")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, name=origin.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginDefectError(_misdeclared(manager, plugin, error)) from error
    if not manager.get_hookcallers(plugin):
        raise PluginDefectError(_silent(origin, plugin))
    answers = Answers(
        connectors=tuple(_ask(origin, manager, "crossdock_connectors", ConnectorSpec)),
        manipulators=tuple(_ask(origin, manager, "crossdock_manipulators", ManipulatorSpec)),
    )
    for connector in answers.connectors:
        _check_connector(connector)
    for manipulator in answers.manipulators:
        _check_manipulator(manipulator)
    return answers


def _guarded(origin: Origin, trouble: str, action: Callable[[], T]) -> T:
    try:
        return action()
    except (Exception, SystemExit) as error:  # a stranger's code may raise anything
        message = str(error).strip() or "no message"
        where = culprit(error, origin.package)
        at = f" ({where})" if where else ""
        raise PluginDefectError(f"{trouble}: {type(error).__name__}: {message}{at}") from error


def _misdeclared(manager: pluggy.PluginManager, plugin: object, error: pluggy.PluginValidationError) -> str:
    for caller in manager.get_hookcallers(plugin) or []:
        if not caller.has_spec():
            return f"has a hook {caller.name!r} that Crossdock does not know{did_you_mean(caller.name, _HOOKS)}"
    reason = str(error).strip().splitlines()[-1]
    return f"declares a hook wrongly: {reason[:1].lower()}{reason[1:]}"


def _silent(origin: Origin, plugin: object) -> str:
    unmarked = [name for name in _HOOKS if hasattr(plugin, name)]
    if unmarked:
        return f"brings nothing: {unmarked[0]} is not marked with @hookimpl (from crossdock.plugins import hookimpl)"
    helper = "; begin a helper file's name with '_'" if isinstance(origin, SingleFile) else ""
    return f"brings nothing: it has no function {' or '.join(_HOOKS)} marked with @hookimpl{helper}"


def _ask(origin: Origin, manager: pluggy.PluginManager, name: str, kind: type[T]) -> list[T]:
    caller = getattr(manager.hook, name)
    if not caller.get_hookimpls():
        return []
    results = _guarded(origin, f"fails in {name}", caller)
    if not results:
        raise PluginDefectError(f"returned None from {name}; expected a list of {kind.__name__} (no 'return'?)")
    return [item for answer in results for item in _items(origin, name, kind, answer)]


def _items(origin: Origin, name: str, kind: type[T], answer: object) -> list[T]:
    expected = f"a list of {kind.__name__}"
    if isinstance(answer, kind):
        raise PluginDefectError(f"returned one {kind.__name__} from {name}; expected {expected}: put it into [...]")
    if isinstance(answer, str | bytes | dict) or not isinstance(answer, Iterable):
        raise PluginDefectError(f"returned {_shown(answer)} from {name}; expected {expected}")
    items = _guarded(origin, f"fails in {name}", lambda: list(answer))
    for item in items:
        if not isinstance(item, kind):
            raise PluginDefectError(f"returned a list with {_shown(item)} from {name}; expected {expected}")
    return items


def _shown(value: object) -> str:
    text = repr(value)
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return f"the class {value.__name__}" if isinstance(value, type) else f"{shown} ({type(value).__name__})"


def _check_name(kind: str, name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PluginDefectError(
            f"brings a {kind} named {name!r}; a name has lower-case letters, digits and single '-', such as 'my-{kind}'"
        )


def _check_settings(kind: str, name: str, settings: object) -> None:
    if not isinstance(settings, type) or not issubclass(settings, BaseModel):
        raise PluginDefectError(f"brings the {kind} {name!r} whose settings are {settings!r}; expected a model class")


def _check_record_types(kind: str, name: str, record_types: Iterable[str]) -> None:
    for record_type in record_types:
        if record_type not in RECORD_TYPES:
            raise PluginDefectError(
                f"brings the {kind} {name!r} for an unknown record type {record_type!r}"
                f"{did_you_mean(str(record_type), RECORD_TYPES)}"
            )


def _check_connector(spec: ConnectorSpec[Any]) -> None:
    _check_name("connector", spec.name)
    _check_settings("connector", spec.name, spec.settings)
    _check_record_types("connector", spec.name, spec.record_types)
    if not spec.record_types and spec.mapping:  # an outside program, which is not read from, has neither
        raise PluginDefectError(f"brings the connector {spec.name!r} that offers no record type")
    if not callable(spec.open):
        raise PluginDefectError(f"brings the connector {spec.name!r} whose 'open' is {spec.open!r}, no function")


def _check_manipulator(spec: ManipulatorSpec[Any]) -> None:
    _check_name("manipulator", spec.name)
    _check_settings("manipulator", spec.name, spec.settings)
    _check_record_types("manipulator", spec.name, spec.record_types or ())
    names = {alias for name, info in spec.settings.model_fields.items() for alias in (name, info.alias)}
    if taken := sorted(_RESERVED_SETTINGS & names):
        raise PluginDefectError(
            f"brings the manipulator {spec.name!r} with a setting {taken[0]!r}, which is Crossdock's own key; rename it"
        )
    if not callable(spec.build):
        raise PluginDefectError(f"brings the manipulator {spec.name!r} whose 'build' is {spec.build!r}, no function")
