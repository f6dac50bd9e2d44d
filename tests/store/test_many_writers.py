"""Many processes write at once: nothing that was acknowledged is lost, nothing is there twice, no reader misses one."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from crossdock.store import RemoteIdTakenError, Store
from tests.databases import run_sql
from tests.store.shop import ERP, ERP_API, incoming, local_id, order, write

PROCESSES, WRITES = 4, 80
# Each process adds entries of its own to three records that all of them write, and tells every one that was taken.
PROGRAM = """
import sys
from crossdock.store import Store
from tests.store.shop import OPERATOR, entry

url, number, writes, *targets = sys.argv[1:]
with Store.open(url) as store:
    for step in range(int(writes)):
        key = f"{number}-{step}"
        def add(record):
            return {**record, "customData": {**record.get("customData", {}), **entry(None, key, key, module="x-w")}}
        target = targets[step % len(targets)]
        store.write_record(OPERATOR, "order", target, add)
        print(target, key, flush=True)
"""


def start(url: str, number: int, targets: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, url, str(number), str(WRITES), *targets]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root)


class Follower(threading.Thread):
    """Polls as a reader of changes does, from the highest number on; one that turns up below it was missed."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.done = threading.Event()
        self.highest = 0
        self.missed: list[int] = []

    def run(self) -> None:
        seen: set[int] = set()
        last = False
        while not last:
            last = self.done.wait(0.01)
            numbers = {number for (number,) in run_sql(self.url, "SELECT sequence FROM records")}
            self.missed += [number for number in numbers - seen if number <= self.highest]
            seen |= numbers
            self.highest = max(seen)


def test_every_acknowledged_write_of_many_processes_is_found_and_no_reader_missed_one(url: str) -> None:
    with Store.open(url) as store:
        write(store, *(incoming(order(str(number))) for number in range(3)))
        targets = [local_id(store, str(number)) for number in range(3)]
        follower = Follower(url)
        follower.start()
        processes = [start(url, number, targets) for number in range(PROCESSES)]
        told = [process.communicate(timeout=240) for process in processes]
        follower.done.set()
        follower.join()
        assert [errors for _, errors in told] == [""] * PROCESSES
        acknowledged = [line.split() for output, _ in told for line in output.splitlines()]
        records = {target: store.record("order", target) or {} for target in targets}
        for target, key in acknowledged:
            assert records[target]["customData"][f"|x-w|{key}"]["value"] == key
        assert sum(record["version"] - 1 for record in records.values()) == len(acknowledged) == PROCESSES * WRITES
        assert follower.missed == []
        assert follower.highest == len(targets) + len(acknowledged)


def test_of_many_that_claim_a_remote_id_at_once_one_gets_it(url: str) -> None:
    """Each program creates a record under the same remote id: one is made, the others are told who has it."""
    together = threading.Barrier(4)
    told: list[str] = []

    def create() -> None:
        with Store.open(url) as mine:
            together.wait()
            try:
                told.append(mine.write_record(ERP_API, "order", None, order("7", ERP)).local_id)
            except RemoteIdTakenError as error:
                told.append(str(error))

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store.open(url) as store:
        holder = local_id(store, "7", ERP)
        assert store.counts() == {"order": 1}
    assert sorted(one == holder for one in told) == [False, False, False, True]
    assert all(holder in one for one in told)
