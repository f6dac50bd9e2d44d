"""What a run finds to have drifted, as it is reported, kept and accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from crossdock.drift.known import Known, Steps
from crossdock.drift.look import Kind

Key: TypeAlias = tuple[Kind, str, str]

_CONTAINERS = {"object", "list"}


class Finding(Struct):
    """One way in which payloads have come to differ from those before.

    Attributes:
        kind: a new ``path``, another ``type``, a new ``value`` of an enumeration, a ``vanished`` path, or one that is
            ``crowded``: it has more names than are told apart, and new ones are no longer looked at.
        path: as people write it, such as ``meta._vat_number``.
        steps: the same, for programs.
        detail: the type, or the value.
        before: the types or values known before; of a vanished path, how usual it was.
        count: in how many payloads of the run; of a vanished path, from how many it was missing.
        example: what stands there, as JSON, cut short.
        remote_id: of the first record; of a vanished path, of one of the last that had it.
        pointer: where it stands in that record's payload.
        lines: the mapping lines concerned, with their places.
        proposal: TOML to paste below ``[connection.import.TYPE.mapping]``, as far as one can be proposed.
        held: payloads that have it are not imported until somebody accepts it.
        hint: what it may have to do with something else.
    """

    kind: Kind
    path: str
    steps: Steps
    detail: str = ""
    before: str = ""
    count: int = 1
    example: str = ""
    remote_id: str | None = None
    pointer: str = ""
    lines: Sequence[str] = ()
    proposal: str = ""
    held: bool = False
    hint: str = ""

    @property
    def key(self) -> Key:
        """What makes it the same as another: a path is new only once, whatever stands there."""
        return self.kind, self.path, self.detail if self.kind in ("type", "value") else ""

    @property
    def told(self) -> str:
        """What happened, in a few words."""
        if self.kind == "path":
            return f"new path {self.path} ({self.detail})"
        if self.kind == "type":
            return f"{self.path} is {_a(self.detail)}, before {self.before}"
        if self.kind == "value":
            return f"{self.path} has the new value {self.detail!r}"
        if self.kind == "vanished":
            hint = f"; {self.hint}" if self.hint else ""
            return f"{self.path} has vanished: {self.before}, and in none of the last {self.count:,}{hint}"
        return f"{self.path or 'the payload'} has so many names that new ones are no longer told apart"

    def as_wire(self) -> dict[str, Any]:
        """The finding as transfer reports show it."""
        return {
            "kind": self.kind,
            "path": self.path,
            "told": self.told,
            "detail": self.detail,
            "before": self.before,
            "count": self.count,
            "example": self.example,
            "remoteId": self.remote_id,
            "pointer": self.pointer,
            "lines": list(self.lines),
            "proposal": self.proposal,
            "held": self.held,
            "hint": self.hint,
        }

    def is_around(self, path: str) -> bool:
        """Whether it is a new object or list in which there is this path."""
        return (
            self.kind == "path"
            and not _CONTAINERS.isdisjoint(self.detail.split(", "))
            and path.startswith((f"{self.path}.", f"{self.path}[]"))
        )

    def accept(self, known: Known) -> None:
        """Make it known."""
        if self.kind in ("vanished", "crowded"):
            return
        node = known.make_node(self.steps)
        if self.kind == "value":
            if node.words is not None:
                node.words.add(self.detail)
            return
        node.types.update(self.detail.split(", "))  # type: ignore[arg-type]  # it was made of types
        if "string" not in node.types:
            node.words = None


def _a(type_: str) -> str:
    return "null" if type_ == "null" else f"an {type_}" if type_[0] in "aeiou" else f"a {type_}"


def leaves(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out new objects and lists of which something inside is listed as well."""
    paths = {finding.path for finding in findings if finding.kind == "path"}
    return [finding for finding in findings if not any(map(finding.is_around, paths))]
