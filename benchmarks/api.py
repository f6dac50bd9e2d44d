"""What the HTTP API costs, as a ratio to a bare FastAPI application that runs the same SQL.

    python benchmarks/api.py --requests 2000 --clients 8

On each database a store with the orders of a sandbox shop is served twice, by ``crossdock serve`` and by the floor: a
FastAPI application with a pydantic model for the body and the driver's own cursors, which checks neither token, owner,
limit nor version. Clients in this process put one entry of custom data after another, each on an order of its own
choosing, and then read pages of a hundred orders. CPU is user + system time of the serving process. The database's own
is shown as well where it has processes of its own; it is the same for both.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from fastapi import FastAPI, Response
from postgresql import Server, server_cpu
from pydantic import BaseModel

SHOP = "5377568eb7e165e3b38af6eece4a0001"
ERP = "5377568eb7e165e3b38af6eece4a0002"
PAGE = 100
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = """\
[store]
url = "{url}"

[[connection]]
id = "{shop}"
name = "shop"
connector = "woocommerce"
settings = {{ url = "sandbox:" }}

[[connection]]
id = "{erp}"
name = "erp"
connector = "api"
"""
Ask = Callable[[http.client.HTTPConnection, int], None]


@dataclass(frozen=True)
class Figure:
    """What a number of requests cost: CPU seconds of the server and of its database, and each one's time."""

    cpu: float
    database: float
    wall: float
    times: Sequence[float]

    def line(self, name: str) -> str:
        """Write it for people."""
        count, ordered = len(self.times), sorted(self.times)
        p50, p99 = ordered[count // 2], ordered[count * 99 // 100]
        return (
            f"{name:<26}{self.cpu / count * 1e6:8.0f} us CPU{self.database / count * 1e6:8.0f} us database"
            f"{count / self.wall:8.0f} requests/s{p50 * 1e3:8.1f} ms p50{p99 * 1e3:8.1f} ms p99"
        )


class Served:
    """A serving process and how to speak to it."""

    def __init__(
        self, process: subprocess.Popen[str], port: int, headers: dict[str, str], database: int | None
    ) -> None:
        self.port = port
        self.headers = headers
        self._process = process
        self._database = database

    def measure(self, ask: Ask, requests: int, clients: int) -> Figure:
        """Send requests from several clients at once."""
        self._load(ask, max(clients, requests // 10), clients)  # to warm up
        cpu, database, start = cpu_of(self._process.pid), self._cpu_of_database(), time.perf_counter()
        times = self._load(ask, requests, clients)
        wall = time.perf_counter() - start
        return Figure(cpu_of(self._process.pid) - cpu, self._cpu_of_database() - database, wall, times)

    def _cpu_of_database(self) -> float:
        return 0.0 if self._database is None else server_cpu(self._database)

    def _load(self, ask: Ask, requests: int, clients: int) -> list[float]:
        times: list[float] = []

        def work(numbers: range) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            for number in numbers:
                start = time.perf_counter()
                ask(connection, number)
                times.append(time.perf_counter() - start)
            connection.close()

        threads = [threading.Thread(target=work, args=(range(one, requests, clients),)) for one in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(times) != requests:
            raise SystemExit(f"only {len(times)} of {requests} requests were answered")
        return times


def cpu_of(pid: int) -> float:
    """User and system seconds of a living process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def send(connection: http.client.HTTPConnection, method: str, path: str, body: str | None, headers: Any) -> bytes:
    """Send a request and read its answer, which must be a good one."""
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    if response.status not in (200, 201):
        raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
    return content


# The floor: FastAPI and the driver


class Entry(BaseModel):
    """What the floor takes for an entry."""

    type: Literal["string", "bool", "integer", "decimal", "json"]
    value: Any


def bare(url: str) -> FastAPI:
    """Build the application that runs the same SQL and nothing else."""
    cursors, mark = (postgresql_cursors(url), "%s") if url.startswith("postgresql") else (sqlite_cursors(url), "?")
    writing = "BEGIN IMMEDIATE" if mark == "?" else "BEGIN"
    sql = {name: text.replace("?", mark) for name, text in SQL.items()}
    app = FastAPI()

    @app.put("/api/order/{local_id}/customdata/{key}")
    def put(local_id: str, key: str, entry: Entry) -> dict[str, Any]:
        now = "2026-01-01T00:00:00Z"
        group, _, name = key.rpartition("|")
        digest = blake2b(f"{local_id} {key}".encode(), digest_size=16).digest()
        with cursors(writing) as cursor:
            row = cursor.execute(sql["find" if mark == "?" else "find locked"], ("order", local_id)).fetchone()
            record = msgspec.json.decode(row[4])
            record.setdefault("customData", {}).setdefault(group, {})[name] = entry.value
            record["version"] = row[1] + 1
            document = msgspec.json.encode(record).decode()
            cursor.execute(sql["advance"])
            cursor.execute(sql["update"], (row[1] + 1, now, document, "order", local_id))
            cursor.execute(sql["materialise"], (document, SHOP, "order", record["remoteIdMap"][SHOP]))
            change = ("order", local_id, row[1] + 1, now, "connection", "erp", ERP, "api", None, key, "null", "1")
            cursor.execute(sql["history"], change)
            cursor.execute(sql["unindex"], (digest, "order", local_id))
            cursor.execute(sql["index"], (digest, "order", local_id))
            cursor.execute(sql["links"], ("order", local_id)).fetchall()
        return {"key": key, **entry.model_dump()}

    @app.get("/api/order")
    def page(cursor: int = 0, limit: int = PAGE) -> Response:
        with cursors("BEGIN") as reader:
            rows = reader.execute(sql["page"], ("order", cursor, limit)).fetchall()
            reader.execute(sql["deletions"], ("order", cursor, limit)).fetchall()
        body = '{"records":[' + ",".join(row[1] for row in rows) + "]}"
        return Response(body, media_type="application/json")

    return app


SQL = {
    "find": "SELECT local_id, version, created, last_modified, document FROM records "
    "WHERE record_type = ? AND local_id = ?",
    "find locked": "SELECT local_id, version, created, last_modified, document FROM records "
    "WHERE record_type = ? AND local_id = ? FOR UPDATE",
    "advance": "UPDATE sequence SET value = value + 1",
    "update": "UPDATE records SET sequence = (SELECT value FROM sequence), version = ?, last_modified = ?, "
    "document = ? WHERE record_type = ? AND local_id = ?",
    "materialise": "UPDATE imports SET produced = ? WHERE connection_id = ? AND record_type = ? AND remote_id = ? "
    "AND produced IS NULL AND outcome = 'stored'",
    "history": "INSERT INTO history (record_type, local_id, version, changed, actor_kind, actor_name, connection_id, "
    "through, run_id, path, old, new) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "unindex": "DELETE FROM entry_index WHERE digest = ? AND record_type = ? AND local_id = ?",
    "index": "INSERT INTO entry_index (digest, record_type, local_id) VALUES (?, ?, ?)",
    "links": "SELECT local_id FROM links WHERE target_type = ? AND target_id = ?",
    "page": "SELECT sequence, document FROM records WHERE record_type = ? AND sequence > ? ORDER BY sequence LIMIT ?",
    "deletions": "SELECT sequence, local_id FROM deletions WHERE record_type = ? AND sequence > ? "
    "ORDER BY sequence LIMIT ?",
}


def sqlite_cursors(url: str) -> Any:
    """Hand out cursors of a thread's own connection, each in a transaction."""
    local = threading.local()

    @contextmanager
    def cursors(begin: str) -> Iterator[Any]:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
            local.connection.execute("PRAGMA synchronous = NORMAL")
        cursor = local.connection.cursor()
        cursor.execute(begin)
        yield cursor
        cursor.execute("COMMIT")

    return cursors


def postgresql_cursors(url: str) -> Any:
    """Hand out cursors of a thread's own connection, each in a transaction."""
    import psycopg

    local = threading.local()

    @contextmanager
    def cursors(begin: str) -> Iterator[Any]:
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(url, autocommit=True)
        with local.connection.cursor() as cursor:
            cursor.execute(begin)
            yield cursor
            cursor.execute("COMMIT")

    return cursors


# What is served


def serve_bare(url: str) -> None:
    """Serve the floor, after saying on which port."""
    import socket

    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    print(f"serving http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(bare(url), log_config=None, access_log=False, http="h11", ws="none")
    uvicorn.Server(config).run(sockets=[listening])


def serve_cold() -> None:
    """Serve what ``crossdock serve`` does, with each page rendered anew: as if it were read for the first time."""
    import runpy

    from crossdock.api.renderings import Renderings

    Renderings._keep = lambda *_given: None  # type: ignore[method-assign]  # noqa: SLF001 - no setting asks for it
    sys.argv[1:] = ["serve", "--port", "0"]
    runpy.run_module("crossdock", run_name="__main__")


@contextmanager
def serving(command: Sequence[str], folder: Path, token: str, database: int | None) -> Iterator[Served]:
    """Run a server until the end of the block."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        port = int(line.partition("127.0.0.1:")[2].partition(",")[0])
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        yield Served(process, port, headers, database)
    finally:
        process.terminate()
        process.wait(20)


def prepare(folder: Path, url: str) -> tuple[str, list[str]]:
    """Fill a store; return a token and the localIds of its orders."""
    (folder / "plugins.toml").write_text(CONFIG.format(url=url, shop=SHOP, erp=ERP), "utf-8")

    def crossdock(*arguments: str) -> str:
        command = [sys.executable, "-m", "crossdock", *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    crossdock("import", "shop")
    token = json.loads(crossdock("tokens", "create", "--connection", "erp", "--json"))["token"]
    lines = crossdock("records", "export", "--type", "order", "--format", "jsonl").splitlines()
    return token, [json.loads(line)["localId"] for line in lines]


def compare(name: str, url: str, database: int | None, options: argparse.Namespace) -> dict[str, float]:
    """Measure both servers on one database, in turn; return the ratios."""
    ratios: dict[str, list[float]] = {"put": [], "page": []}
    shown: list[str] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        address = url or f"sqlite:///{folder / 'crossdock.db'}"
        token, local_ids = prepare(folder, address)
        floor = [sys.executable, __file__, "--serve-bare", address]
        serve = ["-m", "crossdock", "serve", "--port", "0"]
        ours = [sys.executable, *([__file__, "--serve-cold"] if options.cold else serve)]
        for _ in range(options.rounds):
            figures = {}
            for who, command in (("floor", floor), ("crossdock", ours)):
                with serving(command, folder, token, database) as served:
                    for what, ask in asks(served, local_ids).items():
                        count = options.requests if what == "put" else options.requests // 5
                        figures[who, what] = served.measure(ask, count, options.clients)
            shown = [figure.line(f"{name} {what} {who}") for (who, what), figure in figures.items()]
            for what, found in ratios.items():
                found.append(figures["crossdock", what].cpu / figures["floor", what].cpu)
    print(*shown, sep="\n", flush=True)
    return {f"{name} {what}": statistics.median(found) for what, found in ratios.items()}


def asks(served: Served, local_ids: Sequence[str]) -> dict[str, Ask]:
    """The two kinds of requests."""
    chance = random.Random(7)
    headers = served.headers

    def put(connection: http.client.HTTPConnection, number: int) -> None:
        key = quote(f"{ERP}|x-erp|invoice{number % 5}", safe="")
        body = json.dumps({"type": "string", "value": f"{number}-{chance.random()}"})
        send(connection, "PUT", f"/api/order/{chance.choice(local_ids)}/customdata/{key}", body, headers)

    def page(connection: http.client.HTTPConnection, number: int) -> None:
        content = send(connection, "GET", f"/api/order?limit={PAGE}", None, headers)
        if number == 0 and len(json.loads(content)["records"]) != PAGE:
            raise RuntimeError("a page has not as many records as were asked for")

    return {"put": put, "page": page}


def main() -> None:
    """Measure, print the figures, and the ratios last."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--requests", type=int, default=1000, help="PUTs; a fifth as many pages are read")
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    options.add_argument("--cold", action="store_true", help="render each page anew, as if it were read once only")
    options.add_argument("--serve-cold", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--serve-bare", metavar="URL", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve_bare:
        serve_bare(given.serve_bare)
        return
    if given.serve_cold:
        serve_cold()
        return
    ratios: dict[str, float] = {}
    with ExitStack() as stack:
        if given.database != "postgresql":
            ratios |= compare("sqlite", "", None, given)
        if given.database != "sqlite":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            server = Server(folder / "data")
            stack.callback(server.stop)
            ratios |= compare("postgresql", server.new_url(), server.pid, given)
    for name, ratio in ratios.items():
        print(f"ratio {name}: {ratio:.2f}")


if __name__ == "__main__":
    main()
