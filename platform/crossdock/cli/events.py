"""``crossdock events``: what was not received yet, what was given up, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, Yes
from crossdock.cli.output import print_fields, print_folded, print_heading, print_json, print_line, print_table
from crossdock.errors import ConfigError
from crossdock.plural import counted
from crossdock.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossdock.cli.place import Place
    from crossdock.store import Store
    from crossdock.store.events.outbox import OutboxEntry

app = typer.Typer(help="See events that were not received, send or drop them.", no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", help="Events, by the number that list shows.")]
Named = Annotated[
    str | None, typer.Option("--subscription", metavar="NAME", help="Those of this subscription.", show_default=False)
]


@app.command("list")
def list_(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that were given up.")] = False,
    subscription: Named = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The oldest N.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List events that wait, and those that were given up.

    What was received is not listed any more.
    """
    place: Place = context.obj
    chosen = True if failed else None
    with place.store(create=False) as store:
        entries = store.outbox.list(subscription=subscription, failed=chosen, limit=limit)
        total = store.outbox.count(subscription=subscription, failed=chosen)
        _check_name(place, store, subscription)
    if as_json:
        print_json([_as_wire(entry) for entry in entries], place.redact)
        return
    if not entries:
        print_line("no event was given up" if failed else "no event waits")
        return
    columns = ("number", "subscription", "event", "of", "attempts", "state")
    print_table(columns, [_row(place, entry) for entry in entries], right=("number", "attempts"), redact=place.redact)
    if total > len(entries):
        print_line(f"and {total - len(entries):,} more; --limit shows them")
    for name, error in dict.fromkeys((entry.subscription, entry.error) for entry in entries if entry.error):
        print_folded(f"{name}: {error}", place.redact)


@app.command()
def show(
    context: typer.Context,
    event_id: Annotated[int, typer.Argument(metavar="ID", help="The event, by the number that list shows.")],
    as_json: AsJson = False,
) -> None:
    """Show one event with what is sent."""
    from crossdock.records import parse_json

    place: Place = context.obj
    with place.store(create=False) as store:
        found = store.outbox.show(event_id)
    if found is None:
        raise ConfigError(f"there is no event {event_id}; crossdock events list shows them")
    entry, body = found
    if as_json:
        print_json(_as_wire(entry) | {"body": parse_json(body)}, place.redact)
        return
    print_line(f"event {entry.event_id}: {entry.kind} for {entry.subscription}", place.redact)
    told = [(name, value) for name, value in _as_wire(entry).items() if name not in ("eventId", "kind", "subscription")]
    print_fields(told, redact=place.redact)
    print_heading("Body")
    print_json(parse_json(body), place.redact)


@app.command()
def retry(context: typer.Context, ids: Ids = None, subscription: Named = None) -> None:
    """Make events due now, with all their attempts before them.

    An event that was given up comes after what happened to its record since; receivers tell by the version.
    """
    place: Place = context.obj
    with place.store(create=False) as store:
        count = store.outbox.retry(_chosen(place, store, ids, subscription))
    print_line(f"{counted(count, 'event')} due now; crossdock serve sends them, or crossdock events send")


@app.command()
def drop(
    context: typer.Context,
    ids: Ids = None,
    subscription: Named = None,
    failed: Annotated[bool, typer.Option("--failed", help="Of a subscription, only those that were given up.")] = False,
    yes: Yes = False,
) -> None:
    """Forget events for good; their receivers never hear of them."""
    from crossdock.cli.confirmation import confirm

    place: Place = context.obj
    with place.store(create=False) as store:
        chosen = _chosen(place, store, ids, subscription, failed=True if failed else None)
        if chosen:
            confirm(f"Drop {counted(len(chosen), 'event')} for good?", yes=yes)
        dropped = store.outbox.drop(chosen)
    print_line(f"dropped {counted(dropped, 'event')}")


@app.command()
def send(context: typer.Context) -> None:
    """Send what is due now, and end; crossdock serve does so all the time."""
    from crossdock.cli.output import complain
    from crossdock.events import Sender

    place: Place = context.obj
    for problem in (problem for one in place.config.subscriptions for problem in one.problems):
        complain(place.redact(str(problem)))
    with place.store(create=False) as store:
        tally = Sender(store, place.config.subscriptions, redact=place.redact).run_once()
    print_line(f"received {tally.received}, to be sent again {tally.postponed}, given up {tally.given_up}")
    if tally.postponed or tally.given_up:
        raise typer.Exit(ExitCode.RECORDS_FAILED)


def _chosen(
    place: Place, store: Store, ids: list[int] | None, subscription: str | None, *, failed: bool | None = None
) -> list[int]:
    """Pick the events that are meant.

    Raises:
        ConfigError: neither ids nor a subscription was given, or both, or one is not there.
    """
    if bool(ids) == (subscription is not None):
        raise ConfigError("say which events: their numbers, or --subscription NAME; crossdock events list shows them")
    entries: Sequence[OutboxEntry] = store.outbox.list(subscription=subscription, failed=failed)
    known = [entry.event_id for entry in entries]
    if not ids:
        _check_name(place, store, subscription)
        return known
    missing = [str(one) for one in ids if one not in set(known)]
    if missing:
        raise ConfigError(f"there is no event {', '.join(missing)}; crossdock events list shows them")
    return list(dict.fromkeys(ids))


def _check_name(place: Place, store: Store, subscription: str | None) -> None:
    """Refuse the name of a subscription that is neither configured nor has any event."""
    configured = [one.name for one in place.config.subscriptions]
    if subscription is None or subscription in configured or store.outbox.count(subscription=subscription):
        return
    raise ConfigError(
        f"there is no subscription {subscription!r}{did_you_mean(subscription, configured, none='none is configured')}"
    )


def _row(place: Place, entry: OutboxEntry) -> tuple[object, ...]:
    configured = {one.name for one in place.config.subscriptions}
    if entry.failed is not None:
        state = f"given up {_second(entry.failed)}"
    elif entry.subscription not in configured:
        state = "kept: no such subscription"
    else:
        state = f"due {_second(entry.due)}"
    about = f"{entry.record_type}/{entry.local_id}"
    return (
        entry.event_id,
        entry.subscription,
        entry.kind,
        about if entry.kind != "run.finished" else f"run {entry.local_id}",
        entry.attempts,
        state,
    )


def _second(moment: str) -> str:
    return moment[:19].replace("T", " ")


def _as_wire(entry: OutboxEntry) -> dict[str, Any]:
    is_run = entry.kind == "run.finished"
    return {
        "eventId": entry.event_id,
        "messageId": entry.message_id,
        "subscription": entry.subscription,
        "kind": entry.kind,
        "recordType": entry.record_type,
        "localId": None if is_run else entry.local_id,
        "runId": entry.local_id if is_run else None,
        "occurred": entry.occurred,
        "attempts": entry.attempts,
        "due": entry.due if entry.failed is None else None,
        "failed": entry.failed,
        "error": entry.error,
    }
