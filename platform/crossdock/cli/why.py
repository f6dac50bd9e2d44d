"""``crossdock why``: where a value of a record came from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import AsJson, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossdock.cli.place import Place
    from crossdock.pipeline.explaining.explain import Explanation, Making, Origin
    from crossdock.pipeline.explaining.place import RecordPlace
    from crossdock.store import HistoryEntry

Field = Annotated[
    str,
    typer.Argument(
        metavar="FIELD",
        help="Such as billingAddress.city, rows[0].sku, or the key of an entry: meta._vat_number.",
        show_default=False,
    ),
]


def command(context: typer.Context, reference: Reference, field: Field, as_json: AsJson = False) -> None:
    """Show where a value of a record came from.

    The payload as it was last imported is mapped again, with the configuration of that import: the remote value, the
    mapping line, each manipulator that changed it, and what today's configuration would give if that is something else.
    Of what a connector or a manipulator works out, the remote values are shown without which it would be another.
    Then come the writes, until the last import that wrote it and since, with who, when and through what. Nothing is
    fetched.
    """
    from crossdock.cli.finding import called, find
    from crossdock.cli.output import print_json
    from crossdock.pipeline.explaining.explain import explain
    from crossdock.pipeline.explaining.place import read_place
    from crossdock.pipeline.explaining.recall import recall
    from crossdock.pipeline.making import make_job

    place: Place = context.obj
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
        jobs = {
            one.id: make_job(one, record_type, None) for one in place.config.connections if record_type in one.imports
        }
        where = read_place(record_type, record, field)
        found = explain(store, record_type, record, where, jobs, partial(recall, store, place.config, record_type))
    if as_json:
        print_json(_as_wire(found, place.names), place.redact)
    else:
        _show(called(record_type, record), found, place)


def _show(reference: str, found: Explanation, place: Place) -> None:
    from crossdock.cli.output import print_folded, print_heading, print_line, print_table

    print_line(f"{reference} {found.place} = {_shown(found.value)}", place.redact)
    for origin in found.origins:
        print_heading(place.redact(f"From {origin.connection} {origin.remote_id}"))
        if made := list(_rows(origin.made)):
            print_table(("", "", "value"), made, redact=place.redact, indent=2)
        for note in _notes(origin, found):
            print_folded(f"  {note}", place.redact)
        if origin.today is not None and origin.today.error is not None:
            print_folded(
                f"  today's configuration would keep the record in quarantine: {origin.today.error}", place.redact
            )
        elif origin.today is not None and origin.today.given != origin.made.given:
            print_line(f"  today's configuration would give {_shown(origin.today.given)}:", place.redact)
            print_table(("", "", "value"), list(_rows(origin.today)), redact=place.redact, indent=2)
    for connection, remote_id in found.unkept:
        print_folded(f"no payload of {connection} {remote_id} is kept, so what it gave cannot be told", place.redact)
    for connection_id in found.unconfigured:
        print_folded(f"connection {connection_id} has a hand in this record, but is configured no longer", place.redact)
    for entry in found.waiting:
        name = place.names.get(entry.connection_id, entry.connection_id)
        print_folded(
            f"a payload of {name} {entry.remote_id} waits in quarantine, so this may be out of date: "
            f"crossdock quarantine show {entry.quarantine_id}",
            place.redact,
        )
    for heading, writes in (("Written until the last import of it", found.earlier), ("Written since", found.writes)):
        if not writes:
            continue
        print_heading(heading)
        rows = [_write(one, found.place) for one in writes]
        print_table(("when", "by", "before", "after"), rows, redact=place.redact, indent=2)


def _write(entry: HistoryEntry, where: RecordPlace) -> tuple[str, str, str, str]:
    old, new = entry.old, entry.new
    if where.entry is not None and entry.path == str(where):  # an entry is told whole; whose it is stands above
        old, new = (None if one is None else one["value"] for one in (old, new))
    return entry.changed, f"{entry.actor_name} ({entry.through})", _shown(old), _shown(new)


def _rows(made: Making) -> Iterator[tuple[str, str, str]]:
    from crossdock.mapping.leaves import pointer

    for leaf in made.leaves:
        yield "remote", pointer(leaf.path), _shown(leaf.value)
    for line in made.lines:
        yield "mapping line", f"{line.name} ({line.place})", line.expression.text
    for step in made.steps:
        yield step.stage, step.place, _shown(step.after)


def _notes(origin: Origin, found: Explanation) -> Iterator[str]:
    if origin.made.error is not None:
        yield f"imported now, the record would wait in quarantine: {origin.made.error}"
    if not origin.made.whole:
        yield "it may depend on more of this payload, which has too many values to try each"
    yield from (f"warning: {told}" for told in origin.made.warnings)
    if not origin.made.steps and not origin.made.warnings:
        yield "nothing of this payload reaches it"
    elif found.value is None and any(leaf.fate == "refused" for leaf in origin.made.leaves):
        yield "a limit of custom data refuses it, so it is not kept; crossdock limits list shows what is limited"
    elif origin.made.given != found.value and not found.writes:
        yield f"that is {_shown(origin.made.given)}, not what is stored"
    if origin.same_configuration or (origin.today is not None and not origin.made.steps and not origin.today.steps):
        return
    if origin.today is None:
        yield f"the last import had another configuration, but {'; '.join(origin.notes)}"
        yield "so this is what today's configuration makes; crossdock replay compares it with all that is stored"
        return
    yield "this is how the configuration of the last import made it; today's is another one"
    for note in origin.notes:
        yield f"but {note}, so it may have been made otherwise"
    if origin.today.given == origin.made.given and origin.today.error is None:
        yield "today's configuration gives the same"


def _shown(value: Any) -> str:
    from crossdock.cli.output import shortened
    from crossdock.cli.record_view import shown

    return "-" if value is None else shortened(shown(value))


def _as_wire(found: Explanation, names: dict[str, str]) -> dict[str, Any]:
    return {
        "field": str(found.place),
        "value": found.value,
        "origins": [_origin_as_wire(origin) for origin in found.origins],
        "earlierWrites": [_write_as_wire(entry, names) for entry in found.earlier],
        "writes": [_write_as_wire(entry, names) for entry in found.writes],
        "unconfigured": list(found.unconfigured),
        "waiting": [entry.quarantine_id for entry in found.waiting],
        "unkept": [{"connection": connection, "remoteId": remote_id} for connection, remote_id in found.unkept],
    }


def _origin_as_wire(origin: Origin) -> dict[str, Any]:
    return {
        "connection": origin.connection,
        "remoteId": origin.remote_id,
        **_making_as_wire(origin.made),
        "sameConfiguration": origin.same_configuration,
        "rebuiltConfiguration": origin.today is not None,
        "notes": list(origin.notes),
        "today": None if origin.today is None else _making_as_wire(origin.today),
    }


def _making_as_wire(made: Making) -> dict[str, Any]:
    from crossdock.mapping.leaves import pointer

    return {
        "leaves": [{"pointer": pointer(leaf.path), "value": leaf.value, "fate": leaf.fate} for leaf in made.leaves],
        "lines": [
            {"name": line.name, "place": str(line.place), "expression": line.expression.text} for line in made.lines
        ],
        "steps": [
            {"stage": step.stage, "place": step.place, "before": step.before, "after": step.after}
            for step in made.steps
        ],
        "given": made.given,
        "warnings": list(made.warnings),
        "error": made.error,
        "wholePayloadTried": made.whole,
    }


def _write_as_wire(entry: HistoryEntry, names: dict[str, str]) -> dict[str, Any]:
    return {
        "changed": entry.changed,
        "version": entry.version,
        "actor": entry.actor_name,
        "connection": names.get(entry.connection_id or "", entry.connection_id),
        "through": entry.through,
        "path": entry.path,
        "old": entry.old,
        "new": entry.new,
    }
