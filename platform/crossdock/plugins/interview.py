"""Imports one plugin and asks its hooks what it brings; whatever it does wrong is said in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pluggy
from msgspec import Struct

from crossdock.fault import said
from crossdock.plugins import hookspecs
from crossdock.plugins.connector import ConnectorSpec
from crossdock.plugins.culprit import culprit
from crossdock.plugins.manipulator import ManipulatorSpec
from crossdock.plugins.origin import Origin, SingleFile
from crossdock.plugins.soundness import PluginDefectError, check_connector, check_manipulator, shown
from crossdock.suggestion import did_you_mean

_HOOKS = ("crossdock_connectors", "crossdock_manipulators")

T = TypeVar("T")


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
    _guarded(origin, "cannot be looked at", lambda: _check(answers))
    return answers


def _check(answers: Answers) -> None:
    for connector in answers.connectors:
        check_connector(connector)
    for manipulator in answers.manipulators:
        check_manipulator(manipulator)


def _guarded(origin: Origin, trouble: str, action: Callable[[], T]) -> T:
    limit = sys.getrecursionlimit()
    try:
        result = action()
    except (KeyboardInterrupt, PluginDefectError):
        raise
    except BaseException as error:  # a stranger's code may raise anything, SystemExit as well
        _restore_recursion_limit(limit)
        message = said(error).strip() or "no message"
        where = culprit(error, origin.package)
        at = f" ({where})" if where else ""
        raise PluginDefectError(f"{trouble}: {type(error).__name__}: {message}{at}") from error
    if (lowered := _restore_recursion_limit(limit)) < limit:
        raise PluginDefectError(
            f"lowers Python's recursion limit from {limit} to {lowered}, with which nothing else works; "
            "it must leave it as it is"
        )
    return result


def _restore_recursion_limit(limit: int) -> int:
    """Raise the limit again if it was lowered, and tell what it was."""
    found = sys.getrecursionlimit()
    if found < limit:
        sys.setrecursionlimit(limit)
    return found


def _misdeclared(manager: pluggy.PluginManager, plugin: object, error: pluggy.PluginValidationError) -> str:
    for caller in manager.get_hookcallers(plugin) or []:
        if not caller.has_spec():
            return f"has a hook {caller.name!r} that Crossdock does not know{did_you_mean(caller.name, _HOOKS)}"
    reason = str(error).strip().splitlines()[-1]
    return f"declares a hook wrongly: {reason[:1].lower()}{reason[1:]}"


def _silent(origin: Origin, plugin: object) -> str:
    unmarked = [name for name in _HOOKS if hasattr(plugin, name)]
    if unmarked:
        return f"brings nothing: {unmarked[0]} is not marked with @hookimpl (from crossdock import hookimpl)"
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
        raise PluginDefectError(f"returned {shown(answer)} from {name}; expected {expected}")
    items = _guarded(origin, f"fails in {name}", lambda: list(answer))
    for item in items:
        if not isinstance(item, kind):
            raise PluginDefectError(f"returned a list with {shown(item)} from {name}; expected {expected}")
    return items
