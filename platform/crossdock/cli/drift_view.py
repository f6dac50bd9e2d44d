"""How drift looks to a person and to a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from crossdock.cli.output import Redact, print_heading, print_line, print_table
from crossdock.drift.finding import Finding, leaves
from crossdock.plural import counted
from crossdock.store.imports.drift import DriftEntry

if TYPE_CHECKING:
    from crossdock.config import Config

CODE = " " * 8
"""What stands in front of mapping lines, which are to be copied as they are."""
_MOST_SHOWN = 5


def as_of_today(entries: Sequence[DriftEntry], config: Config) -> list[DriftEntry]:
    """Let findings have the mapping lines that stand in today's configuration, and no proposal that was followed."""
    from crossdock.drift import proposal
    from crossdock.drift.place import Places

    places = {
        (connection.id, record_type): Places(imported.mapping)
        for connection in config.connections
        for record_type, imported in connection.imports.items()
    }
    return [
        entry
        if (there := places.get((entry.connection_id, entry.record_type))) is None
        else replace(entry, finding=proposal.as_of_today(entry.finding, there))
        for entry in entries
    ]


def show_entries(entries: Sequence[DriftEntry], names: Mapping[str, str], redact: Redact) -> None:
    """Print a table of findings for each connection and record type, then the mapping lines concerned and proposed."""
    kinds = dict.fromkeys((entry.connection_id, entry.record_type) for entry in entries)
    for connection_id, record_type in kinds:
        own = [entry for entry in entries if (entry.connection_id, entry.record_type) == (connection_id, record_type)]
        listed = {id(one) for one in leaves([entry.finding for entry in own])}
        own = [entry for entry in own if id(entry.finding) in listed]
        print_heading(f"{names.get(connection_id, connection_id)} {record_type}")
        rows = [
            (entry.finding.told, _payloads(entry.finding), entry.finding.example, entry.found[:19] + "Z", _state(entry))
            for entry in own
        ]
        columns = ("what", "payloads", "example", "found", "state")
        print_table(columns, rows, right=("payloads",), spare=("example", "found"), redact=redact, indent=2)
        _show_lines([entry.finding for entry in own], record_type, redact)
    waiting = dict.fromkeys(entry.connection_id for entry in entries if entry.accepted is None)
    for name in (names[one] for one in waiting if one in names):
        print_heading(f"When it is seen to: crossdock drift accept {name}")


def _show_lines(findings: Sequence[Finding], record_type: str, redact: Redact) -> None:
    concerned = dict.fromkeys(line for finding in findings for line in finding.lines)
    if concerned:
        print_heading("  Mapping lines concerned")
        for line in concerned:
            print_line(f"    {line}", redact)
    proposals = list(_once(line for finding in findings for line in finding.proposal.splitlines()))
    if proposals:
        print_heading("  To paste into plugins.toml, as far as it makes sense")
        print_line(f"    [connection.import.{record_type}.mapping]")
        for line in proposals:
            print_line(f"    {line}", redact)


def _once(lines: Iterable[str]) -> Iterator[str]:
    """Let each field have one line, so that all of it can be pasted; further ones are comments."""
    fields = set()
    for line in lines:
        field = line.partition(" = ")[0]
        yield f"# {line}" if field in fields and not line.startswith("#") else line
        fields.add(field)


def told_drift(findings: Sequence[Finding], further: int, connection: str) -> Iterator[str]:
    """Say in a few lines what a run has found."""
    listed = leaves(findings)
    if not listed:
        return
    count = len(listed) + further
    yield (f"{counted(count, 'difference')} from earlier payloads; crossdock drift list {connection} shows more")
    for finding in listed[:_MOST_SHOWN]:
        where = f" ({_where(finding)})" if finding.remote_id is not None else ""
        times = "" if finding.kind in ("vanished", "crowded") else f", in {counted(finding.count, 'payload')}"
        yield f"  {finding.told}{times}{where}"
        if finding.kind != "path":
            yield from (f"      {line}" for line in finding.lines[:_MOST_SHOWN])
        yield from (f"      {line}" for line in finding.proposal.splitlines())
    if count > _MOST_SHOWN:
        yield f"  ... and {count - _MOST_SHOWN:,} more"


def entry_as_wire(entry: DriftEntry, names: Mapping[str, str]) -> dict[str, Any]:
    """Make the JSON of a finding."""
    return {
        "connection": names.get(entry.connection_id),
        "connectionId": entry.connection_id,
        "recordType": entry.record_type,
        "found": entry.found,
        "runId": entry.run_id,
        "accepted": entry.accepted,
        "waits": entry.waits,
        **entry.finding.as_wire(),
    }


def _where(finding: Finding) -> str:
    if finding.kind == "vanished":
        return f"{finding.remote_id} had it"
    return f"first in {finding.remote_id}" + (f": {finding.example}" if finding.example else "")


def _payloads(finding: Finding) -> str | None:
    return None if finding.kind in ("vanished", "crowded") else f"{finding.count:,}"


def _state(entry: DriftEntry) -> str:
    if entry.accepted is not None:
        return f"accepted {entry.accepted[:19]}Z"
    return "waits" if entry.waits else "told"
