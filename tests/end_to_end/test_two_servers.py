"""Two servers on one database, clients that write the same records at once: every acknowledged write is found."""

from __future__ import annotations

import random
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from crossdock.store import Actor, Store

from .process import COMMAND

OPERATOR = Actor("operator", None, "test", "cli")
IDS = [f"{number:032x}" for number in range(1, 5)]
ROW = "f" * 32
WRITES = 120
KEYS = 6


class Client(threading.Thread):
    """Writes as one connection, to any of the servers, and remembers what was acknowledged as its own entries."""

    def __init__(self, owner: str, token: str, servers: list[str], places: list[str]) -> None:
        super().__init__(name=owner)
        self.owner = owner
        self.servers = servers
        self.own: dict[str, dict[str, str]] = {place: {} for place in places}
        self.refused: list[str] = []
        self._choose = random.Random(owner)
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def run(self) -> None:
        with self._session:
            for number in range(WRITES):
                place = self._choose.choice(list(self.own))
                self._write(place, self.own[place], str(number))

    def _write(self, place: str, own: dict[str, str], value: str) -> None:
        key = f"{self.owner}|x-own|k{self._choose.randrange(KEYS)}"
        entry = {"type": "string", "value": value}
        whole = {"connectionId": self.owner, "moduleId": "x-own", "key": key.rpartition("|")[2], **entry}
        match self._choose.choice(["put", "put", "patch", "post", "delete", "replace"]):
            case "put":
                self._send("PUT", f"{place}/{quote(key, safe='')}", entry, 200 if key in own else 201)
                own[key] = value
            case "patch":
                gone = f"{self.owner}|x-own|k0"
                self._send("PATCH", place, {gone: None, key: entry}, 200)
                own.pop(gone, None)
                own[key] = value
            case "post":
                self._send("POST", place, whole, 409 if key in own else 201)
                own.setdefault(key, value)
            case "delete":
                self._send("DELETE", f"{place}/{quote(key, safe='')}", None, 204 if key in own else 404)
                own.pop(key, None)
            case "replace":
                self._send("PUT", place, {key: entry}, 200)
                own.clear()
                own[key] = value

    def _send(self, method: str, path: str, body: object, expected: int) -> None:
        answer = self._session.request(method, self._choose.choice(self.servers) + path, json=body, timeout=60)
        if answer.status_code != expected:
            self.refused.append(f"{method} {path}: {answer.status_code}, not {expected}: {answer.text}")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Serve in a process of its own, whose log nobody reads, and give its address."""
    command = [*COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"serving (http://\S+),", process.stdout.readline())
            assert found is not None
            yield found[1]
        finally:
            process.terminate()
            process.wait(60)


@pytest.mark.slow
def test_writers_of_one_record_never_lose_each_others_entries(tmp_path: Path, url: str) -> None:
    connections = "".join(
        f'[[connection]]\nid = "{one}"\nname = "client-{number}"\nconnector = "api"\n' for number, one in enumerate(IDS)
    )
    (tmp_path / "plugins.toml").write_text(f'[store]\nurl = "{url}"\n{connections}', "utf-8")
    with Store.open(url) as store, ExitStack() as stack:
        given = {"rows": [{"rowId": ROW, "type": "product"}]}
        orders = [store.write_record(OPERATOR, "order", None, given).local_id for _number in range(2)]
        tokens = [store.tokens.create(one, "connection")[1] for one in IDS]
        servers = [stack.enter_context(server(tmp_path)) for _number in range(2)]
        places = [f"/api/order/{one}{inside}/customdata" for one in orders for inside in ("", f"/rows/{ROW}")]
        clients = [Client(one, token, servers, places) for one, token in zip(IDS, tokens, strict=True)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert [line for client in clients for line in client.refused] == []
        for place in places:
            found = requests.get(
                servers[0] + place, headers={"Authorization": f"Bearer {tokens[0]}"}, timeout=60
            ).json()
            expected = {key: value for client in clients for key, value in client.own[place].items()}
            assert {key: entry["value"] for key, entry in found.items()} == expected
        for one in orders:
            told = store.history("order", one)
            assert [line.version for line in told] == sorted(line.version for line in told)
