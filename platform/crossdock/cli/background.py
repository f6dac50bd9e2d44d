"""The work that goes on beside the requests of ``crossdock serve`` and beside the imports of ``crossdock run``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossdock.api.services import Background
    from crossdock.cli.place import Place
    from crossdock.pipeline.observer import Observer
    from crossdock.store import Store


def background(place: Place, store: Store, observers: Sequence[Observer] = ()) -> Sequence[Background]:
    """List it: events are sent, and deliveries of webhooks processed. Several processes may do both at once."""
    from crossdock.events import Sender
    from crossdock.pipeline.keeping.delivery_worker import DeliveryWorker

    sender = Sender(store, place.config.subscriptions, redact=place.redact)
    return sender, DeliveryWorker(place.config, store, redact=place.redact, observers=observers)
