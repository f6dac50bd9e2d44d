"""Why a write is refused, in the words of the request that wanted it: pointers into its body."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crossdock.api.problem import Problem, over_limits
from crossdock.config import Config
from crossdock.errors import Offence, OwnershipError
from crossdock.limits.error import LimitError
from crossdock.limits.excess import Excess
from crossdock.records.pointer import json_pointer

_OF_VALUES = frozenset({"min_value", "max_value"})


class Refusals:
    """Explains refusals with what the configuration knows: the names of owners.

    Args:
        config: the configuration.
    """

    def __init__(self, config: Config) -> None:
        self._names = {connection.id: connection.name for connection in config.connections}

    @contextmanager
    def explained(self, key: str | None = None) -> Iterator[None]:
        """Explain what the store refuses; ``key`` is the one entry that a request is about, if it is about one.

        Raises:
            Problem: 403 with every offending key, its owner and how to get it changed; 422 with every limit that is
                broken, and by how much.
        """
        try:
            yield
        except OwnershipError as error:
            raise self.not_owned(
                error, lambda _place, its_key: "" if key is not None else json_pointer([its_key])
            ) from error
        except LimitError as error:
            raise over_limits([(_pointer(one.excess, key), one.excess) for one in error.refused]) from error

    def not_owned(self, error: OwnershipError, pointer: Callable[[str, str], str]) -> Problem:
        """Say what of a write belongs to others; ``pointer`` points to a place and key in the body."""
        return Problem(
            403,
            "not-owned",
            "The write touches what the caller does not own",
            str(error),
            errors=[self._offence(one, pointer) for one in error.offences],
            remedy="leave these keys out, or as they are; their owner or an operator can change them",
        )

    def _offence(self, offence: Offence, pointer: Callable[[str, str], str]) -> dict[str, Any]:
        its_key = offence.place.partition("customData[")[2][:-1] or offence.place.rpartition("[")[2][:-1]
        name = self._names.get(offence.owner or "")
        if offence.remedy is not None:
            remedy = offence.remedy
        elif offence.owner is None:
            remedy = "an operator writes unowned entries"
        elif name is None:
            remedy = "its connection is no longer configured; an operator can delete it"
        else:
            remedy = f"connection {name!r} can change it, or an operator"
        return {
            "pointer": pointer(offence.place, its_key),
            "detail": str(offence),
            "key": its_key,
            "owner": offence.owner,
            "ownerName": name,
            "attempt": offence.attempt,
            "remedy": remedy,
        }


def _pointer(excess: Excess, key: str | None) -> str:
    """Point into a body of one entry (``key``), or of several by their keys."""
    if key is not None:
        return "/value" if excess.rule in _OF_VALUES else ""
    return json_pointer([excess.key] if excess.key is not None else [])
