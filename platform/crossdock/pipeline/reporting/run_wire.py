"""The JSON of a run, as commands and the API show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossdock.store import RunEntry


def run_as_wire(run: RunEntry, names: Mapping[str, str]) -> dict[str, Any]:
    """Make the JSON of a run: its transfer report, or as much of one as a run without an end has.

    Args:
        run: the run.
        names: the names of connections by id.
    """
    return {
        "runId": run.run_id,
        "connection": names.get(run.connection_id),
        "connectionId": run.connection_id,
        "recordType": run.record_type,
        "direction": run.direction,
        "kind": run.kind,
        "startTime": run.started,
        "endTime": run.ended,
        **(run.report or {}),
        "outcome": run.outcome,
        "configHash": run.config_hash.hex(),
    }
