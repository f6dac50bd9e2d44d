"""What the store's tests write with: two connections, an operator, and orders as a mapping would produce them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from crossdock.records import Working, pack_record
from crossdock.store import Actor, Incoming, PageWrite, Result, Run, Store

SHOP = "5377568eb7e165e3b38af6eece4a0001"
ERP = "0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e"
IMPORT = Actor("connection", SHOP, "demo-shop", "import", "woocommerce")
ERP_IMPORT = Actor("connection", ERP, "the-erp", "import", "erp")
ERP_API = Actor("connection", ERP, "the-erp", "api", "erp")
SHOP_API = Actor("connection", SHOP, "demo-shop", "api", "woocommerce")
OPERATOR = Actor("operator", None, "kim", "cli")
CONFIG = b"configuration one"
EARLY, LATER = "2024-03-03T14:09:27Z", "2024-03-03T14:09:28Z"


def entry(owner: str | None, key: str, value: object, *, module: str = "connector.woocommerce") -> Working:
    """One custom data entry under its dictionary key."""
    own = {"connectionId": owner} if owner else {}
    types: Mapping[type, str] = {str: "string", bool: "bool", int: "integer"}
    kind = types.get(type(value), "json")
    return {f"{owner or ''}|{module}|{key}": {**own, "moduleId": module, "key": key, "type": kind, "value": value}}


def row(number: int, **fields: Any) -> Working:
    """One order row with a rowId made from a number."""
    return {"rowId": f"{number:032x}", "type": "product", **fields}


def order(remote_id: str = "138", owner: str = SHOP, **fields: Any) -> Working:
    """An order as produced for a connection."""
    return {"remoteIdMap": {owner: remote_id}, **fields}


def incoming(produced: Working, modified: str | None = EARLY, *, owner: str = SHOP, **fields: Any) -> Incoming:
    """An item of a page whose payload is a faithful stand-in: equal when what was produced is equal."""
    payload = pack_record(produced)
    given: dict[str, Any] = {
        "remote_id": produced["remoteIdMap"][owner],
        "modified": modified,
        "digest": hashlib.sha256(payload).digest(),
        "config_hash": CONFIG,
        "payload": payload,
        "ledger": (6, 3, 1, 1, 1, 0),
        "produced": produced,
    }
    return Incoming(**(given | fields))


@contextmanager
def running(store: Store, actor: Actor = IMPORT, record_type: str = "order") -> Iterator[Run]:
    """A run of an actor's connection, finished at the end."""
    run = store.start_run(str(actor.connection_id), record_type, CONFIG)
    yield run
    store.finish_run(run, {}, "succeeded")


def write(store: Store, *items: Any, actor: Actor = IMPORT, cursor: str | None = None) -> list[Result]:
    """Write one page under a run of its own."""
    with running(store, actor) as run:
        return store.write_page(actor, run, PageWrite(items, cursor))


def local_id(store: Store, remote_id: str = "138", owner: str = SHOP) -> str:
    """The platform's id of a remote record."""
    found = store.known(owner, "order", [remote_id])[remote_id].local_id
    assert found is not None
    return found


def stored(store: Store, remote_id: str = "138", owner: str = SHOP) -> Working:
    """The stored record of a remote one."""
    record = store.record("order", local_id(store, remote_id, owner))
    assert record is not None
    return record
