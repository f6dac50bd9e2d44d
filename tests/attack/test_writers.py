"""Several programs and an operator on the same orders, over HTTP, against a naive model of what each verb means.

Nobody changes, removes or creates what belongs to others; a refusal names every offending key and leaves the record
as it was, to the byte; and whatever was acknowledged is there. Values that Python takes for equal (1, true, 1.0) are
among those that are written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from crossdock.store import Store
from crossdock.store.writes.followers import followers_of
from tests.api.serving import ERP_ID, SHOP_ID, WMS_ID, Api, Client, read_config, served
from tests.databases import Postgresql, Sqlite

Entries: TypeAlias = dict[str, Any]  # by dictionary key; what is not None

OWNERS = {"shop": SHOP_ID, "erp": ERP_ID, "wms": WMS_ID}
ROWS = ["0" * 31 + "a", "0" * 31 + "b"]
KEYS = [f"{owner}|x-{module}|{name}" for owner in ("", *OWNERS.values()) for module, name in (("a", "k"), ("b", "a/b"))]
VALUES: list[Any] = ["", "x", 0, 1, 1.0, True, False, None, [1], [True], {"n": 1.0}]
EXAMPLES = count()

writers = st.sampled_from(["shop", "erp", "wms", "operator"])
keys = st.sampled_from(KEYS)
values = st.sampled_from(VALUES)
given_entries = st.dictionaries(keys, values, max_size=3)
merged_entries = st.dictionaries(keys, values | st.just("gone"), max_size=4)
rows = st.sampled_from(ROWS)
places = st.just("") | rows


@dataclass
class Row:
    entries: Entries = field(default_factory=dict)
    removed: bool = False


@dataclass
class Order:
    version: int
    entries: Entries
    rows: dict[str, Row]
    ids: dict[str, str]

    def at(self, place: str) -> Entries | None:
        """The entries of the record (``""``) or of a row; ``None`` if there is no such row."""
        if not place:
            return self.entries
        return self.rows[place].entries if place in self.rows else None


def entry(key: str, value: Any) -> dict[str, Any]:
    owner, module, name = key.split("|")
    own = {"connectionId": owner} if owner else {}
    return {**own, "moduleId": module, "key": name, "type": "json", "value": value}


def body_of(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: None if value == "gone" else entry(key, value) for key, value in given.items()}


def exact(value: object) -> str:
    """The JSON of a value, in which 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True)


def is_own(writer: str, key: str) -> bool:
    """Whether an entry is replaced by this writer's PUT."""
    return key.startswith(f"{OWNERS.get(writer, '')}|")


def may(writer: str, key: str) -> bool:
    return writer == "operator" or is_own(writer, key)


def offending(writer: str, before: Entries, after: Entries) -> set[str]:
    """What the writer changes, removes or creates and may not."""
    absent = object()
    return {
        key
        for key in before | after
        if not may(writer, key)
        and ((key in before) != (key in after) or exact(before.get(key)) != exact(after.get(key, absent)))
    }


def merged(before: Entries, given: Mapping[str, Any]) -> Entries:
    return {key: value for key, value in {**before, **given}.items() if value != "gone"}


def replaced(writer: str, before: Entries, given: Mapping[str, Any]) -> Entries:
    return merged({key: value for key, value in before.items() if not is_own(writer, key)}, given)


class Programs(RuleBasedStateMachine):
    api: Api

    @initialize()
    def begin(self) -> None:
        self.orders: dict[str, Order] = {}
        self.gone: set[str] = set()
        self.example = next(EXAMPLES)

    # What is sent, and what must come of it

    def client(self, writer: str) -> Client:
        client: Client = getattr(self.api, writer)
        return client

    def read(self, local_id: str) -> requests.Response:
        return self.api.wms.get(f"/api/order/{local_id}")

    def pick(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.orders)))

    def write(
        self, writer: str, local_id: str, method: str, inside: str, body: Any, wanted: Order | None, errors: set[str]
    ) -> int:
        """Send a write that leaves an order as ``wanted``, unless ``errors`` are told, or (``None``) nothing is."""
        before = self.read(local_id)
        answer = self.client(writer)(method, f"/api/order/{local_id}{inside}", body)
        after = self.read(local_id)
        if answer.status_code >= 400:
            assert after.content == before.content
            assert answer.headers["Content-Type"] == "application/problem+json"
        if answer.status_code == 403:
            assert {one["key"] for one in answer.json()["errors"]} == errors
            return 403
        if answer.status_code < 400:
            assert wanted is not None
            assert not errors
            self.settle(local_id, wanted, after)
        return answer.status_code

    def settle(self, local_id: str, wanted: Order, after: requests.Response) -> None:
        """The order is as wanted, and its version moved exactly if anything did."""
        there = self.orders[local_id]
        wanted.version = there.version
        if said(wanted) != said(there):
            wanted.version += 1
        record = after.json()
        assert read_order(record) == said(wanted)
        assert record["version"] == wanted.version
        self.orders[local_id] = wanted

    # Entries, one verb each

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, place=places, key=keys, value=values)
    def put_one(self, data: st.DataObject, writer: str, place: str, key: str, value: Any) -> None:
        local_id = self.pick(data)
        self.change(writer, local_id, "PUT", place, key, body_of({key: value})[key], {key: value}, (200, 201))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, place=places, key=keys)
    def delete_one(self, data: st.DataObject, writer: str, place: str, key: str) -> None:
        local_id = self.pick(data)
        here = self.orders[local_id].at(place)
        expected = (204,) if here is not None and key in here else (404,)
        self.change(writer, local_id, "DELETE", place, key, None, {key: "gone"}, expected)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, place=places, key=keys, value=values)
    def post_one(self, data: st.DataObject, writer: str, place: str, key: str, value: Any) -> None:
        local_id = self.pick(data)
        here = self.orders[local_id].at(place)
        if here is not None and key in here:
            self.change(writer, local_id, "POST", place, None, entry(key, value), {}, (409,))
        else:
            self.change(writer, local_id, "POST", place, None, entry(key, value), {key: value}, (201,))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, place=places, given=merged_entries)
    def patch_many(self, data: st.DataObject, writer: str, place: str, given: Entries) -> None:
        self.change(writer, self.pick(data), "PATCH", place, None, body_of(given), given, (200,))

    def change(
        self,
        writer: str,
        local_id: str,
        method: str,
        place: str,
        key: str | None,
        body: Any,
        given: Mapping[str, Any],
        expected: tuple[int, ...],
    ) -> None:
        """Merge entries into those of one place, by any verb that means so."""
        wanted = deepcopy(self.orders[local_id])
        inside = f"/rows/{place}/customdata" if place else "/customdata"
        inside += f"/{quote(key, safe='')}" if key else ""
        here = wanted.at(place)
        if here is None:
            assert self.write(writer, local_id, method, inside, body, None, set()) == 404
            return
        after = merged(here, given)
        errors = offending(writer, here, after)
        here.clear()
        here.update(after)
        status = self.write(writer, local_id, method, inside, body, wanted, errors)
        assert status in ((403,) if errors else expected)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, place=places, given=given_entries)
    def put_all(self, data: st.DataObject, writer: str, place: str, given: Entries) -> None:
        local_id = self.pick(data)
        wanted = deepcopy(self.orders[local_id])
        inside = f"/rows/{place}/customdata" if place else "/customdata"
        here = wanted.at(place)
        if here is None:
            assert self.write(writer, local_id, "PUT", inside, body_of(given), None, set()) == 404
            return
        after = replaced(writer, here, given)
        errors = offending(writer, here, after)
        here.clear()
        here.update(after)
        assert self.write(writer, local_id, "PUT", inside, body_of(given), wanted, errors) == (403 if errors else 200)

    # Whole records

    @precondition(lambda self: len(self.orders) < 2)
    @rule(writer=writers, given=given_entries, on_row=given_entries)
    def create(self, writer: str, given: Entries, on_row: Entries) -> None:
        row = {"rowId": ROWS[0], "type": "product", "customData": body_of(on_row)}
        answer = self.client(writer).post("/api/order", {"customData": body_of(given), "rows": [row]})
        errors = offending(writer, {}, given) | offending(writer, {}, on_row)
        if errors:
            assert answer.status_code == 403
            assert {one["key"] for one in answer.json()["errors"]} == errors
            return
        assert answer.status_code == 201
        order = Order(1, dict(given), {ROWS[0]: Row(dict(on_row))}, {})
        assert read_order(answer.json()) == said(order)
        self.orders[answer.json()["localId"]] = order

    @precondition(lambda self: self.orders)
    @rule(
        data=st.data(),
        writer=writers,
        given=st.none() | given_entries,
        place=st.sampled_from(ROWS),
        on_row=given_entries,
    )
    def put_record(self, data: st.DataObject, writer: str, given: Entries | None, place: str, on_row: Entries) -> None:
        """Both maps in one request: if either has what is others', nothing of it is written."""
        local_id = self.pick(data)
        wanted = deepcopy(self.orders[local_id])
        body: dict[str, Any] = {"rows": [{"rowId": place, "type": "product", "customData": body_of(on_row)}]}
        errors: set[str] = set()
        if given is not None:
            body["customData"] = body_of(given)
            after = replaced(writer, wanted.entries, given)
            errors = offending(writer, wanted.entries, after)
            wanted.entries = after
        row = wanted.rows.setdefault(place, Row())
        after = replaced(writer, row.entries, on_row)
        errors |= offending(writer, row.entries, after)
        row.entries = after
        assert self.write(writer, local_id, "PUT", "", body, wanted, errors) == (403 if errors else 200)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, place=rows)
    def remove_row(self, data: st.DataObject, writer: str, place: str) -> None:
        """A row on which others have written stays, marked."""
        local_id = self.pick(data)
        wanted = deepcopy(self.orders[local_id])
        row = wanted.rows.get(place)
        if row is not None and not row.removed:
            row.removed = True
            if all(is_own(writer, key) for key in row.entries):
                del wanted.rows[place]
        body = {"rows": [{"rowId": place, "type": "product", "removed": True}]}
        assert self.write(writer, local_id, "PUT", "", body, wanted, set()) == 200

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, owner=st.sampled_from(sorted(OWNERS.values())), name=st.sampled_from("pq"))
    def link(self, data: st.DataObject, writer: str, owner: str, name: str) -> None:
        self.relink(self.pick(data), writer, owner, f"{name}{self.example}")

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, owner=st.sampled_from(sorted(OWNERS.values())))
    def unlink(self, data: st.DataObject, writer: str, owner: str) -> None:
        self.relink(self.pick(data), writer, owner, None)

    def relink(self, local_id: str, writer: str, owner: str, remote_id: str | None) -> None:
        wanted = deepcopy(self.orders[local_id])
        before = dict(wanted.ids)
        wanted.ids.pop(owner, None)
        if remote_id is not None:
            wanted.ids[owner] = remote_id
        errors = set() if writer == "operator" or owner == OWNERS[writer] or wanted.ids == before else {owner}
        taken = any(order.ids.get(owner) == remote_id for one, order in self.orders.items() if one != local_id)
        expected = 403 if errors else 409 if taken and remote_id is not None else 200
        body = {"remoteIdMap": {owner: remote_id}}
        assert self.write(writer, local_id, "PUT", "", body, wanted, errors) == expected

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), writer=writers, force=st.booleans())
    def delete_record(self, data: st.DataObject, writer: str, force: bool) -> None:
        local_id = self.pick(data)
        order = self.orders[local_id]
        standing = [
            key
            for one in (order.entries, *(row.entries for row in order.rows.values()))
            for key in one
            if key[0] != "|"
        ]
        before = self.read(local_id).content
        answer = self.client(writer).delete(f"/api/order/{local_id}?force={str(force).lower()}")
        if writer != "operator":
            assert answer.status_code == 403
        elif standing and not force:
            assert answer.status_code == 409
            assert len(answer.json()["errors"]) == len(standing)
        else:
            assert answer.status_code == 204
            assert self.read(local_id).status_code == 404
            del self.orders[local_id]
            self.gone.add(local_id)
            return
        assert self.read(local_id).content == before

    @precondition(lambda self: self.gone)
    @rule(data=st.data(), writer=writers, key=keys)
    def write_to_what_is_gone(self, data: st.DataObject, writer: str, key: str) -> None:
        path = f"/api/order/{data.draw(st.sampled_from(sorted(self.gone)))}"
        for method, inside, body in (("PUT", "", {}), ("PATCH", "/customdata", body_of({key: "x"}))):
            assert self.client(writer)(method, path + inside, body).status_code == 404

    def teardown(self) -> None:
        """Nothing was changed behind the back of whoever wrote last."""
        for local_id, order in getattr(self, "orders", {}).items():
            record = self.read(local_id).json()
            assert (read_order(record), record["version"]) == (said(order), order.version)


def said(order: Order) -> str:
    rows = {name: [row.entries, row.removed] for name, row in order.rows.items()}
    return exact([order.entries, rows, order.ids])


def read_order(record: dict[str, Any]) -> str:
    """What an answer says, in the words of :func:`said`."""
    rows = {row["rowId"]: [read_entries(row), row.get("removed", False)] for row in record.get("rows", [])}
    return exact([read_entries(record), rows, record.get("remoteIdMap", {})])


def read_entries(holder: dict[str, Any]) -> Entries:
    entries: dict[str, Any] = holder.get("customData", {})
    assert all(one == entry(key, one["value"]) for key, one in entries.items())
    return {key: one["value"] for key, one in entries.items()}


@pytest.fixture
def api(database: Sqlite | Postgresql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    config = read_config(tmp_path_factory.mktemp("writers"))
    with Store.open(database.new_url(), followers=followers_of(config)) as store, served(config, store) as found:
        yield found


def test_whatever_programs_do_nobody_damages_what_belongs_to_others(api: Api, database: Sqlite | Postgresql) -> None:
    class Here(Programs):
        pass

    Here.api = api
    examples = 15 if isinstance(database, Sqlite) else 5
    checked = settings(max_examples=examples, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Here, settings=checked)
