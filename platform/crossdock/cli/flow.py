"""``crossdock flow``: what goes along the links between records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossdock.cli.place import Place
    from crossdock.store.flows.flow_preview import Movement

app = typer.Typer(help="See which custom data goes along links between records.", no_args_is_help=True)

_SAID = {
    "bring": "comes",
    "change": "changes",
    "overwrite": "is overwritten",
    "takeBack": "goes",
    "there": "is there",
    "kept": "does not come",
    "copied": "does not come again",
    "refused": "is refused",
    "off": "does not come",
    "waits": "waits",
    "unruled": "does not come",
}


@app.command()
def preview(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF", help="The record, such as order/1001.")],
    as_json: AsJson = False,
) -> None:
    """Show what would move along a record's links, and why not.

    Flows work whenever a record or a link changes, so usually everything is there already. Nothing is written.
    """
    from crossdock.cli.finding import called, find
    from crossdock.cli.output import print_json, print_line, print_table

    place: Place = context.obj
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
        found = store.flows.of(record_type, record["localId"])
        ends = {end[:2] for one in found for end in (one.source, one.target) if end is not None and all(end[:2])}
        records = {end: store.record(*end) for end in ends}
    said = {end: called(end[0], there) for end, there in records.items() if there is not None}
    if as_json:
        print_json([_as_wire(one) for one in found], place.redact)
    elif found:
        rows = [_row(one, place.names, said) for one in found]
        print_table(("entry", "what happens", "from", "to", "why"), rows, redact=place.redact)
    else:
        print_line("nothing flows: the record has no links, or there is no custom data at their ends")


def _row(movement: Movement, names: Mapping[str, str], said: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    ends = (("", "") if end is None else end[:2] for end in (movement.source, movement.target))
    source, target = (said.get(end) or "/".join(part for part in end if part) for end in ends)
    owner, bar, name = (movement.key or "(all)").partition("|")
    return (
        f"{names.get(owner, owner)}{bar}{name}",
        _SAID[movement.prospect],
        source,
        target,
        movement.reason,
    )


def _as_wire(movement: Movement) -> dict[str, Any]:
    ends = {"from": movement.source, "to": movement.target}
    wire: dict[str, Any] = {"entry": movement.key, "what": movement.prospect, "reason": movement.reason or None}
    for name, end in ends.items():
        wire[name] = end and {"recordType": end.record_type, "localId": end.local_id or None}
    return wire
