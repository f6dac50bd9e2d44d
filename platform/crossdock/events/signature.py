"""The signature of an event, by the Standard Webhooks scheme."""

from __future__ import annotations

from datetime import datetime

from requests import PreparedRequest
from requests.auth import AuthBase
from standardwebhooks import Webhook


class Signature(AuthBase):
    """Signs one request: its id, the time and the body, by HMAC-SHA256.

    Args:
        secret: shared with the receiver, ``whsec_...``.
        message_id: the same each time that the event is sent.
        now: when that is.
    """

    def __init__(self, secret: str, message_id: str, now: datetime) -> None:
        self._secret = secret
        self._message_id = message_id
        self._now = now

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the three headers."""
        body = request.body or b""
        text = body if isinstance(body, str) else body.decode()
        request.headers["webhook-id"] = self._message_id
        request.headers["webhook-timestamp"] = str(int(self._now.timestamp()))
        request.headers["webhook-signature"] = Webhook(self._secret).sign(self._message_id, self._now, text)
        return request
