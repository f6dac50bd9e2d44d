"""What the digest says to people, in the order of reading, whether it becomes text or HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from crossdock.cli.output import shortened
from crossdock.cli.run_view import told_refused
from crossdock.pipeline.reporting.digest import Account, Digest, Stale, Trouble
from crossdock.pipeline.reporting.report import OUTCOMES
from crossdock.plural import counted, plural

_LONGEST_SUMMARY = 600
_MOST_REFUSED = 20
_MOST_TROUBLES = 50


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of the whole, or of what concerns one connection."""

    text: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A table with a row a connection; all columns but the first hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that went wrong: how bad it is, the facts, and what to do, sentences or commands."""

    severity: str
    title: str
    facts: tuple[tuple[str, str], ...]
    todo: tuple[str, ...] = ()


Block: TypeAlias = Heading | Sentence | Overview | Case


def is_command(step: str) -> bool:
    """Whether a step of what to do is to be typed."""
    return step.startswith("crossdock ")


def blocks(digest: Digest) -> Iterator[Block]:
    """Walk what the digest says."""
    yield Heading(f"Crossdock, {_moment(digest.since)} to {_moment(digest.until)} UTC", whole=True)
    bad = [one.connection for one in digest.accounts if not one.well]
    yield Sentence(f"To look into: {', '.join(bad)}." if bad else "All is well.")
    if digest.given_up:
        events = "1 event was" if digest.given_up == 1 else f"{digest.given_up:,} events were"
        yield Case("error", f"{events} given up, since no receiver took them", (), ("crossdock events list --failed",))
    columns = ("connection", "runs", "not succeeded", "considered", *OUTCOMES)
    yield Overview(columns, tuple(_row(one) for one in digest.accounts))
    for account in digest.accounts:
        found = list(_cases(account))
        if found:
            yield Heading(account.connection)
            yield from found


def _row(account: Account) -> tuple[str, ...]:
    runs = account.runs
    counts = (runs.total(), runs["failed"] + runs["interrupted"], *(account.records[one] for one in _COUNTED))
    return (account.connection, *(f"{count:,}" for count in counts))


_COUNTED = ("considered", *OUTCOMES)


def _cases(account: Account) -> Iterator[Block]:
    if account.retried:
        causes = ", ".join(f"{count:,} because of {cause}" for cause, count in account.retried.most_common())
        yield Sentence(f"Of {counted(account.requests, 'request')}, repeated: {causes}.")
    yield from map(_of_trouble, account.troubles[:_MOST_TROUBLES])
    if (more := len(account.troubles) - _MOST_TROUBLES) > 0:
        yield Sentence(f"And {counted(more, 'more cause')}; --format json lists all.")
    if account.waiting:
        waiting = "1 payload waits" if account.waiting == 1 else f"{account.waiting:,} payloads wait"
        command = f"crossdock quarantine list --connection {account.connection}"
        yield Case("error", f"{waiting} in quarantine since before", (), (command,))
    yield from map(_of_stale, account.stale)
    if account.refused:
        said = [("not kept", f"{one['recordType']}: {told_refused(one)}") for one in account.refused[:_MOST_REFUSED]]
        more = len(account.refused) - _MOST_REFUSED
        rest = [("further", f"{counted(more, 'more kind')} of entries; --format json lists them")] if more > 0 else []
        todo = "Raise the limit in [[limits]], or silence what makes the entry; the values stay in the payloads."
        yield Case("warning", "Entries refused by limits", (*said, *rest), (todo, "crossdock limits list"))

    if account.drift:
        told = account.drift[:_MOST_REFUSED]
        commands = (f"crossdock drift list {account.connection}", f"crossdock drift accept {account.connection}")
        yield Case("warning", "Payloads differ from earlier ones", tuple(told), commands)


def _of_trouble(one: Trouble) -> Case:
    summary = shortened(one.summary, _LONGEST_SUMMARY)
    record_type = one.record_type or "record"
    title = {
        "records": f"{counted(one.count, record_type)} failed: {summary}",
        "run": f"{_runs(one.count, one.run_kind or 'import')} of {plural(record_type)} {summary}",
        "outside": f"{summary}{f' ({one.count:,} times)' if one.count > 1 else ''}",
    }[one.kind]
    more = f" and {one.further:,} more" if one.further else ""
    facts = [(plural(record_type), ", ".join(one.names) + more)] if one.names else []
    if one.left_stale:
        facts.append(("left stale", "all are known, and stay as they were imported before"))
    return Case(one.severity, title, (*facts, ("when", _when(one.first, one.last))), one.todo)


def _of_stale(one: Stale) -> Case:
    known = counted(one.count, f"known {one.record_type}")
    more = f" and {one.count - len(one.names):,} more" if one.count > len(one.names) else ""
    facts = [(plural(one.record_type), ", ".join(one.names) + more)] if one.names else []
    since = [("since", _moment(one.since))] if one.since else []
    why = shortened(one.why, _LONGEST_SUMMARY)
    title = f"Left stale: {known}; {why}" if one.count else f"{plural(one.record_type).capitalize()} {why}"
    return Case("warning", title, (*facts, *since), one.todo)


def _runs(count: int, kind: str) -> str:
    if count == 1:
        return f"{'An' if kind in ('import', 'export') else 'A'} {kind}"
    return counted(count, kind)


def _when(first: str, last: str) -> str:
    begun, ended = _moment(first), _moment(last)
    return begun if begun == ended else f"{begun} to {ended}"


def _moment(time: str) -> str:
    return time[:16].replace("T", " ")
