"""What a request gave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

import msgspec

from crossdock.errors import RetryableError
from crossdock.records.wire import parse_json
from crossdock.remote.page import excerpt
from crossdock.remote.redaction import Scrubber
from crossdock.remote.stamp import stamp


class Answer:
    """A successful answer: status, headers, the unpacked body, and when it was asked for by the remote's clock.

    ``scrub`` takes secrets out of what an error shows of it.
    """

    def __init__(
        self,
        where: str,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        seconds: float,
        scrub: Scrubber | None = None,
    ) -> None:
        self.where = where
        self.status = status
        self.headers = headers
        self.body = body
        self._seconds = seconds
        self._scrub = scrub or Scrubber()

    def scrubbed(self) -> Self:
        """Return the answer with every secret in its body masked: an excerpt of it might begin or end in one."""
        body = self._scrub.body(self.body)
        return type(self)(self.where, self.status, self.headers, body, self._seconds, self._scrub)

    @property
    def clock(self) -> str | None:
        """The remote's clock, no later than the moment it began to look; ``None`` if it does not say.

        The ``Date`` header may be written when the answer is ready, so the time that the request took is subtracted.
        """
        try:
            date = parsedate_to_datetime(self.headers.get("Date") or "")
        except ValueError:
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return stamp(date - timedelta(seconds=math.ceil(self._seconds)))

    def json(self) -> Any:
        """Parse the body, numbers as exact decimals.

        Raises:
            RetryableError: it is no JSON, such as a proxy's page for people; the message shows its beginning.
        """
        try:
            return parse_json(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            kind = self.headers.get("Content-Type") or "no content type"
            shown = excerpt(self._scrub.body(self.body)) if self.body.strip() else "an empty body"
            message = f"{self.where}: no JSON came ({kind}, {len(self.body)} bytes): {shown}"
            raise RetryableError(self._scrub(message), cause="the answer is no JSON") from None
