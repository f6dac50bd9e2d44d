"""The tables ``[connection.remote]`` and ``[subscription.remote]``: how an HTTP client behaves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from crossdock.config.duration import Duration, format_duration
from crossdock.web_address import web_address


class HttpOptions(BaseModel):
    """How another machine is reached."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # a proxy password could show
        defer_build=True,
    )

    connect_timeout: Duration = Field(
        default=timedelta(seconds=10), description="how long a connection may take to open"
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=60), description="how long the remote system may stay silent before it is asked again"
    )
    proxy: str | None = Field(
        default=None,
        description="proxy for every request, such as http://proxy.example:3128; absent: what the environment says "
        "(HTTPS_PROXY, HTTP_PROXY, NO_PROXY)",
    )
    proxy_auth: SecretStr | None = Field(default=None, description="user:password for the proxy, by reference")
    ca_bundle: Path | None = Field(
        default=None, description="file of trusted certificates (PEM), for a remote system behind a private authority"
    )

    @field_validator("connect_timeout", "read_timeout")
    @classmethod
    def _positive(cls, value: timedelta) -> timedelta:
        return _above_zero(value)

    @field_validator("proxy")
    @classmethod
    def _proxy_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        address = web_address(value, like="http://proxy.example:3128")
        if "@" in urlsplit(address).netloc:
            message = (
                "a proxy's user and password do not belong into its address; put them into proxy_auth, by reference"
            )
            raise ValueError(message)
        return address

    @field_validator("ca_bundle")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        try:
            if value is not None:
                value.open("rb").close()
        except (FileNotFoundError, ValueError):  # a name with U+0000 names nothing
            message = f"there is no file {str(value)!r}; name a PEM file of certificates"
            raise ValueError(message) from None
        except OSError as error:
            message = f"{str(value)!r} cannot be read ({error.strerror}); name a PEM file of certificates"
            raise ValueError(message) from None
        return value


class RemoteConfig(HttpOptions):
    """Options of the HTTP client towards one remote system; every one has a default that suits most."""

    retries: int = Field(
        default=6, ge=0, le=100, strict=True, description="how often a request that may succeed later is repeated"
    )
    retry_budget: Duration = Field(
        default=timedelta(minutes=5),
        description="how long one request may take in all, its repetitions and waits included",
    )
    run_budget: Duration = Field(
        default=timedelta(minutes=30),
        description="how long repetitions and their waits may take in a whole run; then what fails is not asked again",
    )
    rate_limit: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="most requests a second; absent: as fast as the remote system answers, and bears by what it tells "
        "of its own limit",
    )
    max_body_mb: int = Field(
        default=64, ge=1, le=2048, strict=True, description="largest answer that is accepted, in megabytes, unpacked"
    )

    @field_validator("retry_budget", "run_budget")
    @classmethod
    def _positive_budget(cls, value: timedelta) -> timedelta:
        return _above_zero(value)


def _above_zero(value: timedelta) -> timedelta:
    if value <= timedelta():
        message = f"{format_duration(value)!r} would never wait; give a duration above zero"
        raise ValueError(message)
    return value
