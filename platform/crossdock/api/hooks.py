"""``POST /hooks/{connection}``: webhooks of remote systems come in, and are processed after the answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from crossdock.api.operation import JSON, Answer, Exchange, Schema, operation
from crossdock.api.problem import Problem, not_found
from crossdock.plugins import Broken, Delivery, DeliveryRefusedError, WebhookSpec
from crossdock.plugins.guarded import blaming
from crossdock.records import dump_json
from crossdock.store.events.deliveries import Delivered
from crossdock.store.events.log_events import LogEvent
from crossdock.store.sql.moment import to_text

if TYPE_CHECKING:
    from crossdock.api.services import Services
    from crossdock.config import Connection

Outcome: TypeAlias = Literal["accepted", "repeated", "noted", "ping"]

OLDEST = timedelta(minutes=5)
_LONGEST_ID = 200

_log = logging.getLogger("crossdock.hooks")


async def raw_body(request: Request) -> bytes:
    """Read the body as it came: the signature is over its bytes."""
    return await request.body()


RawBody: TypeAlias = Annotated[bytes, Depends(raw_body)]
Named: TypeAlias = Annotated[str, Path(alias="connection", description="name or id of the connection")]


def router(services: Services) -> APIRouter:
    """Serve ``/hooks/{connection}``; the signature takes the place of a token."""
    routes = APIRouter(tags=["Webhooks"])
    taken = (_Hook(services, connection, spec) for connection, spec in _hooks(services.config.connections))
    hooks = {key: hook for hook in taken for key in (hook.connection.id, hook.connection.name)}

    async def require_hook(connection: Named) -> None:
        """Refuse an address that is none before anything of the body is taken."""
        if connection not in hooks:
            raise not_found()

    @routes.post("/hooks/{connection}", dependencies=[Depends(require_hook)], **_described())
    def receive(request: Request, connection: Named, body: RawBody) -> Response:
        hook = hooks[connection]
        request.state.caller = f"{hook.connection.name}/webhook"
        return Response(dump_json({"outcome": hook.receive(request.headers, body)}), media_type=JSON)

    return routes


def hooked(connections: Iterable[Connection]) -> list[str]:
    """List the connections whose webhooks are taken, by name."""
    return sorted(connection.name for connection, _spec in _hooks(connections))


def _hooks(connections: Iterable[Connection]) -> Iterator[tuple[Connection, WebhookSpec[Any]]]:
    for connection in connections:
        spec: WebhookSpec[Any] | None = connection.connector.webhook
        if spec is not None and connection.settings is not None and _is_set_up(connection, spec):
            yield connection, spec


def _is_set_up(connection: Connection, spec: WebhookSpec[Any]) -> bool:
    with blaming(connection.connector, "is_set_up"):
        return spec.is_set_up(connection.settings)


class _Hook:
    """The webhooks of one connection."""

    def __init__(self, services: Services, connection: Connection, spec: WebhookSpec[Any]) -> None:
        self.connection = connection
        self._services = services
        self._spec = spec

    def receive(self, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Verify a delivery and keep it for the worker.

        Raises:
            Problem: 401 if it is forged, or too old.
        """
        delivery = self._verified(headers, body)
        if delivery is None:
            return "ping"
        delivered = self._delivered(delivery)
        if not self._services.store.deliveries.take(delivered):
            return "repeated"
        if delivered.payload is not None:
            return "accepted"
        self._note(delivery.record_type, delivered.error or "a webhook delivered nothing")
        return "noted"

    def _verified(self, headers: Mapping[str, str], body: bytes) -> Delivery | None:
        try:
            settings = self.connection.ready()
            with blaming(self.connection.connector, "verify"):
                delivery = self._spec.verify(settings, headers, body)
            if delivery is not None:
                self._check(delivery)
        except DeliveryRefusedError as error:
            name = self.connection.name
            fields = {"event": "deliveryRefused", "connection": name, "connectionId": self.connection.id}
            _log.warning("a delivery for connection %r was refused: %s", name, error, extra={"fields": fields})
            raise _refused(str(error)) from error
        return delivery

    def _check(self, delivery: Delivery) -> None:
        if delivery.signed is not None and abs(self._services.clock() - delivery.signed) > OLDEST:
            raise DeliveryRefusedError(f"it was signed at {to_text(delivery.signed)}, and now is another time")
        if not 0 < len(delivery.delivery_id) <= _LONGEST_ID:
            raise DeliveryRefusedError(f"its id has {len(delivery.delivery_id)} characters")

    def _delivered(self, delivery: Delivery) -> Delivered:
        connection_id, item = self.connection.id, delivery.item
        facts = (connection_id, delivery.delivery_id, delivery.record_type)
        if item is None:
            return Delivered(*facts, None, None, None, delivery.note)
        if delivery.record_type not in self.connection.imports:
            note = f"a webhook delivers {delivery.record_type}s, and the connection imports none"
            return Delivered(*facts, None, None, None, note)
        if isinstance(item, Broken):
            return Delivered(*facts, None, None, item.raw, item.reason)
        return Delivered(*facts, item.remote_id, item.modified, item.raw)

    def _note(self, record_type: str, note: str) -> None:
        """Tell the operator of a delivery that changes nothing."""
        now = to_text(self._services.clock())
        event = LogEvent("info", note, now, record_type, "import")
        self._services.store.log_events.add(self.connection.id, event)


def _refused(reason: str) -> Problem:
    return Problem(
        401,
        "bad-signature",
        "The delivery is not what the remote system signed",
        reason,
        remedy="check the secret of the webhook on both sides, and the clock of this machine",
        headers={"WWW-Authenticate": "Signature"},
    )


_ANSWER: Schema = {
    "type": "object",
    "required": ["outcome"],
    "properties": {
        "outcome": {
            "enum": ["accepted", "repeated", "noted", "ping"],
            "description": "accepted: it is processed now; repeated: it came before; noted: there is nothing to "
            "process; ping: the remote system only tries the address",
        }
    },
}


def _described() -> dict[str, Any]:
    described = operation(
        "Take a delivery of a remote system's webhook",
        Answer("The delivery is kept, and processed after this answer.", _ANSWER),
        problems=["bad-signature", "not-found", "too-slow", "too-large", "busy"],
        token=False,
        exchanges=[Exchange("an unknown connection", 404, {"connection": "no-such"}, caller="nobody")],
        name="receiveWebhook",
    )
    any_bytes = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    described["openapi_extra"]["requestBody"] = {
        "description": "what the remote system sends, signed in its own way",
        "content": any_bytes,
    }
    return described
