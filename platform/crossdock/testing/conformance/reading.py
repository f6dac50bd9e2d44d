"""Promises about reading: everything, once, whatever changes meanwhile, and byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from crossdock.errors import CrossdockError, RecordError
from crossdock.plugins import RemoteItem
from crossdock.records import parse_json
from crossdock.records.values import canonical_time
from crossdock.testing.conformance.bench import RECORDS, Bench
from crossdock.testing.sandbox import Request, Response

_MANY = 250
_SIZES = (None, 2, 3, 50)
_MOST_CHANGES = 8


def reads_everything(bench: Bench) -> Iterator[str]:
    """Whatever the size of the pages, the same records come."""
    with bench.stand() as stand:
        found = {size: {item.remote_id for item in stand.items(page_size=size)} for size in _SIZES}
    everything = set().union(*found.values())
    for size, ids in found.items():
        if missing := everything - ids:
            yield f"with {_pages(size)} it misses {_some(missing)} of {len(everything)} records"
    if bench.record_type == "order" and len(everything) < RECORDS:
        yield f"asked for {RECORDS} orders, its sandbox has {len(everything)}, or no size of pages brings them all"
    with bench.stand(_MANY) as stand:
        few, many = ({item.remote_id for item in stand.items(page_size=size)} for size in (None, 25))
    if few != many:
        yield f"of many records, pages of its own size bring {len(few)}, and pages of 25 bring {len(many)}"
    elif bench.record_type == "order" and len(few) < _MANY:
        yield f"of {_MANY} orders it brings {len(few)}"


def reads_nothing_twice(bench: Bench) -> Iterator[str]:
    """In one read, nothing comes twice as it was."""
    for size in _SIZES:
        with bench.stand() as stand:
            counts = Counter((item.remote_id, item.modified) for item in stand.items(page_size=size))
        if again := {remote_id for (remote_id, _modified), count in counts.items() if count > 1}:
            yield f"with {_pages(size)}, {_some(again)} come more than once"


def reads_what_changed(bench: Bench) -> Iterator[str]:
    """What changed since the cursor comes when it is read from there."""
    with bench.stand() as stand:
        pages = stand.pages()
        before = {item.remote_id: item.raw for page in pages for item in page.items}
        cursor = max((page.cursor for page in pages if page.cursor is not None), default=None)
        if cursor is None:
            return  # each run reads everything
        if canonical_time(cursor) != cursor:
            yield f"the cursor {cursor!r} of a page is no time like 2024-03-03T14:09:27Z; crossdock.stamp writes them"
            return
        stand.change(3)
        since = {item.remote_id for item in stand.items(datetime.fromisoformat(cursor))}
        now = {item.remote_id: item.raw for item in stand.items()}
    changed = {remote_id for remote_id, raw in now.items() if before.get(remote_id) != raw}
    if missing := changed - since:
        yield f"read since its cursor {cursor}, {_some(missing)} do not come, though they changed after it"
    if not changed:
        yield "its sandbox changes nothing when it is told to: change(record_type) must change what is read"


def survives_changes(bench: Bench) -> Iterator[str]:
    """Records that change while they are read are neither missed nor lost."""
    for size in (2, 3):
        with bench.stand() as stand:
            stand.change(0)  # it must be able to
            before = {item.remote_id for item in stand.items()}
            url, left = bench.new_store(), [_MOST_CHANGES]

            def somebody_works(_: Request, response: Response, left: list[int] = left) -> Response:
                if left[0] > 0:
                    left[0] -= 1
                    stand.change()
                return response

            stand.server.after.append(somebody_works)
            report = stand.run(url, page_size=size)
            stand.server.after.remove(somebody_works)
            found, _waiting = bench.found(url)
            if report.outcome == "succeeded" and (missing := before - found.records.keys()):
                yield f"with {_pages(size)}, {_some(missing)} are missed when records change between two requests"
            elif report.outcome == "succeeded":
                stand.run(url)
                for difference in bench.found(url)[0].differences(stand.undisturbed()):
                    yield f"when records change while they are read, and in the next run as well: {difference}"
            elif not report.session_errors:
                yield f"when records change while they are read, the run ends as {report.outcome} and does not say why"


def fetches_what_it_reads(bench: Bench) -> Iterator[str]:
    """One record, fetched, is what the list gave."""
    with bench.stand() as stand, stand.source() as source:
        items = stand.items()
        for item in {0: items[0], 1: items[len(items) // 2], 2: items[-1]}.values() if items else ():
            try:
                fetched = source.fetch(bench.record_type, item.remote_id)
            except CrossdockError as error:
                yield f"{item.remote_id}, which a list gave, cannot be fetched: {error}"
                continue
            yield from _differences(item, fetched)
        unknown = _unknown_id(items)
        try:
            found = source.fetch(bench.record_type, unknown)
            yield f"there is no record {unknown!r}, but fetch gives {found.remote_id!r}; it must raise RecordError"
        except RecordError:
            pass
        except CrossdockError as error:
            yield f"of {unknown!r}, which does not exist, fetch raises {type(error).__name__}, not RecordError: {error}"


def gives_payloads_as_they_came(bench: Bench) -> Iterator[str]:
    """What is kept of a record is its own JSON text, byte for byte, with its own id and time."""
    with bench.stand() as stand:
        items = stand.items()
        sent = b"\n".join(stand.bodies)
    mapping = bench.job(None).mapper.mapping
    for item in items:
        if item.raw not in sent:
            yield f"the payload of {item.remote_id} is not what the server sent: keep its own text, byte for byte"
            return
        if item.modified is not None and canonical_time(item.modified) != item.modified:
            yield f"the modification time {item.modified!r} of {item.remote_id} is no time like 2024-03-03T14:09:27Z"
            return
        named = mapping.id.search(parse_json(item.raw))
        if str(named) != item.remote_id:
            yield f"the source calls a record {item.remote_id!r}, its mapping {named!r}: both must read the same field"
            return


def _differences(read: RemoteItem, fetched: RemoteItem) -> Iterator[str]:
    if read.remote_id != fetched.remote_id:
        yield f"asked for {read.remote_id!r}, fetch gives {fetched.remote_id!r}"
    elif parse_json(read.raw) != parse_json(fetched.raw):
        yield f"{read.remote_id} has another content when it is fetched than in the list"
    elif read.modified != fetched.modified:
        yield f"{read.remote_id} was modified {fetched.modified} when it is fetched, {read.modified} in the list"


def _unknown_id(items: Sequence[RemoteItem]) -> str:
    ids = [item.remote_id for item in items]
    if all(one.isdecimal() for one in ids):
        return str(max(map(int, ids), default=0) + 100_000)
    return "no-such-record"


def _pages(size: int | None) -> str:
    return "pages of its own size" if size is None else f"pages of {size}"


def _some(ids: set[str]) -> str:
    named = ", ".join(sorted(ids)[:3])
    return f"{named} and {len(ids) - 3} more" if len(ids) > 3 else named
