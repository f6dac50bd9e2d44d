"""Builds the chain of manipulators of one import from plugins.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct
from pydantic import BaseModel, ValidationError

from crossdock.config.annotation import At
from crossdock.config.complaint import complaints, shown
from crossdock.config.scope import Scope
from crossdock.config.validation import validate
from crossdock.expressions.expression import Expression, ExpressionSyntaxError, compile_expression
from crossdock.expressions.values import Search
from crossdock.fault import FAULTS, tell
from crossdock.mistake import shortened
from crossdock.plugins import Manipulate, ManipulatorSpec, Plugins, SettingError, Setup
from crossdock.plugins.asking import unknown_field
from crossdock.plugins.culprit import culprit
from crossdock.toml import Place

AnyManipulator: TypeAlias = ManipulatorSpec[Any]

_LONGEST = 300
_OWN_KEYS = ("use", "when")
_SETTING = re.compile(r"([^.\[]+)(?:\[(\d+)\])?(?:\.(.+))?", re.DOTALL)


class Step(Struct, frozen=True):
    """One manipulator of a chain, built and ready.

    Args:
        spec: the manipulator.
        settings: its validated settings.
        apply: the step itself.
        when: evaluates the condition on a record, or ``None``: always.
        condition: the compiled condition, with its text.
        place: where the step stands.
        written: its settings as they stand in the file.
        files: the files that it read when it was built.
    """

    spec: AnyManipulator
    settings: BaseModel
    apply: Manipulate
    when: Search | None
    condition: Expression | None
    place: Place
    written: Mapping[str, Any]
    files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """The manipulator's name."""
        return self.spec.name


def read_chain(scope: Scope, entries: Sequence[object], plugins: Plugins, setup: Setup) -> tuple[Step, ...]:
    """Build the steps of ``manipulators = [...]``; what is wrong goes to the scope, and the step is left out.

    An entry that is no table is passed over: the model of the whole table complains of it.
    """
    tables = ((position, entry) for position, entry in enumerate(entries) if isinstance(entry, dict))
    steps = (_Reader(scope.inner(position), plugins, setup).read(table) for position, table in tables)
    return tuple(step for step in steps if step is not None)


class _Reader(Struct, frozen=True):
    scope: Scope
    plugins: Plugins
    setup: Setup

    def read(self, entry: Mapping[str, Any]) -> Step | None:
        condition = self._condition(entry.get("when"))
        spec = self._manipulator(entry)
        if spec is None:
            return None
        written = {key: value for key, value in entry.items() if key not in _OWN_KEYS}
        settings = self._settings(spec, written)
        if settings is None:
            return None
        built = self._build(spec, settings)
        if built is None or ("when" in entry and condition is None):
            return None
        apply, files = built
        return Step(
            spec=spec,
            settings=settings,
            apply=apply,
            when=condition.search if condition else None,
            condition=condition,
            place=self.scope.place(),
            written=written,
            files=files,
        )

    def _condition(self, text: object) -> Expression | None:
        if text is None:
            return None
        if not isinstance(text, str):
            self.scope.say(("when",), f"'when' must be a JMESPath expression in quotes, not {shown(text)}")
            return None
        inside = f"(in the condition {shortened(text, _LONGEST)})"
        try:
            condition = compile_expression(text)
        except ExpressionSyntaxError as error:
            self.scope.say(("when",), f"{error.message} {inside}", offset=error.offset)
            return None
        if (unknown := unknown_field(self.setup.record_type, text)) is not None:
            message, offset = unknown
            self.scope.say(("when",), f"{message} {inside}", offset=offset)
            return None
        return condition

    def _manipulator(self, entry: Mapping[str, Any]) -> AnyManipulator | None:
        name = entry.get("use")
        if not isinstance(name, str):
            known = f"; known: {', '.join(sorted(self.plugins.manipulators))}"
            wrong = "lacks 'use', the name of a manipulator" if name is None else f"must be a name, not {shown(name)}"
            self.scope.say(("use",), f"the step {wrong}{known}" if name is None else f"'use' {wrong}{known}")
            return None
        spec = self.plugins.manipulators.get(name)
        if spec is None:
            self.scope.unknown(("use",), "manipulator", name, self.plugins.manipulators, self.plugins)
            return None
        record_type, direction = self.setup.record_type, self.setup.direction
        if spec.record_types is not None and record_type not in spec.record_types:
            makes_sense = ", ".join(sorted(spec.record_types))
            self.scope.say(("use",), f"the manipulator {name!r} is for {makes_sense}, not for {record_type}")
            return None
        if direction not in spec.directions:
            self.scope.say(("use",), f"the manipulator {name!r} does not work on {direction}")
            return None
        return spec

    def _settings(self, spec: AnyManipulator, written: Mapping[str, Any]) -> BaseModel | None:
        model: type[BaseModel] = spec.settings
        try:
            return validate(model, written, folder=self.setup.folder)
        except ValidationError as error:
            for complaint in complaints(error, model, written, f"manipulator {spec.name!r}"):
                self.scope.complain(complaint)
        except FAULTS as error:  # a stranger's validator may raise anything
            self._blame(spec, error)
        return None

    def _build(self, spec: AnyManipulator, settings: BaseModel) -> tuple[Manipulate, tuple[Path, ...]] | None:
        try:
            apply = spec.build(settings, self.setup)
            return apply, tuple(self.setup.folder / name for name in spec.files(settings))
        except SettingError as error:
            path = setting_path(error.setting)
            self.scope.say(path, f"manipulator {spec.name!r}, setting {error.setting!r}: {error}", offset=error.offset)
        except FAULTS as error:  # a stranger's code may raise anything
            self._blame(spec, error)
        return None

    def _blame(self, spec: AnyManipulator, error: BaseException) -> None:
        origin = self.plugins.origin(spec.name)
        at = culprit(error, origin.package)
        self.scope.say((), f"manipulator {spec.name!r} of {origin} fails: {tell(error)} ({at})")


def setting_path(setting: str) -> At:
    """Read where a setting stands from its name: ``fields[1]`` and ``table.UK`` lead inwards.

    What follows the first dot is one key, since keys of tables may hold dots themselves.
    """
    match = _SETTING.fullmatch(setting)
    if match is None:
        return (setting,)
    name, index, key = match.groups()
    return (name, *((int(index),) if index else ()), *((key,) if key else ()))
