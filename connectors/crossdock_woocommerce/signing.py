"""Signs requests by OAuth 1.0a, the only way in over plain http."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY, Client

if TYPE_CHECKING:
    from requests import PreparedRequest


class Signing:
    """Puts a signature into the query of each request, with a nonce of its own."""

    def __init__(self, key: str, secret: str) -> None:
        self._client = Client(
            key, client_secret=secret, signature_method=SIGNATURE_HMAC_SHA256, signature_type=SIGNATURE_TYPE_QUERY
        )

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request that is otherwise ready to be sent."""
        method = str(request.method)
        request.url, _headers, _body = self._client.sign(str(request.url), method)  # type: ignore[arg-type]  # any str
        return request
