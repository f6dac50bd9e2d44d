"""The promise about crashes: wherever a run is stopped, the next one ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crossdock.pipeline.importing import Importer
from crossdock.store import Store
from crossdock.testing.conformance.bench import Bench, only
from crossdock.testing.crash import CrashRig
from crossdock.testing.effects import Effects, How, WatchedSession

_RECORDS = 3
_PAGE_SIZE = 2
_SOME = 4  # of each way to be stopped


def survives_crashes(bench: Bench) -> Iterator[str]:
    """Stopped at any request, statement or commit, a run loses nothing and doubles nothing."""
    count = _count_effects(bench)
    plans: list[tuple[Sequence[How], Sequence[int]]] = [(("kill", "exception"), range(1, count + 1))]
    if not bench.every_crash:
        plans = [(("kill",), _spread(count, first=1)), (("exception",), _spread(count, first=3))]
    folder = bench.folder / "crashes"
    folder.mkdir()
    with CrashRig(
        bench.connector.name,
        bench.record_type,
        folder,
        records=_RECORDS,
        page_size=_PAGE_SIZE,
        plugins=only(bench.connector),
    ) as rig:
        for ways, numbers in plans:
            for crash in rig.crashes(*ways, numbers=numbers):
                if crash.differences:
                    yield str(crash)


def _count_effects(bench: Bench) -> int:
    """Count the side effects of a run as the rig makes it."""
    effects = Effects()
    with (
        bench.stand(_RECORDS) as stand,
        stand.session() as session,
        Store.open(bench.new_store()) as store,
        effects.watched(),
    ):
        Importer(store).run(bench.job(stand.open(WatchedSession(session, effects)), _PAGE_SIZE))
    return len(effects.seen)


def _spread(count: int, *, first: int) -> Sequence[int]:
    """Pick some numbers from the first to the last, evenly."""
    return range(first, count + 1, max(1, count // _SOME))
