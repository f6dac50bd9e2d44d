"""Several steps as one."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock import Context, Fail, Ignore, Manipulate, Working


def in_turn(steps: Sequence[Manipulate]) -> Manipulate:
    """Compose steps into one that runs each on the result of the one before, up to the first that refuses."""
    if len(steps) == 1:
        return steps[0]

    def run(record: Working, context: Context) -> Working | Ignore | Fail:
        for step in steps:
            outcome = step(record, context)
            if not isinstance(outcome, dict):
                return outcome
            record = outcome
        return record

    return run
