"""What an import costs, as a ratio to the least that could be done with the same orders.

    python benchmarks/import_orders.py --orders 20000

A sandbox shop serves N orders from a process of its own. Then, each in a fresh process and in turn:

* the *floor*: requests, orjson and ``sqlite3.executemany`` of the raw JSON, a transaction a page;
* a full ``crossdock import``: ledger, custom data, payload archive, validation, and a chain of three manipulators;
* with ``--again``, a second ``--full`` import in which nothing has changed.

CPU is user + system time of the whole process as the kernel counts it, start-up included, with bytecode compiled before
as that of an installed program is; the machines are noisy, so medians over ``--rounds`` and ratios within one run
are what counts. The last line is ``ratio: X.XX``.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "bench"
connector = "woocommerce"

[connection.settings]
url = "{url}"
consumer_key = {{ env = "BENCH_KEY" }}
consumer_secret = {{ env = "BENCH_SECRET" }}

[connection.import.order]
manipulators = [
  {{ use = "field-set", field = "channel", value = "web" }},
  {{ use = "value-map", field = "shippingAddress.countryCode", table = {{ UK = "GB" }} }},
  {{ use = "field-copy", from = "customer.email", to = "shippingAddress.email" }},
]
"""
PAGE = 100


@dataclass(frozen=True)
class Cost:
    """What one process took: CPU and wall seconds, and its peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end; it must succeed."""
    begin = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed:\n{output.decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - begin, usage.ru_maxrss / 1024)


def floor(url: str, key: str, secret: str, database: str) -> None:
    """Fetch every order and keep its JSON: the least that any import has to do."""
    import orjson
    import requests

    store = sqlite3.connect(database, isolation_level=None)
    store.execute("pragma journal_mode = wal")
    store.execute("pragma synchronous = normal")
    store.execute("create table orders (id integer primary key, document blob)")
    session = requests.Session()
    session.auth = (key, secret)
    session.headers["X-Forwarded-Proto"] = "https"
    page = 1
    while True:
        params = {"per_page": str(PAGE), "page": str(page), "orderby": "id", "order": "asc"}
        orders = orjson.loads(session.get(f"{url}/wp-json/wc/v3/orders", params=params, timeout=30).content)
        if not orders:
            break
        store.execute("begin immediate")
        store.executemany("insert into orders values (?, ?)", [(order["id"], orjson.dumps(order)) for order in orders])
        store.execute("commit")
        page += 1
    store.close()


def serve(orders: int, latency: float) -> None:
    """Be the shop: print url and credentials, serve until standard input closes."""
    from crossdock.testing.sandbox import Request, Response, SandboxOptions, SandboxServer
    from crossdock_woocommerce.sandbox import make_sandbox

    sandbox = make_sandbox(SandboxOptions(records=orders))
    with SandboxServer(sandbox) as server:

        def slow(_request: Request) -> Response | None:
            time.sleep(latency)
            return None

        if latency:
            server.hooks.append(slow)
        print(json.dumps({"url": server.url, **sandbox.settings}), flush=True)
        sys.stdin.read()


@contextmanager
def shop(orders: int, latency: float = 0.0) -> Iterator[dict[str, str]]:
    """Start the shop in a process of its own, and have it invent all its orders before anything is measured."""
    command = [sys.executable, __file__, "--serve", "--orders", str(orders), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()


class Bench:
    """Runs floor and imports against one shop."""

    def __init__(self, shop_settings: dict[str, str], folder: Path) -> None:
        self.shop = shop_settings
        self.folder = folder
        self.environment = {
            **os.environ,
            "BENCH_KEY": shop_settings["consumer_key"],
            "BENCH_SECRET": shop_settings["consumer_secret"],
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        }
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is not compiled at every start
        self.config = folder / "plugins.toml"
        self.config.write_text(CONFIG.format(url=shop_settings["url"]))

    def warm_up(self) -> None:
        """Have the shop write the text of every order, which it keeps, and Python the bytecode of every module."""
        self.floor()
        self.crossdock("import", "--limit", "1")

    def floor(self) -> Cost:
        """Run the floor into a new database."""
        database = self.folder / "floor.db"
        self._remove(database)
        arguments = [self.shop["url"], self.shop["consumer_key"], self.shop["consumer_secret"], str(database)]
        return measure([sys.executable, __file__, "--floor", *arguments], self.environment)

    def crossdock(self, *arguments: str, again: bool = False) -> Cost:
        """Run a command of ``crossdock`` on a new store, or ``again`` on the one that is there."""
        if not again:
            self._remove(self.folder / "crossdock.db")
        command = [sys.executable, "-m", "crossdock", "--config", str(self.config), *arguments]
        return measure(command, self.environment)

    @staticmethod
    def _remove(database: Path) -> None:
        for path in database.parent.glob(f"{database.name}*"):
            path.unlink()


def show(name: str, costs: list[Cost], orders: int) -> None:
    """Print one line of figures."""
    cpu = statistics.median(cost.cpu for cost in costs)
    wall = statistics.median(cost.wall for cost in costs)
    memory = max(cost.memory for cost in costs)
    print(f"{name:<10} {cpu:8.2f} s CPU  {cpu / orders * 1e6:8.0f} us/order  {wall:8.2f} s wall  {memory:6.0f} MB peak")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="the cost of an import, as a ratio to the floor")
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--again", action="store_true", help="also measure a second --full import without changes")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that the shop takes for a page")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--floor", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.orders, options.latency)
    if options.floor:
        return floor(*options.floor)
    with shop(options.orders, options.latency) as settings, tempfile.TemporaryDirectory() as folder:
        bench = Bench(settings, Path(folder))
        bench.warm_up()
        floors, imports, seconds = [], [], []
        for _ in range(options.rounds):
            floors.append(bench.floor())
            imports.append(bench.crossdock("import"))
            if options.again:
                seconds.append(bench.crossdock("import", "--full", again=True))
    show("floor", floors, options.orders)
    show("import", imports, options.orders)
    if seconds:
        show("again", seconds, options.orders)
        share = statistics.median(two.cpu / one.cpu for one, two in zip(imports, seconds, strict=True))
        print(f"second import without changes: {share:.2f} of the first")
    ratio = statistics.median(one.cpu / base.cpu for one, base in zip(imports, floors, strict=True))
    print(f"ratio: {ratio:.2f}")
    return None


if __name__ == "__main__":
    main()
