"""Every error that Crossdock raises on purpose, grouped by what the engine does next.

    CrossdockError
    ├── RetryableError     try again later; what was asked may succeed then
    │   └── SlowError          it took too long; asked for less, the remote system may answer
    ├── RecordError        this record only: it goes to quarantine, the run goes on
    │   ├── GoneError          the remote system has it no longer
    │   └── OwnershipError     the write touched what another connection owns
    ├── PermanentError     stop the run: going on would fail or do harm
    └── ConfigError        the configuration is wrong: nothing is started

A connector raises these and nothing else; foreign errors are mapped where they are met, with ``raise ... from``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class CrossdockError(Exception):
    """The root: whatever Crossdock raises on purpose is one of these."""


class RetryableError(CrossdockError):
    """The remote system is busy, limits the rate or cannot be reached; the same request may succeed later.

    Args:
        message: what happened, and where.
        retry_after: seconds to wait before the next try, when the remote system said so.
        cause: why, in a few words that are the same for each request that fails like this one; reports count by it.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, cause: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.cause = cause


class SlowError(RetryableError):
    """The remote system, or a gateway before it, ran out of time; it may answer if it is asked for less."""


class RecordError(CrossdockError):
    """One record cannot be processed; it is quarantined and the run goes on.

    Args:
        message: what is wrong and what to do about it.
        stage: the step that refused it (``parse``, ``map``, ``manipulate``, ``validate``, ``store``).
        pointer: JSON pointer into the payload or the record, where one place is to blame.
    """

    def __init__(self, message: str, *, stage: str = "map", pointer: str | None = None) -> None:
        super().__init__(message)
        self.stage = stage
        self.pointer = pointer


class GoneError(RecordError):
    """The remote system has no such record: it says so itself, in answer to a question for this very id."""

    def __init__(self, message: str) -> None:
        super().__init__(message, stage="fetch")


_NAME_OWNER = "name the connection whose it is, or give it a module of your own, such as 'x-crm'"
_OWN_MODULE = "give it a module of your own, such as 'x-crm', or let an operator do it"


@dataclass(frozen=True, slots=True)
class Offence:
    """One thing a writer tried to touch that it does not own: the place, its owner and what was tried.

    ``unmade`` says that it is an unowned entry in a connector's module, which no connection's mapping makes; ``mapped``
    that it is the writer's own, in a connector's module, which only that connector's mapping writes.
    """

    place: str
    owner: str | None
    attempt: str
    unmade: bool = False
    mapped: bool = False

    @property
    def tried(self) -> str:
        """What was tried, in words."""
        return f"{self.attempt}, outside its connector's mapping," if self.mapped else self.attempt

    @property
    def remedy(self) -> str | None:
        """What to do about an entry that only a mapping makes; ``None`` about what somebody else may write."""
        if self.unmade:
            return _NAME_OWNER
        return _OWN_MODULE if self.mapped else None

    def __str__(self) -> str:
        if self.unmade:
            return (
                f"{self.attempt} {self.place!r}, which would be nobody's: only connections have entries of connectors"
            )
        owner = f"connection {self.owner}" if self.owner else "nobody (only an operator writes unowned entries)"
        return f"{self.tried} {self.place!r}, owned by {owner}"


class OwnershipError(RecordError):
    """A write was refused whole because it touched what the writer does not own; the record is as it was."""

    def __init__(self, writer: str, offences: Iterable[Offence]) -> None:
        self.offences = tuple(offences)
        listing = "; ".join(map(str, self.offences))
        remedy = self.remedy("ask the owner to change it, or let an operator do it")
        super().__init__(f"{writer} may not {listing}. {remedy[0].upper()}{remedy[1:]}", stage="store")

    def remedy(self, usual: str) -> str:
        """What to do about it; ``usual`` where somebody else may write what was touched."""
        remedies = {offence.remedy for offence in self.offences}
        if _NAME_OWNER in remedies:
            return _NAME_OWNER
        return _OWN_MODULE if remedies == {_OWN_MODULE} else usual


class PermanentError(CrossdockError):
    """The run cannot go on: wrong credentials, no permission, not the expected remote system."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in a configuration file, with its position (1-based line and column) and the remedy."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigError(CrossdockError):
    """The configuration cannot be used; carries every problem that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        self.problems: tuple[Problem, ...] = () if isinstance(problems, str) else tuple(problems)
        super().__init__(problems if isinstance(problems, str) else "\n".join(map(str, self.problems)))
