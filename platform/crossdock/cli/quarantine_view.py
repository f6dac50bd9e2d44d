"""How the quarantine looks to a person and to a program."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from crossdock.cli.output import (
    Redact,
    plain,
    print_fields,
    print_folded,
    print_heading,
    print_line,
    print_table,
    shortened,
)
from crossdock.cli.run_view import clipped
from crossdock.mapping.leaves import pointer
from crossdock.pipeline.reporting.remedy import may_be_retried, remedies_for
from crossdock.records import parse_json
from crossdock.store import QuarantineEntry

if TYPE_CHECKING:
    from crossdock.pipeline.explaining.blame import Blame

_SHOWN_IDS = 5
_SHOWN_LEAVES = 8
_SHOWN_BYTES = 20_000
_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.")


def cause_of(entry: QuarantineEntry) -> tuple[str, str, str, str, str]:
    """Say what an entry has in common with others that failed alike: its error without the values in it."""
    return (
        entry.connection_id,
        entry.record_type,
        entry.stage,
        entry.error_class,
        entry.cause,
    )


def show_causes(entries: Sequence[QuarantineEntry], names: Mapping[str, str], redact: Redact) -> None:
    """Print a line a cause, the most frequent first, each with the error of its last entry."""
    if not entries:
        print_line("nothing waits in quarantine")
        return
    groups: dict[tuple[str, ...], list[QuarantineEntry]] = {}
    for entry in entries:
        groups.setdefault(cause_of(entry), []).append(entry)
    rows = []
    for group in sorted(groups.values(), key=len, reverse=True):
        last = group[-1]
        ids = ", ".join(str(entry.quarantine_id) for entry in group[:_SHOWN_IDS])
        more = ", …" if len(group) > _SHOWN_IDS else ""
        rows.append(
            (
                len(group),
                names.get(last.connection_id, last.connection_id),
                last.record_type,
                last.stage,
                last.error,
                _moment(min(entry.first_failed for entry in group)),
                _moment(max(entry.last_failed for entry in group)),
                ids + more,
            )
        )
    columns = ("entries", "connection", "type", "stage", "error, such as", "first", "last", "numbers")
    print_table(columns, rows, right=("entries",), spare=("first", "stage", "type"), redact=redact)
    print_line()
    print_line(f"crossdock quarantine show {entries[0].quarantine_id}  shows one, with its payload and what to do")
    number = next((entry.quarantine_id for entry in entries if may_be_retried(entry.stage)), None)
    if number is not None:
        print_folded(f"crossdock quarantine retry --cause {number}  processes all that failed as it did again")
        print_folded("crossdock quarantine retry --all  processes everything again, once the causes are mended")


def show_each(entries: Sequence[QuarantineEntry], names: Mapping[str, str], redact: Redact) -> None:
    """Print a line an entry."""
    columns = ("number", "connection", "type", "remote id", "stage", "failed", "last", "error")
    rows = [
        (
            entry.quarantine_id,
            names.get(entry.connection_id, entry.connection_id),
            entry.record_type,
            entry.remote_id,
            entry.stage,
            entry.failures,
            _moment(entry.last_failed),
            entry.error,
        )
        for entry in entries
    ]
    print_table(columns, rows, right=("number", "failed"), spare=("failed", "stage", "type"), redact=redact)


def show_entry(
    entry: QuarantineEntry, payload: bytes, blamed: Blame | None, names: Mapping[str, str], redact: Redact
) -> None:
    """Print a page about one entry; the payload, which may be long, comes first, and what to do last."""
    connection = names.get(entry.connection_id, entry.connection_id)
    times = f"{entry.failures} times, first at {entry.first_failed}, last at {entry.last_failed}"
    whose = f"{entry.record_type} {clipped(entry.remote_id or '(no id)')} of {connection}"
    print_line(f"quarantine {entry.quarantine_id}: {whose}", redact)
    print_heading("Payload")
    for line in _payload_lines(payload):
        print_line(f"  {line}", redact)
    print_heading("What happened")
    print_fields(
        [
            ("error", entry.error),
            ("stage", entry.stage),
            ("class", entry.error_class),
            ("at", entry.pointer),
            ("modified", entry.modified),
            ("failed", f"at {entry.last_failed}" if entry.failures == 1 else times),
            ("run", entry.run_id),
            ("configuration", entry.config_hash.hex()[:12]),
        ],
        redact=redact,
    )
    _show_blame(blamed, redact)
    print_heading("What to do")
    succeeds = blamed is not None and blamed.today is None and entry.stage != "audit"
    if succeeds:
        print_line("  With today's configuration it succeeds: retry.")
    else:
        for remedy in remedies_for(entry.stage, connection, entry.record_type, [entry.remote_id]):
            print_folded(f"  {remedy}", redact)
    if succeeds or may_be_retried(entry.stage):
        print_line(f"  crossdock quarantine retry {entry.quarantine_id}  processes it again")
        print_line(f"  crossdock quarantine retry --cause {entry.quarantine_id}  and all that failed alike")
    print_line(f"  crossdock quarantine drop {entry.quarantine_id}  forgets it")


def _show_blame(blamed: Blame | None, redact: Redact) -> None:
    """Print the values, lines and step that a failure is about, and what is different today."""
    if blamed is None:
        return
    leaves = (f"{pointer(leaf.path)} = {shortened(repr(leaf.value))}" for leaf in blamed.leaves[:_SHOWN_LEAVES])
    fields = [
        *(("in the payload", leaf) for leaf in leaves),
        *(("mapping line", f"{line.name} = {line.expression.text} ({line.place})") for line in blamed.lines),
    ]
    if blamed.step is not None:
        name, where = blamed.step
        fields.append(("step", f"{name} ({where})" if where else name))
    if fields:
        print_heading("What it is about")
        print_fields(fields, redact=redact)


def blame_as_wire(blamed: Blame | None) -> dict[str, Any]:
    """Make the part of an entry's JSON that says what it is about."""
    if blamed is None:
        return {"values": [], "lines": [], "step": None, "errorToday": None, "succeedsToday": None}
    return {
        "values": [{"pointer": pointer(leaf.path), "value": leaf.value} for leaf in blamed.leaves],
        "lines": [
            {"name": line.name, "expression": line.expression.text, "place": str(line.place)} for line in blamed.lines
        ],
        "step": None if blamed.step is None else {"name": blamed.step[0], "place": blamed.step[1]},
        "errorToday": blamed.today,
        "succeedsToday": blamed.today is None,
    }


def readable_payload(payload: bytes) -> Any:
    """Parse a payload, or give it as text if it is no JSON."""
    try:
        return parse_json(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload.decode("utf-8", "backslashreplace")


def entry_as_wire(entry: QuarantineEntry, names: Mapping[str, str]) -> dict[str, Any]:
    """Make the JSON of an entry."""
    return {
        "quarantineId": entry.quarantine_id,
        "connection": names.get(entry.connection_id),
        "connectionId": entry.connection_id,
        "recordType": entry.record_type,
        "remoteId": entry.remote_id,
        "modified": entry.modified,
        "stage": entry.stage,
        "errorClass": entry.error_class,
        "error": entry.error,
        "pointer": entry.pointer,
        "cause": entry.cause,
        "configHash": entry.config_hash.hex(),
        "runId": entry.run_id,
        "firstFailed": entry.first_failed,
        "lastFailed": entry.last_failed,
        "failures": entry.failures,
    }


def _moment(time: str) -> str:
    return time[:19].replace("T", " ")


def _payload_lines(payload: bytes) -> list[str]:
    try:
        text = msgspec.json.format(payload, indent=2).decode()
        text = _ESCAPED.sub(_letters, text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = payload.decode("utf-8", "backslashreplace")
    if len(text) > _SHOWN_BYTES:
        text = f"{text[:_SHOWN_BYTES]}\n… ({len(payload):,} bytes; --json shows all)"
    return text.split("\n")


def _letters(escaped: re.Match[str]) -> str:
    """Read what JSON has escaped without need; what would act on a terminal, or end the text, stays as it is."""
    if escaped[0] == r"\/":
        return "/"
    if not escaped[0].startswith(r"\u"):
        return escaped[0]
    read: str = json.loads(f'"{escaped[0]}"')
    return "".join(one if plain(one) == one and one not in '"\\' else json.dumps(one)[1:-1] for one in read)
