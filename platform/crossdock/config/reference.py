"""References to values that do not stand in the file: ``{ env = "NAME" }`` and ``{ file = "PATH" }``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from pydantic import BaseModel

from crossdock.config.annotation import At, field_named, holds_many, is_secret, model_in
from crossdock.config.validation import value_at
from crossdock.suggestion import closest


class Reference(Struct, frozen=True):
    """Where a value is to be found."""

    kind: Literal["env", "file"]
    name: str

    def __str__(self) -> str:
        return f"what the {'environment variable' if self.kind == 'env' else 'file'} {self.name!r} holds"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A table with its references replaced by what they point to.

    Args:
        data: the table; an unresolved reference is replaced by ``placeholder``.
        references: path and reference of every value that came from elsewhere.
        missing: path and complaint of every reference that points to nothing.
    """

    data: dict[str, Any] = field(repr=False)
    references: dict[At, Reference]
    missing: dict[At, str]

    @property
    def hidden(self) -> dict[At, str]:
        """What to show instead of each value that came from elsewhere."""
        return {path: str(reference) for path, reference in self.references.items()}

    def from_files(self) -> list[Any]:
        """List the values that came from files; whoever keeps a value in a file of its own means it to be secret."""
        return [value_at(self.data, path) for path, reference in self.references.items() if reference.kind == "file"]


PLACEHOLDER = "unresolved"


def reference_in(value: object) -> Reference | None:
    """Read a reference, if that is what a value is."""
    if isinstance(value, dict) and len(value) == 1:
        ((kind, name),) = value.items()
        if kind in ("env", "file") and isinstance(name, str):
            return Reference(kind, name)
    return None


def secret_values(model: type[BaseModel], data: object, path: At = ()) -> Iterator[tuple[At, object]]:
    """Walk the values that stand where a secret belongs, with their paths."""
    if isinstance(data, list):
        for position, item in enumerate(data):
            yield from secret_values(model, item, (*path, position))
    elif isinstance(data, dict):
        for key, value in data.items():
            info = field_named(model, key)
            if info is None:
                continue
            if is_secret(info):
                yield from _leaves(value, (*path, key)) if holds_many(info) else [((*path, key), value)]
            elif inner := model_in(info.annotation):
                yield from secret_values(inner, value, (*path, key))


def _leaves(value: object, path: At) -> Iterator[tuple[At, object]]:
    if isinstance(value, dict) and reference_in(value) is None:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _leaves(item, (*path, position))
    else:
        yield path, value


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What references point into: the environment, and the folder that relative paths start from."""

    environ: Mapping[str, str] = field(repr=False)
    folder: Path

    def resolve(self, data: Mapping[str, Any]) -> Resolved:
        """Replace all references in a table, however deep."""
        references: dict[At, Reference] = {}
        missing: dict[At, str] = {}

        def replaced(value: Any, path: At) -> Any:
            if reference := reference_in(value):
                references[path] = reference
                text, complaint = self.look_up(reference)
                if complaint:
                    missing[path] = complaint
                return text
            if isinstance(value, dict):
                return {key: replaced(item, (*path, key)) for key, item in value.items()}
            if isinstance(value, list):
                return [replaced(item, (*path, position)) for position, item in enumerate(value)]
            return value

        return Resolved({key: replaced(value, (key,)) for key, value in data.items()}, references, missing)

    def look_up(self, reference: Reference) -> tuple[str, str | None]:
        """Return the text that a reference points to, and a complaint if there is none."""
        if not reference.name.strip():
            return PLACEHOLDER, f'the name in {{ {reference.kind} = "{reference.name}" }} is missing'
        if reference.kind == "env":
            return self._variable(reference.name)
        return self._file(reference.name)

    def _variable(self, name: str) -> tuple[str, str | None]:
        value = self.environ.get(name)
        if value:
            return value, None
        if value == "":
            return PLACEHOLDER, f"the environment variable {name!r} is empty"
        if name.startswith("$"):
            return (
                PLACEHOLDER,
                f"an environment variable is named without '$'; write {{ env = \"{name.strip('${}')}\" }}",
            )
        meant = closest(name, self.environ)
        hint = f"did you mean {meant!r}?" if meant else f"set it before you start, such as: export {name}=..."
        return PLACEHOLDER, f"the environment variable {name!r} is not set; {hint}"

    def _file(self, name: str) -> tuple[str, str | None]:
        file = self.folder / name
        try:
            value = file.read_text("utf-8").rstrip("\r\n")
        except FileNotFoundError:
            home = "; '~' is not known here, write the whole path" if name.startswith("~") else ""
            remedy = home or "; create it with nothing but the value in it"
            return PLACEHOLDER, f"there is no file {str(file)!r}{remedy}"
        except UnicodeDecodeError:
            return PLACEHOLDER, f"the file {str(file)!r} is no UTF-8 text"
        except OSError as error:
            return PLACEHOLDER, f"the file {str(file)!r} cannot be read: {error.strerror}"
        except ValueError:
            return PLACEHOLDER, f"{name!r} is no name of a file"
        if not value:
            return PLACEHOLDER, f"the file {str(file)!r} is empty"
        return value, None
