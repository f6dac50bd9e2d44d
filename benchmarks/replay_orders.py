"""What a replay of stored orders costs, beside an import of the same orders after the same change of the mapping.

    python benchmarks/replay_orders.py --orders 5000

A sandbox shop serves N orders from a process of its own. They are imported into a new store (*first*); then a line of
the mapping is added that changes every record. Each of these begins with a copy of that store, in a fresh process:

* *again*: ``crossdock import --full``, which asks the shop for every order and maps it;
* *apply*: ``crossdock replay --apply``, which maps the stored payloads;
* *diff*: ``crossdock replay --diff``, which writes nothing and shows what would change;
* *none*: ``crossdock replay --apply`` after another change, under which every record stays as it is.

CPU is counted as ``import_orders.py`` does, start-up included; medians over ``--rounds`` and ratios within one round
are what counts. The last line is ``ratio: X.XX``, of *apply* to *again*.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import tempfile
from pathlib import Path

from import_orders import CONFIG, Bench, Cost, shop, show

CHANGES_ALL = CONFIG + '[connection.import.order.mapping]\n"customerNote" = "currency"\n'
CHANGES_NONE = CONFIG + '[connection.import.order.mapping]\n"customerNote" = "nowhere || customer_note"\n'
COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "again": (CHANGES_ALL, ("import", "--full")),
    "apply": (CHANGES_ALL, ("replay", "--apply")),
    "diff": (CHANGES_ALL, ("replay", "--diff")),
    "none": (CHANGES_NONE, ("replay", "--apply")),
}


class ReplayBench(Bench):
    """Runs imports and replays over one store."""

    def first(self) -> Cost:
        """Import everything into a new store, and keep that."""
        self.config.write_text(CONFIG.format(url=self.shop["url"]))
        cost = self.crossdock("import")
        store = self.folder / "crossdock.db"
        sqlite3.connect(store).execute("pragma wal_checkpoint(truncate)")
        shutil.copy(store, self.folder / "kept.db")
        return cost

    def then(self, name: str) -> Cost:
        """Run one command under a changed configuration over what the first import left."""
        config, command = COMMANDS[name]
        self.config.write_text(config.format(url=self.shop["url"]))
        self._remove(self.folder / "crossdock.db")
        shutil.copy(self.folder / "kept.db", self.folder / "crossdock.db")
        return self.crossdock(*command, again=True)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="the cost of a replay, as a ratio to that of an import")
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with shop(options.orders) as settings, tempfile.TemporaryDirectory() as folder:
        bench = ReplayBench(settings, Path(folder))
        bench.warm_up()
        costs: dict[str, list[Cost]] = {"first": [], **{name: [] for name in COMMANDS}}
        for _ in range(options.rounds):
            costs["first"].append(bench.first())
            for name in COMMANDS:
                costs[name].append(bench.then(name))
    for name, found in costs.items():
        show(name, found, options.orders)
    for name in ("apply", "diff", "none"):
        print(f"{name}: {_ratio(costs[name], costs['first']):.2f} of the first import")
    print(f"ratio: {_ratio(costs['apply'], costs['again']):.2f}")


def _ratio(ones: list[Cost], others: list[Cost]) -> float:
    return statistics.median(one.cpu / other.cpu for one, other in zip(ones, others, strict=True))


if __name__ == "__main__":
    main()
