"""Compares what a remote system has with what the store holds of it, by ids and modification times.

What is not listed is not thereby deleted. A record counts as deleted only if the listing was complete, and the remote
system, asked for that very record, says that it has none such, or gives it out of its bin. And it is believed only if
the listing and the store have something in common, and it does give a record that was listed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from tempfile import gettempdir
from typing import Any, TypeAlias

from msgspec import Struct

from crossdock.errors import CrossdockError, GoneError, PermanentError, RecordError
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.read_ahead import ReadAhead
from crossdock.pipeline.repairing.sheet import Finding, Sheet
from crossdock.plugins.connector import Page, RemoteItem, Source, SupportsListing, Vanished
from crossdock.plural import counted
from crossdock.records.wire import parse_json
from crossdock.remote.stamp import stamp
from crossdock.store.imports.holdings import Holding
from crossdock.store.imports.quarantine import AUDIT
from crossdock.store.sql.column_text import is_storable

_CONTROLS = 3
STOPPED = "stopped before the end"

Told: TypeAlias = Callable[[int, int | None], None]


class Audit(Struct):
    """What an audit found; the findings themselves are in its sheet.

    Args:
        job: whose records were compared.
        since: only what was modified at or after it was looked at.
        sheet: what was listed, and what was found.
        whole: whether whole records had to be read, because the connector cannot list.
        listed: how many records the remote system listed.
        stored: how many records the store holds of it.
        in_step: how many of the listed ones are the same here and there.
        kept_out: how many of the listed ones imports leave out, since a person was erased from them.
        trouble: what kept the audit from looking at everything; empty if nothing did.
        unjudged: why nothing, or not everything, could be said about deletions; empty if all could.
    """

    job: ImportJob
    since: datetime | None
    sheet: Sheet
    whole: bool = False
    listed: int = 0
    stored: int = 0
    in_step: int = 0
    kept_out: int = 0
    trouble: str = ""
    unjudged: str = ""

    def count(self, *states: Any) -> int:
        """Count the findings in some states."""
        return sum(self.sheet.counts[state] for state in states)

    @property
    def differs(self) -> bool:
        """Whether there is anything that somebody should do something about; deletions that are to be kept are none."""
        left = self.count("missing", "stale", "reappeared", "quarantined", "unproved")
        return bool(left or (self.count("deleted") and self.job.deleted != "keep"))


def audit(importer: Importer, job: ImportJob, since: datetime | None, sheet: Sheet, told: Told | None = None) -> Audit:
    """Compare one connection and record type; nothing is written.

    Args:
        importer: whose store it is, and whose ``stop`` ends it.
        job: with a source.
        since: look only at what was modified at or after it.
        sheet: takes the findings.
        told: is told how many records are listed, and how many there are.

    Raises:
        PermanentError: there is nothing to read from, or no room for the sheet.
    """
    if job.source is None:
        raise PermanentError(f"connection {job.connection!r} has no source to compare with")
    found = Audit(job, since, sheet)
    try:
        _Comparison(importer, job.source, found, told or _silent).go()
    except sqlite3.Error as error:
        raise PermanentError(
            f"the audit's temporary file cannot be used ({error}); is {gettempdir()!r} full?"
        ) from error
    return found


def _silent(_done: int, _total: int | None) -> None:
    pass


class _Comparison:
    """One audit on its way."""

    def __init__(self, importer: Importer, source: Source, audit: Audit, told: Told) -> None:
        self._importer = importer
        self._source = source
        self._audit = audit
        self._told = told
        self._sheet = audit.sheet
        self._holdings = importer.store.holdings
        self._of = (audit.job.connection_id, audit.job.record_type)
        self._nameless = 0
        self._total: int | None = None
        self._common: list[str] = []  # some that are both listed and stored

    def go(self) -> None:
        audit = self._audit
        self._list()
        audit.listed = self._sheet.listed_count
        audit.stored = self._importer.patiently(partial(self._holdings.count, *self._of))
        self._compare_listed()
        audit.unjudged = self._why_not()
        if not audit.unjudged:
            self._judge_unlisted()

    def _list(self) -> None:
        audit = self._audit
        try:
            with ReadAhead(self._pages(), self._importer.stop) as ahead:
                for page in ahead:
                    self._sheet.add_listed(item for item in page.items if is_storable(item.remote_id))
                    broken = [piece.remote_id for piece in page.broken]
                    self._sheet.add_listed(RemoteItem(one, None, b"") for one in broken if one and is_storable(one))
                    self._nameless += broken.count(None)
                    self._total = self._total if page.total is None else page.total
                    self._told(self._sheet.listed_count, self._total)
            if not ahead.at_end:
                audit.trouble = STOPPED
        except CrossdockError as error:
            audit.trouble = self._importer.redact(str(error))

    def _pages(self) -> Iterator[Page]:
        job, source = self._audit.job, self._source
        pages = source.listing(job.record_type, self._audit.since) if isinstance(source, SupportsListing) else None
        self._audit.whole = pages is None
        return source.read(job.record_type, self._audit.since, job.page_size) if pages is None else pages

    def _compare_listed(self) -> None:
        for batch in self._sheet.listed():
            ids = [remote_id for remote_id, _modified in batch]
            held = self._importer.patiently(partial(self._holdings.of, *self._of, ids))
            for remote_id, modified in batch:
                holding = held.get(remote_id)
                if holding is not None and holding.local_id is not None and len(self._common) < _CONTROLS:
                    self._common.append(remote_id)
                self._compare(remote_id, modified, holding)

    def _compare(self, remote_id: str, modified: str | None, holding: Holding | None) -> None:
        if holding is None:
            self._sheet.add(Finding("missing", remote_id, remote_modified=modified))
            return
        waits = holding.waiting
        if holding.marked or (waits is not None and waits.stage == AUDIT):
            self._add("reappeared", holding, modified)
        elif holding.kept_out:
            self._audit.kept_out += 1
        elif waits is not None and not _older(waits.modified, modified):
            self._add("quarantined", holding, modified, waits.stage)
        elif waits is not None or not holding.imported or _older(holding.modified, modified):
            self._add("stale", holding, modified)
        else:
            self._audit.in_step += 1

    def _why_not(self) -> str:
        """Say why nothing can be said about what is not listed; empty if something can."""
        audit = self._audit
        if audit.trouble:
            return "the listing is not complete"
        if self._nameless:
            return f"{self._nameless} of the listed records came without an id that can be read"
        if audit.since is None and self._total is not None and audit.listed < self._total:
            return f"the remote system says that it has {counted(self._total, 'record')}, and listed {audit.listed:,}"
        return ""

    def _judge_unlisted(self) -> None:
        """Ask for each record that is stored and was not listed."""
        audit = self._audit
        since = None if audit.since is None else stamp(audit.since)
        trusted = False
        for batch in self._holdings.stored(*self._of):
            unlisted = self._sheet.not_listed([holding.remote_id for holding in batch])
            for holding in batch:
                if holding.remote_id not in unlisted or _older(holding.modified or "", since):
                    continue
                if holding.marked or (holding.waiting is not None and holding.waiting.stage == AUDIT):
                    self._add("settled", holding, None, holding.marked)
                    continue
                trusted = trusted or self._is_trusted()
                if audit.unjudged or audit.trouble:
                    return
                self._ask(holding)

    def _is_trusted(self) -> bool:
        """Find out whether the remote system is the one of the store, and gives single records at all."""
        audit = self._audit
        if not self._common:
            audit.unjudged = "nothing that is stored was listed; is this the remote system that it came from?"
            return False
        for remote_id in self._common:
            try:
                self._source.fetch(audit.job.record_type, remote_id)
            except RecordError:
                continue
            except CrossdockError as error:
                audit.trouble = self._importer.redact(str(error))
                return False
            return True
        audit.unjudged = f"asked for {self._common[0]!r}, which it has just listed, it says that it has none such"
        return False

    def _ask(self, holding: Holding) -> None:
        if self._importer.stop.is_set():
            self._audit.trouble = STOPPED
            return
        try:
            found = fetch(self._source, self._audit.job, holding.remote_id)
        except RecordError as error:
            self._add("unproved", holding, None, self._importer.redact(str(error)))
        except CrossdockError as error:
            self._audit.trouble = self._importer.redact(str(error))
        else:
            if isinstance(found, Vanished):
                self._add("deleted", holding, None, found.how)
            else:
                stale = not holding.imported or _older(holding.modified, found.modified)
                self._add("stale" if stale else "unlisted", holding, found.modified)

    def _add(self, state: Any, holding: Holding, modified: str | None, detail: str | None = None) -> None:
        told = (holding.remote_id, holding.display_id, holding.local_id, modified, holding.modified, detail)
        self._sheet.add(Finding(state, *told))


def fetch(source: Source, job: ImportJob, remote_id: str) -> RemoteItem | Vanished:
    """Ask for one record.

    Raises:
        RecordError: what came is no answer to that.
        CrossdockError: nothing came.
    """
    try:
        item = source.fetch(job.record_type, remote_id)
    except GoneError:
        return Vanished(remote_id, "gone")
    if job.in_bin is not None and job.in_bin(_payload(item)):
        return Vanished(remote_id, "bin")
    return item


def _payload(item: RemoteItem) -> dict[str, Any]:
    try:
        payload = parse_json(item.raw)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"record {item.remote_id!r} is no JSON: {error}", stage="parse") from error
    return payload if isinstance(payload, dict) else {}


def _older(modified: str | None, than: str | None) -> bool:
    # Without the Z, since "...:27.5Z" sorts before "...:27Z".
    return modified is not None and than is not None and modified[:-1] < than[:-1]
