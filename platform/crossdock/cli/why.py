"""``crossdock why``: where a value of a record came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import AsJson, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossdock.cli.place import Place
    from crossdock.pipeline.explain import Explanation, Origin
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

    The payload as it was last imported is mapped again with today's configuration: the remote value, the mapping line,
    each manipulator that changed it. Then come the writes since, with who, when and through what. Nothing is fetched.
    """
    from crossdock.cli.finding import called, find
    from crossdock.cli.output import print_json
    from crossdock.pipeline.explain import explain
    from crossdock.pipeline.making import make_job
    from crossdock.pipeline.place import read_place

    place: Place = context.obj
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
        jobs = {
            one.id: make_job(one, record_type, None) for one in place.config.connections if record_type in one.imports
        }
        found = explain(store, record_type, record, read_place(record_type, record, field), jobs)
    if as_json:
        print_json(_as_wire(found, place.names), place.redact)
    else:
        _show(called(record_type, record), found, place)


def _show(reference: str, found: Explanation, place: Place) -> None:
    from crossdock.cli.output import print_heading, print_line, print_table

    print_line(f"{reference} {found.place} = {_shown(found.value)}", place.redact)
    for origin in found.origins:
        print_heading(place.redact(f"From {origin.connection} {origin.remote_id}"))
        print_table(("", "", "value"), list(_rows(origin)), redact=place.redact, indent=2)
        for note in _notes(origin, found):
            print_line(f"  {note}", place.redact)
    for connection_id in found.unconfigured:
        print_line(f"connection {connection_id} has a hand in this record, but is configured no longer", place.redact)
    if found.writes:
        print_heading("Written since")
        rows = [
            (one.changed, f"{one.actor_name} ({one.through})", _shown(one.old), _shown(one.new)) for one in found.writes
        ]
        print_table(("when", "by", "before", "after"), rows, redact=place.redact, indent=2)


def _rows(origin: Origin) -> Iterator[tuple[str, str, str]]:
    from crossdock.mapping.leaves import pointer

    for leaf in origin.leaves:
        yield "remote", pointer(leaf.path), _shown(leaf.value)
    for line in origin.lines:
        yield "mapping line", f"{line.name} ({line.place})", line.expression.text
    for step in origin.steps:
        yield step.stage, step.place, _shown(step.after)


def _notes(origin: Origin, found: Explanation) -> Iterator[str]:
    if not origin.steps:
        yield "nothing of this payload reaches it"
    elif origin.given != found.value and not found.writes:
        yield f"today's configuration gives {_shown(origin.given)}, not what is stored"
    if not origin.same_configuration:
        yield "the last import had another configuration than today's; crossdock import --full brings it up to date"


def _shown(value: Any) -> str:
    from crossdock.cli.output import shortened
    from crossdock.cli.record_view import shown

    return "-" if value is None else shortened(shown(value))


def _as_wire(found: Explanation, names: dict[str, str]) -> dict[str, Any]:
    return {
        "field": str(found.place),
        "value": found.value,
        "origins": [_origin_as_wire(origin) for origin in found.origins],
        "writes": [_write_as_wire(entry, names) for entry in found.writes],
        "unconfigured": list(found.unconfigured),
    }


def _origin_as_wire(origin: Origin) -> dict[str, Any]:
    from crossdock.mapping.leaves import pointer

    return {
        "connection": origin.connection,
        "remoteId": origin.remote_id,
        "leaves": [{"pointer": pointer(leaf.path), "value": leaf.value, "fate": leaf.fate} for leaf in origin.leaves],
        "lines": [
            {"name": line.name, "place": str(line.place), "expression": line.expression.text} for line in origin.lines
        ],
        "steps": [
            {"stage": step.stage, "place": step.place, "before": step.before, "after": step.after}
            for step in origin.steps
        ],
        "given": origin.given,
        "sameConfiguration": origin.same_configuration,
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
