"""Promises about what becomes of a payload: nothing is lost, nothing is guessed, nothing is written twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from crossdock.pipeline.importing import ImportOptions
from crossdock.plural import counted
from crossdock.testing.conformance.bench import Bench

_SOME = 25


def maps_without_loss(bench: Bench) -> Iterator[str]:
    """Every payload is rebuilt from its record and its custom data, and found equal."""
    with bench.stand(_SOME) as stand:
        report = stand.run(bench.new_store(), ImportOptions(prove=True), page_size=None)
    for failure in report.tally.failures[:3]:
        yield f"{failure['remoteId']} fails: {failure['error']}"
    for error in report.session_errors:
        yield f"the import of its sandbox ends as {report.outcome}: {error}"
    if not report.tally.considered:
        yield f"its sandbox gives no {bench.record_type} at all"


def fits_its_fields(bench: Bench) -> Iterator[str]:
    """No mapping line gives its field values that the field refuses, one record like the other."""
    with bench.stand(_SOME) as stand:
        report = stand.run(bench.new_store(), page_size=None)
    examples: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for warning, count in report.tally.warnings.items():
        line = warning.partition(":")[0]
        counts[line] += count
        examples.setdefault(line, warning)
    for line, count in counts.items():
        if count >= report.tally.considered:
            yield f"of {counted(report.tally.considered, 'record')}, {counted(count, 'time')}: {examples[line]}"


def writes_nothing_twice(bench: Bench) -> Iterator[str]:
    """The second import of the same records writes nothing."""
    url = bench.new_store()
    with bench.stand() as stand:
        first = stand.run(url)
        again = stand.run(url, ImportOptions(full=True))
    if again.outcome != "succeeded" or first.outcome != "succeeded":
        yield f"the import of its sandbox ends as {again.outcome}: {again.session_errors}"
    elif again.tally.counts["unchanged"] != again.tally.considered:
        counts = {name: count for name, count in again.tally.counts.items() if count}
        yield f"the second import should find nothing changed, but finds {counts}: are payloads the same each time?"
