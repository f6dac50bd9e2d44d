"""How the promises of a connector look: kept or broken, and what to do."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossdock.cli.output import print_folded, print_json, print_line
from crossdock.cli.stdout import stdout
from crossdock.plural import counted

if TYPE_CHECKING:
    from crossdock.plugins import ConnectorSpec
    from crossdock.testing.conformance import Promise

_INDENT = " " * 10


def show_promises(spec: ConnectorSpec[Any], promises: Sequence[Promise], *, every_crash: bool, as_json: bool) -> bool:
    """Put promises to the test one by one, and print what comes of each at once; tells whether all are kept."""
    told: list[dict[str, Any]] = []
    if not as_json:
        print_line(f"{spec.name}: {spec.title}")
        print_line()
    width = max(len(promise.record_type) for promise in promises)
    for promise in promises:
        with tempfile.TemporaryDirectory() as folder:
            breaches = promise.breaches(Path(folder), every_crash=every_crash)
        told.append(_as_wire(promise, breaches))
        if not as_json:
            _show(promise, breaches, width)
    broken = sum(not one["kept"] for one in told)
    if as_json:
        print_json(told)
    else:
        print_line()
        print_line(f"{counted(len(told), 'promise')}: {len(told) - broken} kept, {broken} broken")
    return not broken


def _show(promise: Promise, breaches: Sequence[str], width: int) -> None:
    state = "BROKEN" if breaches else "kept"
    print_line(f"{state:<8}{promise.record_type.ljust(width)}  {promise.name}")
    if breaches:
        print_folded(f"{_INDENT}promised: {promise.says}")
        for breach in breaches:
            print_folded(f"{_INDENT}- {breach}")
        print_folded(f"{_INDENT}what to do: {promise.remedy}")
    stdout().flush()  # the next one may take a while


def _as_wire(promise: Promise, breaches: Sequence[str]) -> dict[str, Any]:
    return {
        "promise": promise.name,
        "recordType": promise.record_type,
        "says": promise.says,
        "kept": not breaches,
        "breaches": list(breaches),
        "remedy": promise.remedy,
    }
