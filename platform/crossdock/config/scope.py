"""One table of plugins.toml and the problems found in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, ValidationError

from crossdock.config.annotation import At
from crossdock.config.complaint import Complaint, complaints
from crossdock.config.validation import validate
from crossdock.errors import Problem
from crossdock.plugins import Plugins
from crossdock.suggestion import closest, did_you_mean
from crossdock.toml import Place, TomlDocument

M = TypeVar("M", bound=BaseModel)


class Scope(Struct, frozen=True):
    """A place in the file from which paths lead inwards; what is said goes to ``problems``, with its position.

    Args:
        document: the file.
        path: where the table stands.
        problems: shared by all scopes of one file.
    """

    document: TomlDocument
    path: At
    problems: list[Problem]

    def inner(self, *steps: str | int) -> Scope:
        """Return the scope of a table further in."""
        return replace(self, path=(*self.path, *steps))

    def place(self, path: At = ()) -> Place:
        """Say where something stands."""
        return self.document.place((*self.path, *path))

    def say(self, path: At, message: str, *, offset: int | None = None) -> None:
        """Add a problem at a value, or inside a text at ``offset``."""
        self.problems.append(self.document.place((*self.path, *path), offset).problem(message))

    def complain(self, complaint: Complaint) -> None:
        """Add a problem that a model found."""
        path = (*self.path, *complaint.path)
        place = self.document.key_place(path) if complaint.kind == "unknown" else self.document.place(path)
        self.problems.append(place.problem(complaint.message))

    def unknown(self, path: At, kind: str, name: str, known: Collection[str], plugins: Plugins) -> None:
        """Add a problem about a connector or manipulator that no loaded plugin brings."""
        hint = did_you_mean(name, known, none="none is loaded")
        if closest(name, known) is None:
            if plugins.problems:
                return  # a broken plugin may well have brought it; that one is reported already
            if plugins.disabled:
                hint += f"; these plugins are disabled: {', '.join(plugins.disabled)}"
        self.say(path, f"there is no {kind} {name!r}{hint}")

    def read(
        self,
        model: type[M],
        data: Mapping[str, Any],
        subject: str,
        *,
        folder: Path = Path(),
        hidden: Mapping[At, str] | None = None,
        forgiven: Collection[At] = (),
        complete: bool = True,
        elsewhere: Mapping[str, str] | None = None,
    ) -> M | None:
        """Validate the table that stands here; what is wrong is added as problems.

        Args:
            model: what it should be.
            data: the table, references resolved.
            subject: how messages call it.
            folder: what relative paths are relative to.
            hidden: values that came by reference, with what is shown instead; ``None`` where nothing can come by
                reference.
            forgiven: paths whose values are not known yet; nothing is said about them.
            complete: say what is missing.
            elsewhere: keys that belong into another table, with that table.

        Returns:
            The validated table, or ``None`` if something is wrong or not known yet.
        """
        try:
            return validate(model, data, folder=folder, from_text=hidden or {})
        except ValidationError as error:
            for complaint in complaints(error, model, data, subject, hidden, elsewhere):
                unknown_yet = complaint.kind == "refused" and _concerns(complaint.path, forgiven)
                if not unknown_yet and (complete or complaint.kind != "missing"):
                    self.complain(complaint)
        return None

    def read_own(self, model: type[M], data: Mapping[str, Any], subject: str, **more: Any) -> M | None:
        """Read a table of Crossdock's own, all of whose keys have right defaults: one that is absent costs nothing."""
        return self.read(model, data, subject, **more) if data else model.model_construct()


def _concerns(path: At, forgiven: Collection[At]) -> bool:
    """Tell whether a complaint is about a forgiven value, or about a table as a whole that has one in it."""
    return any(path == at[: len(path)] or at == path[: len(at)] for at in forgiven)
