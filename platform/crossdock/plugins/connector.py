"""What a connector plugin returns: one frozen spec, and the small protocols around it.

A connector knows one *kind* of remote system. It says what its settings are, which record types it offers, how to
read them, and where its mapping lies; everything else (retries, paging state, storing, ownership) is Crossdock's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, field_validator

from crossdock.web_address import web_address

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from crossdock.plugins.webhook import WebhookSpec
    from crossdock.testing.sandbox import Sandbox, SandboxOptions


SANDBOX = "sandbox:"
"""Stands in place of an address, for a stand-in of the remote system that is started for each run."""


class ConnectorSettings(BaseModel):
    """Base of a connector's settings model: frozen, nothing unknown. Declare secrets as ``pydantic.SecretStr``.

    A setting called ``url`` is the address of the remote system, and refused if it is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @field_validator("url", check_fields=False)
    @classmethod
    def _url_is_an_address(cls, value: object) -> object:
        if not isinstance(value, str) or value == SANDBOX:
            return value
        if value.strip(" :/").lower() == SANDBOX.strip(":"):
            message = f"the stand-in of a remote system is written {SANDBOX!r}"
            raise ValueError(message)
        return web_address(value)


S = TypeVar("S", bound=ConnectorSettings)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """One remote record as it came over the wire.

    ``modified`` is the remote's modification time as ``2024-03-03T14:09:27Z``, or ``None`` if it has none.
    ``raw`` is the record's own JSON text, byte for byte. No source sets ``digest``: it is that of the text as it came
    where ``raw`` is what the store has kept of it, without its secrets.
    """

    remote_id: str
    modified: str | None
    raw: bytes
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece of a page that is no usable record: it is quarantined with its raw text and the reason."""

    raw: bytes
    reason: str
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class Vanished:
    """A record that the remote system has no longer, and has said so itself: ``gone``, or put into its ``bin``."""

    remote_id: str
    how: Literal["gone", "bin"] = "gone"


@dataclass(frozen=True, slots=True)
class Page:
    """Some records that were read together.

    ``cursor`` is the modification time up to which everything has been read once this page is stored; ``total`` how
    many records the remote says the whole read has, for the progress bar. Of ``vanished`` ones becomes what the
    connection's ``deleted`` says.
    """

    items: Sequence[RemoteItem]
    broken: Sequence[Broken] = ()
    cursor: str | None = None
    total: int | None = None
    vanished: Sequence[Vanished] = ()


class RemoteResponse(Protocol):
    """What a request gave: status 200-299, headers and the raw body."""

    @property
    def status(self) -> int:
        """HTTP status code."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Response headers; names are looked up without regard to case."""

    @property
    def body(self) -> bytes:
        """The body, decompressed."""

    @property
    def clock(self) -> str | None:
        """The remote's clock, no later than when it began to look, as ``2024-03-03T14:09:27Z``; ``None`` if unknown."""

    def json(self) -> Any:
        """Parse the body with exact decimals; raises ``RetryableError`` if it is no JSON, showing what came instead."""


class RemoteSession(Protocol):
    """The connection's HTTP client: timeouts, retries, rate limit, proxy and error mapping are already in it.

    ``retries``, where given, replaces the configured number of repetitions: few, for a person who waits. With
    ``smaller``, a ``SlowError`` comes out at once: the caller asks for less.
    """

    def configure(
        self,
        *,
        base_url: str,
        auth: Any = None,
        params: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        """Set the base url, a ``requests`` auth object, query parameters for every request, and what to mask."""

    def get(self, path: str, params: Mapping[str, str] | None = None, *, retries: int | None = None) -> RemoteResponse:
        """GET a path below the connection's base url."""

    def read(
        self,
        path: str,
        parse: Callable[[RemoteResponse], T],
        params: Mapping[str, str] | None = None,
        *,
        retries: int | None = None,
        smaller: bool = False,
    ) -> T:
        """GET a path and parse it; a ``RetryableError`` that ``parse`` raises is repeated like a busy remote system."""


class Source(Protocol):
    """Reads one remote system. Raise only Crossdock's errors; the session has mapped those of HTTP."""

    def check(self) -> str:
        """Ask the remote for something small with these credentials and say what answered.

        Raises:
            PermanentError: with a message that tells wrong key, no permission, wrong address ... apart.
        """

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:
        """Read all records modified at or after ``since`` (``None``: all), oldest change first where possible.

        ``page_size`` is what the operator wants instead of the connector's own.
        """

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Read one record.

        Raises:
            GoneError: the remote has no such record, and says so.
            RecordError: it gives something else.
        """


@runtime_checkable
class SupportsListing(Protocol):
    """A source that can list its records without their contents, so that an audit need not read everything."""

    def listing(self, record_type: str, since: datetime | None) -> Iterator[Page] | None:
        """List what ``read`` would read; of the items' ``raw`` nothing is expected. ``None``: not this record type."""


class Finisher(Protocol):
    """Completes a freshly mapped record with what a mapping cannot say: arithmetic over several places."""

    def __call__(self, record: dict[str, Any], payload: dict[str, Any], warn: Callable[[str], None]) -> None:
        """Add to ``record`` (working form) in place; raise ``RecordError`` if the payload contradicts itself.

        What a mapping line has given stays as it is: the ledger counts on it.
        """


@dataclass(frozen=True, slots=True)
class RecordTypeSpec:
    """What a connector offers for one record type.

    Args:
        finish: completes a freshly mapped record.
        in_bin: tells of a payload whether its record lies in the remote system's bin, where it has one.
    """

    finish: Finisher | None = None
    in_bin: Callable[[Mapping[str, Any]], bool] | None = None


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """The headers in which a remote system says how much of its rate limit is left; letter case does not matter.

    Args:
        left: requests that are left, such as ``RateLimit-Remaining``; also the header ``RateLimit`` (``r=50;t=30``).
        reset: when all are there again, such as ``RateLimit-Reset``: in so many seconds, or at a time since 1970.
        reset_unit: of ``reset``, if it counts otherwise.
        used: instead of these, what is used of a bucket that leaks, ``32/40``.
        leak: how many requests a second leak out of the bucket.
    """

    left: str | None = None
    reset: str | None = None
    reset_unit: Literal["seconds", "milliseconds"] = "seconds"
    used: str | None = None
    leak: float = 1.0


@dataclass(frozen=True, slots=True)
class ConnectorSpec(Generic[S]):
    """One connector.

    Args:
        name: as written in ``connector = "..."``; the module id of its entries is ``connector.<name>``.
        title: for people.
        settings: the settings model.
        record_types: what it offers, by record type name.
        mapping: its ``mapping.toml``, or the text of one.
        open: builds a source from settings and session; import heavy parts inside it.
        sandbox: builds a local stand-in of the remote system.
        webhook: verifies what the remote system's webhooks deliver, if it has any.
        rate_headers: where the remote system says how much of its rate limit is left, if it does; then nobody who asks
            it runs into the limit.
    """

    name: str
    title: str
    settings: type[S]
    record_types: Mapping[str, RecordTypeSpec]
    mapping: Traversable | str
    open: Callable[[S, RemoteSession], Source]
    sandbox: Callable[[SandboxOptions], Sandbox] | None = field(default=None)
    webhook: WebhookSpec[S] | None = None
    rate_headers: RateHeaders | None = None

    @property
    def module_id(self) -> str:
        """The module id under which this connector's mapping stashes."""
        return f"connector.{self.name}"
