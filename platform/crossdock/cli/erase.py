"""``crossdock erase``: takes a person out of everything that is stored, and proves it by a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, Yes

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.store import Store
    from crossdock.store.erasure.survey import Survey


def command(
    context: typer.Context,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="The person's e-mail address, in any case.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option("--record", metavar="REF", help="This record alone, such as order/1001.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be touched.")] = False,
    readmit: Annotated[
        bool, typer.Option("--readmit", help="With --record: let imports bring in again what was erased before.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person's data.

    Names, addresses, contacts and notes in the person's records are replaced; custom data about them, payloads, and
    what waits in quarantine go; history, events, reports and answers are kept without them. Amounts, rows, times and
    statuses stay, so that the books do. What will be touched is shown first. Imports keep the erased remote records
    out from then on: erase the person in the remote system, too.

    --email finds every record with this address, and takes the address out of all others. Records of others at the
    same street or phone number stay. Several addresses are several commands.
    """
    from crossdock.errors import ConfigError

    if (email is None) == (reference is None):
        raise ConfigError("say whom to erase: either --email ADDRESS or --record REF")
    if readmit and (reference is None or dry_run):
        raise ConfigError("--readmit goes with --record REF, and with nothing else")
    place: Place = context.obj
    with place.store(create=False) as store:
        if readmit:
            _readmit(place, store, str(reference))
        else:
            survey = _survey(place, store, email, reference)
            _erase(place, store, survey, dry_run=dry_run, yes=yes, as_json=as_json)


def _erase(place: Place, store: Store, survey: Survey, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Show what will be touched and, if that is agreed to, erase it and show the proof.

    Raises:
        Exit: the search found something that is left.
    """
    from crossdock.cli.erase_view import proof_as_wire, show_proof, show_survey, survey_as_wire
    from crossdock.cli.finding import writer
    from crossdock.cli.output import print_json

    told = survey_as_wire(survey, place.names)
    if not as_json:
        show_survey(survey, place.names, place.redact)
    proof = None
    if survey.touches and not dry_run:
        _confirm(survey, yes=yes)
        proof = store.erasing.erase(writer(place, None), survey)
    # Also where there is nothing to erase: an earlier erasure may have had to leave this for later.
    cleaned = None if dry_run else _clean_up(store)
    if as_json:
        proved = {} if proof is None else {"proof": proof_as_wire(proof, survey)}
        print_json({**told, "erased": proof is not None, "cleanedUp": cleaned, **proved}, place.redact)
    elif proof is not None:
        show_proof(proof, survey, cleaned=cleaned)
    if proof is not None and proof.left:
        raise typer.Exit(ExitCode.UNFINISHED)


def _survey(place: Place, store: Store, email: str | None, reference: str | None) -> Survey:
    """Find what there is of the person.

    Raises:
        ConfigError: the address is none, or the reference finds no record, several, or one that is of no person.
    """
    from crossdock.cli.finding import find
    from crossdock.errors import ConfigError
    from crossdock.records.fields import all_fields

    if email is None:
        record_type, record = find(place, store, str(reference))
        if not any(field.personal for field in all_fields(record_type)):
            raise ConfigError(f"a {record_type} says nothing of a person; crossdock records delete deletes it")
        return store.erasing.survey_record(record_type, record["localId"])
    name, at, domain = email.strip().partition("@")
    if not (name and at and domain) or len(email.split()) != 1:
        raise ConfigError(f"{email!r} is no e-mail address; --record REF erases a record that has none")
    return store.erasing.survey_email(email)


def _confirm(survey: Survey, *, yes: bool) -> None:
    from crossdock.cli.confirmation import confirm

    count = len(survey.found)
    what = "what was found" if not count else "this record" if count == 1 else f"these {count} records"
    confirm(f"Erase the person from {what} and all that belongs to it, for good?", yes=yes)


def _clean_up(store: Store) -> bool | None:
    """Clean up the database; ``None`` if that must wait, since it is in use."""
    from crossdock.store import StoreBusyError

    try:
        return store.erasing.clean_up()
    except StoreBusyError:
        return None


def _readmit(place: Place, store: Store, reference: str) -> None:
    """Let in again what REF names: a record, or ``order/CONNECTION:REMOTE-ID`` of which there may be none.

    Raises:
        ConfigError: REF is malformed, or there is neither such a record nor such a remote record that is kept out.
    """
    from functools import partial

    from crossdock.cli.finding import called, find
    from crossdock.cli.output import print_folded, print_line
    from crossdock.errors import ConfigError
    from crossdock.store.reads.finding import UnknownRecordError

    record_type, _slash, text = reference.partition("/")
    connection, _colon, remote_id = text.partition(":")
    ids = {name: id_ for id_, name in place.names.items()}
    let_in = partial(store.erasing.readmit_remote, ids.get(connection, connection), record_type, remote_id)
    try:
        found_type, record = find(place, store, reference)
    except UnknownRecordError as error:
        name, count = reference, let_in()
        if not count:
            raise ConfigError(f"{error}; what was never stored is {record_type}/CONNECTION:REMOTE-ID") from error
    else:
        name = called(found_type, record)
        count = store.erasing.readmit(found_type, record["localId"]) or let_in()
    if count:
        print_folded(
            f"{name} is imported again when its remote system changes it; crossdock import --id does so at once"
        )
    else:
        print_line(f"{name} is not kept out")
