"""What a connector knows about its remote system's webhooks: how a delivery is verified and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from crossdock.errors import PermanentError
from crossdock.plugins.connector import Broken, ConnectorSettings, RemoteItem

S = TypeVar("S", bound=ConnectorSettings)


class DeliveryRefusedError(PermanentError):
    """A delivery does not come from the remote system, or not as it sent it; say which part is wrong."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a webhook whose signature is right.

    Args:
        delivery_id: the remote system's own id; a repetition has the same.
        record_type: of the record.
        item: the record as it came, byte for byte, or why it is none; ``None`` if a delivery carries no record.
        note: of a delivery without a record, what an operator should know.
        signed: when the remote system signed it, if its signature covers that; what is too old is refused.
    """

    delivery_id: str
    record_type: str
    item: RemoteItem | Broken | None
    note: str = ""
    signed: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookSpec(Generic[S]):
    """How deliveries to ``POST /hooks/{connection}`` are verified.

    Args:
        is_set_up: tells from the settings whether the connection takes webhooks at all (it has a secret).
        verify: looks at the headers (names without regard to case) and the raw body. It compares signatures in
            constant time, returns ``None`` for a ping, and raises ``DeliveryRefusedError``. It is called while the
            remote system waits, so it does nothing slow.
    """

    is_set_up: Callable[[S], bool]
    verify: Callable[[S, Mapping[str, str], bytes], Delivery | None]
