"""A store in which imports of the shop have run: one that succeeded, and one after it that failed."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.api.connections import EXAMPLE_RUN
from crossdock.store import Store

from .serving import SHOP_ID

GOOD = EXAMPLE_RUN
BAD = "0b7e165e3b38af6eece4a00015377569"
COUNTS = {"considered": 3, "created": 2, "updated": 0, "unchanged": 0, "ignored": 0, "failed": 1}


def report(run_id: str, outcome: str, **more: Any) -> dict[str, Any]:
    """A transfer report like those that imports leave."""
    return {
        "runId": run_id,
        "connection": "shop",
        "connectionId": SHOP_ID,
        "recordType": "order",
        "direction": "import",
        "outcome": outcome,
        **COUNTS,
        **more,
    }


def prepare_runs(store: Store) -> None:
    """Run them."""
    with pytest.MonkeyPatch.context() as patch:
        for run_id, outcome, errors in ((GOOD, "succeeded", []), (BAD, "failed", ["GET /orders gave 500", "gave up"])):
            patch.setattr("crossdock.store.imports.runs.new_run_id", lambda one=run_id: one)
            run = store.start_run(SHOP_ID, "order", b"hash")
            store.finish_run(run, report(run_id, outcome, sessionErrors=errors), outcome)  # type: ignore[arg-type]
