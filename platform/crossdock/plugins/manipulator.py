"""What a manipulator plugin returns: a frozen spec with a settings model and a function that builds the step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

Direction: TypeAlias = Literal["import", "export"]


class ManipulatorSettings(BaseModel):
    """Base of a manipulator's settings model: frozen, nothing unknown, wire names in every value.

    ``use`` and ``when`` are Crossdock's own keys and never reach the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


M = TypeVar("M", bound=ManipulatorSettings)


@dataclass(frozen=True, slots=True)
class Ignore:
    """Returned by a manipulator: leave this record out, for this reason.

    ``applies_to`` is ``new`` (a record that is already stored goes on being updated) or ``all``.
    """

    reason: str
    applies_to: Literal["new", "all"] = "new"


@dataclass(frozen=True, slots=True)
class Fail:
    """Returned by a manipulator: quarantine this record, for this reason.

    ``field`` says what it is about, as people name it, an element of a list by its number: ``totals.vatAmount``,
    ``rows[0].sku``. Who looks at the failure is then shown where its value comes from.
    """

    reason: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a step may know about the record's surroundings; ``warn`` puts a line into the transfer report."""

    connection_id: str
    connection: str
    record_type: str
    direction: Direction
    warn: Callable[[str], None]


class Manipulate(Protocol):
    """One built step: changes and returns the record (working form), or says ``Ignore`` or ``Fail``.

    It is pure: the same input gives the same bytes; no clock, no chance, no I/O.
    """

    def __call__(self, record: dict[str, Any], context: Context, /) -> dict[str, Any] | Ignore | Fail:
        """Do the step."""


class SettingError(ValueError):
    """A setting that is well-formed but wrong, such as an unknown field; found when the step is built.

    Args:
        setting: the setting's name as written in TOML (with an index for a list: ``fields[1]``).
        message: what is wrong and what is allowed.
        offset: where inside a text value the trouble begins, if known.
    """

    def __init__(self, setting: str, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.setting = setting
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Setup:
    """What a step is built for: record type, direction, the connection, and the folder of ``plugins.toml``."""

    record_type: str
    direction: Direction
    connection_id: str
    connector: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Example:
    """A documented example that the tests run: TOML settings, a record before, and the record after.

    ``after`` may be an ``Ignore`` or ``Fail`` instead.
    """

    title: str
    toml: str
    before: dict[str, Any]
    after: dict[str, Any] | Ignore | Fail
    record_type: str = "order"


def _none(_settings: object) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class ManipulatorSpec(Generic[M]):
    """One manipulator.

    Args:
        name: as written in ``use = "..."``.
        title: one line for people.
        settings: the settings model; its field descriptions are the documentation.
        build: makes the step from its settings, once per pipeline; raises ``SettingError`` for a wrong setting.
        examples: shown by ``crossdock manipulators show`` and run by the tests.
        record_types: where it makes sense (``None``: everywhere).
        directions: ``import``, ``export`` or both.
        custom_data: whether the step may look at custom data, or write it; where no step of a chain may, and no
            condition, imports are spared writing out the entries.
        files: the files that ``build`` reads, as paths from the folder of ``plugins.toml``; what stands in them
            counts as configuration, so that a change in one is noticed like a change of a setting.
    """

    name: str
    title: str
    settings: type[M]
    build: Callable[[M, Setup], Manipulate]
    examples: tuple[Example, ...] = ()
    record_types: frozenset[str] | None = None
    directions: frozenset[Direction] = frozenset({"import", "export"})
    custom_data: bool = True
    files: Callable[[M], tuple[str, ...]] = _none
