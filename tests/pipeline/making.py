"""Jobs made of a configuration, payloads written in place, and a remote system that says what it is told to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from crossdock.config import Connection, load_config
from crossdock.errors import RecordError
from crossdock.pipeline.chain import Step
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.making import make_job
from crossdock.plugins.connector import Page, RemoteItem
from crossdock.plugins.manipulator import Context, Manipulate

SHOP = "5377568eb7e165e3b38af6eece4a0001"
CONFIG = f"""\
[[connection]]
id = "{SHOP}"
name = "demo-shop"
connector = "woocommerce"
settings = {{ url = "sandbox:" }}

[connection.import.order]
"""
MODIFIED = "2024-03-01T12:00:00"


def order(number: int = 7, **fields: Any) -> bytes:
    """Write the payload of a small order."""
    plain = {
        "id": number,
        "number": str(number),
        "currency": "EUR",
        "total": "0.00",
        "total_tax": "0.00",
        "date_modified_gmt": MODIFIED,
    }
    return msgspec.json.encode(plain | fields)


def item(raw: bytes, remote_id: str = "7", modified: str | None = f"{MODIFIED}Z") -> RemoteItem:
    """Wrap a payload as a connector hands it over."""
    return RemoteItem(remote_id, modified, raw)


def orders(*numbers: int, cursor: str | None = f"{MODIFIED}Z", total: int | None = None, **fields: Any) -> Page:
    """Make a page of small orders."""
    return Page([item(order(number, **fields), str(number)) for number in numbers], cursor=cursor, total=total)


@cache
def connection_of(added: str = "") -> Connection:
    """Read the configuration, with lines added."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plugins.toml"
        file.write_text(CONFIG + added, "utf-8")
        return load_config(file, {}).connections[0]


def job_of(added: str = "", **changed: Any) -> ImportJob:
    """Make the import of orders, with lines added to its configuration, or parts of the job replaced."""
    return replace(make_job(connection_of(added), "order", None), **changed)


def step(apply: Callable[[dict[str, Any]], Any]) -> list[Step]:
    """Make a chain of one step that does not look at the context."""

    def run(record: dict[str, Any], _context: Context) -> Any:
        return apply(record)

    manipulate: Manipulate = run
    return [Step("test-step", manipulate)]


@dataclass
class Script:
    """A remote system whose pages are written down; an exception among them is raised."""

    pages: Sequence[Page | Exception | Callable[[], Page]] = ()
    records: Mapping[str, bytes] = field(default_factory=dict)
    asked: list[datetime | None] = field(default_factory=list)
    given: int = 0
    closed: bool = False

    def check(self) -> str:
        return "a script"

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:
        self.asked.append(since)
        try:
            for page in self.pages:
                if isinstance(page, Exception):
                    raise page
                found = page() if callable(page) else page
                self.given += 1
                yield found
        finally:
            self.closed = True

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        if remote_id not in self.records:
            raise RecordError(f"there is no {record_type} {remote_id!r}", stage="fetch")
        return item(self.records[remote_id], remote_id)
