"""Shows what an erasure touches, and what the search found afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crossdock.cli.finding import called
from crossdock.cli.output import Redact, print_folded, print_heading, print_line, print_table
from crossdock.plural import counted

if TYPE_CHECKING:
    from crossdock.store.erasure.erasing import Proof
    from crossdock.store.erasure.survey import Survey, Touch

_MOST_SHOWN = 20
_COLUMNS = ("record", "placed", "name", "total")
# What the rows of a table are to an operator; of another table it is its name.
_PLACES = {
    "answers": "answers to repeated requests",
    "configurations": "snapshots of the configuration",
    "deliveries": "webhook deliveries",
    "dictionaries": "what payloads are compressed with",
    "flowed": "entries that flows brought",
    "history": "lines of history",
    "imports": "payloads, and what imports made of them",
    "log_events": "log events of outside programs",
    "outbox": "events on their way",
    "quarantine": "payloads in quarantine",
    "runs": "run reports",
}
_FATES = {
    "erased": "kept without the person",
    "removed": "removed",
    "blotted": "blotted out where named",
}


def survey_as_wire(survey: Survey, names: Mapping[str, str]) -> dict[str, Any]:
    """Write down what will be touched, as ``--json`` prints it."""
    return {
        "records": [_named(record_type, record) for record_type, record in survey.found],
        "touched": [{"place": one.table, "fate": one.fate, "count": one.rows} for one in survey.touches],
        "customDataEntries": survey.entries,
        "keptOut": [
            {"connection": names.get(one.connection_id, one.connection_id), "recordType": one.record_type}
            for one in sorted(survey.belongings.remotes)
        ],
        "neverStored": [
            {
                "connection": names.get(one.connection_id, one.connection_id),
                "recordType": one.record_type,
                "remoteId": one.remote_id,
            }
            for one in sorted(survey.unstored)
        ],
        "stays": [_named(record_type, record) for record_type, record in survey.sharing],
    }


def proof_as_wire(proof: Proof, survey: Survey) -> dict[str, Any]:
    """Write down what the search looked for and found, as ``--json`` prints it."""
    return {
        "searchedFor": survey.person.counts,
        "tables": proof.tables,
        "rows": proof.rows,
        "left": [{"place": one.table, "key": list(map(str, one.key))} for one in proof.left],
    }


def show_survey(survey: Survey, names: Mapping[str, str], redact: Redact) -> None:
    """Show what will be touched."""
    if not survey.touches:
        print_line("nothing is stored of this person")
        return
    if survey.found:
        print_heading("Records of the person")
        rows = [_line(record_type, record) for record_type, record in survey.found[:_MOST_SHOWN]]
        print_table(_COLUMNS, rows, right=("total",), redact=redact, indent=2)
        if len(survey.found) > _MOST_SHOWN:
            print_line(f"  and {len(survey.found) - _MOST_SHOWN:,} more")
    print_heading("What will be touched")
    print_table(("what", "how", "count"), _places(survey), right=("count",), indent=2)
    print_line()
    print_line("Amounts, rows, times, statuses and country codes stay as they are.")
    if survey.belongings.remotes:
        print_folded(
            f"{counted(len(survey.belongings.remotes), 'remote record')} will be kept out of imports from now on."
        )
    if survey.unstored:
        _show_unstored(survey, names, redact)
    if survey.sharing:
        _show_sharing(survey, redact)


def show_proof(proof: Proof, survey: Survey, *, cleaned: bool | None) -> None:
    """Show what the search has looked for and found; ``cleaned`` is ``None`` if the database is in use."""
    looked = ", ".join(counted(count, name) for name, count in survey.person.counts.items())
    found = (
        "nothing is left." if not proof.left else f"{counted(len(proof.left), 'row')} still {_has(len(proof.left))} it."
    )
    print_line()
    print_line("Erased.")
    print_folded(f"Searched {counted(proof.rows, 'row')} of {counted(proof.tables, 'table')} for {looked}: {found}")
    if proof.left:
        places = ", ".join(sorted({one.table for one in proof.left}))
        print_folded(f"They are in {places}. Somebody may be writing there just now: run the command again.")
    if survey.person.email is None:
        print_folded("Records of others were left alone; --email ADDRESS finds all of a person's.")
    if cleaned is None:
        print_folded("The file is in use, so its free space still has old bytes; run the command again later.")
    elif not cleaned:
        print_line("PostgreSQL keeps old versions of rows until VACUUM has passed.")
    print_folded("Not reached: backups, log files, and the remote systems themselves.")


def _places(survey: Survey) -> list[tuple[str, str, int]]:
    shown = [(_name(one), _FATES[one.fate], one.rows) for one in survey.touches]
    if survey.entries:
        shown.append(("entries of custom data", _FATES["removed"], survey.entries))
    return shown


def _name(touch: Touch) -> str:
    if touch.table == "records":
        return "records of the person" if touch.fate == "erased" else "records of others"
    return _PLACES.get(touch.table, touch.table.replace("_", " "))


def _line(record_type: str, record: Mapping[str, Any]) -> tuple[str | None, ...]:
    holder = record.get("customer") or record.get("shippingAddress") or record
    name = " ".join(filter(None, (holder.get("firstName"), holder.get("lastName"))))
    total = (record.get("totals") or {}).get("totalInclVat")
    placed = record.get("placedAt") or record.get("issuedAt") or record.get("created")
    amount = None if total is None else f"{total} {record.get('currency', '')}".rstrip()
    return called(record_type, dict(record)), placed and placed[:10], name, amount


def _show_unstored(survey: Survey, names: Mapping[str, str], redact: Redact) -> None:
    print_heading("Never stored: these only wait in quarantine")
    for one in survey.unstored[:_MOST_SHOWN]:
        print_line(f"  {one.record_type}/{names.get(one.connection_id, one.connection_id)}:{one.remote_id}", redact)
    if len(survey.unstored) > _MOST_SHOWN:
        print_line(f"  and {len(survey.unstored) - _MOST_SHOWN:,} more")
    print_folded("They go as a whole, amounts included, and will be missing from the books.")
    print_folded(
        "Mend their cause and retry them first (crossdock quarantine list): then they stay, without the person."
    )


def _show_sharing(survey: Survey, redact: Redact) -> None:
    count = len(survey.sharing)
    print_heading("Records of others with the same name and the same phone number or street")
    rows = [_line(record_type, record) for record_type, record in survey.sharing[:_MOST_SHOWN]]
    print_table(_COLUMNS, rows, right=("total",), redact=redact, indent=2)
    if count > _MOST_SHOWN:
        print_line(f"  and {count - _MOST_SHOWN:,} more")
    print_folded("They stay: another e-mail address may be another person. crossdock erase --record takes one.")


def _named(record_type: str, record: Mapping[str, Any]) -> dict[str, str]:
    return {"record": called(record_type, dict(record)), "localId": record["localId"]}


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
