"""The table ``[serve]``: how the HTTP API is served."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from crossdock.config.duration import Duration, format_duration
from crossdock.config.tables import Table


def _some_time(value: timedelta) -> timedelta:
    if value <= timedelta():
        message = f"{format_duration(value)!r} leaves nobody any time; give a duration above zero"
        raise ValueError(message)
    return value


Patience = Annotated[Duration, AfterValidator(_some_time)]


class ServeConfig(Table):
    """``[serve]``: how ``crossdock serve`` answers; every key has a default that suits most."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="the address to listen on; tokens travel readable over plain HTTP, so leave it and put a web "
        "server with a certificate in front",
    )
    port: int = Field(default=8000, ge=0, le=65_535, description="the port; 0 takes a free one")
    max_body_mb: int = Field(default=8, ge=1, le=1024, description="largest body of a request, in megabytes")
    request_timeout: Patience = Field(
        default=timedelta(seconds=30),
        description="how long a client may take to send a request, and to take each piece of the answer",
    )
    keep_alive: Patience = Field(
        default=timedelta(seconds=15), description="how long a connection may stay open without a request"
    )
    connections: int = Field(
        default=1000, ge=1, le=100_000, description="most connections at once; further ones get 503"
    )
    requests_per_second: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="most requests of one token in any second; further ones get 429 (each serving process counts for "
        "itself)",
    )
    stop_timeout: Patience = Field(
        default=timedelta(seconds=25), description="how long requests at hand may take once serving is to stop"
    )
