"""What a write that breaks a limit is answered with."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from crossdock.errors import RecordError
from crossdock.limits.excess import Excess


class Refused(Struct, frozen=True):
    """An entry that breaks a limit, and where it stands: ``holder`` is the JSON pointer of the record or part."""

    holder: str
    excess: Excess

    @property
    def pointer(self) -> str:
        """The JSON pointer of the entry; of all of them, if together they break the limit."""
        entries = f"{self.holder}/customData"
        if self.excess.key is None:
            return entries
        return f"{entries}/{self.excess.key.replace('~', '~0').replace('/', '~1')}"


class LimitError(RecordError):
    """A write was refused whole because entries break the limits of a remote system; the record is as it was."""

    def __init__(self, refused: Iterable[Refused]) -> None:
        self.refused = tuple(refused)
        listing = "; ".join(str(one.excess) for one in self.refused)
        super().__init__(
            f"custom data breaks its limits: {listing}; change what is named, or [[limits]] in plugins.toml",
            stage="store",
            pointer=self.refused[0].pointer if self.refused else None,
        )
