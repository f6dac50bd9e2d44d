"""Random sequences of everything that writes, against a naive model, in a real database.

The model always keeps what each import produced, where the store keeps ``NULL`` as long as the document says the
same; and it asks after every step what the store promises: nobody's things are touched by others, a refusal leaves
the record as it was to the byte, an unchanged production leaves bytes and version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from crossdock.errors import OwnershipError, RecordError
from crossdock.records import Working, decode_record, unpack_record
from crossdock.store import Actor, PageWrite, RemoteIdTakenError, Result, Store
from crossdock.store.sql.tables import imports
from crossdock.store.writes.guard import check
from crossdock.store.writes.merge import merge
from tests.databases import Postgresql, Sqlite
from tests.store.orders import canonical, of_anybody, of_connection
from tests.store.shop import CONFIG, ERP, ERP_API, ERP_IMPORT, IMPORT, OPERATOR, SHOP, SHOP_API, incoming
from tests.store.test_guard import may_touch, owned

REMOTE_IDS = st.sampled_from(["1", "2"])
TIMES = st.sampled_from(["2024-03-03T14:09:27Z", "2024-03-03T14:09:27.500000Z", "2024-03-03T14:09:28Z"])
MODULES = {SHOP: "connector.woocommerce", ERP: "connector.erp"}
DIRECT = st.sampled_from([OPERATOR, SHOP_API, ERP_API])
PLATFORM = {"localId", "created", "lastModified", "version"}


@dataclass
class Import:
    local_id: str
    produced: Working  # empty if a connection linked itself and no import came yet
    modified: str | None


def refused(actor: Actor, before: Working | None, after: Working) -> str | None:
    """What the guard says to a write."""
    try:
        check(actor, "order", before, after)
    except OwnershipError as refusal:
        return str(refusal)
    return None


class Writers(RuleBasedStateMachine):
    database: Sqlite | Postgresql

    @initialize()
    def open(self) -> None:
        self.store = Store.open(self.database.new_url())
        self.runs = {owner: self.store.start_run(owner, "order", CONFIG) for owner in (SHOP, ERP)}
        self.contents: dict[str, Working] = {}
        self.imports: dict[tuple[str, str], Import] = {}

    def teardown(self) -> None:
        self.store.close()

    # What the store says

    def documents(self) -> dict[str, str]:
        return {decode_record(text)["localId"]: text for text in self.store.documents("order")}

    def guarded(self, before: dict[str, str], actor: Actor) -> None:
        """Nothing that the actor may not touch has been changed, removed or created."""
        after = self.documents()
        for local_id in before | after:
            was, now = (owned(decode_record(texts[local_id])) if local_id in texts else {} for texts in (before, after))
            touched = {place for place in was | now if was.get(place) != now.get(place)}
            assert all(may_touch(actor, place, was) for place in touched)

    # Imports

    @rule(data=st.data(), actor=st.sampled_from([IMPORT, ERP_IMPORT]), remote_id=REMOTE_IDS, modified=TIMES)
    def import_one(self, data: st.DataObject, actor: Actor, remote_id: str, modified: str) -> None:
        owner = str(actor.connection_id)
        mine = of_connection(owner, MODULES[owner])
        content = data.draw(st.one_of(mine, mine, of_anybody()))
        self._import(actor, {**content, "remoteIdMap": {owner: remote_id}}, modified)

    @precondition(lambda self: any(one.produced for one in self.imports.values()))
    @rule(data=st.data(), modified=TIMES)
    def import_the_same_again(self, data: st.DataObject, modified: str) -> None:
        """A payload in which something changed that the mapping does not look at."""
        known = [(key, one) for key, one in self.imports.items() if one.produced]
        (owner, _remote_id), one = data.draw(st.sampled_from(known))
        before = self.documents()
        result = self._import(IMPORT if owner == SHOP else ERP_IMPORT, one.produced, modified)
        assert result.outcome == "unchanged"
        assert self.documents() == before

    @precondition(lambda self: any(one.produced.get("rows") for one in self.imports.values()))
    @rule(data=st.data(), modified=TIMES)
    def import_with_rows_gone_or_moved(self, data: st.DataObject, modified: str) -> None:
        known = [(key, one) for key, one in self.imports.items() if one.produced.get("rows")]
        (owner, _remote_id), one = data.draw(st.sampled_from(known))
        rows = data.draw(st.permutations(one.produced["rows"]))
        kept = rows[: data.draw(st.integers(0, len(rows)))]
        self._import(IMPORT if owner == SHOP else ERP_IMPORT, canonical({**one.produced, "rows": kept}), modified)

    def _import(self, actor: Actor, produced: Working, modified: str) -> Result:
        owner = str(actor.connection_id)
        remote_id = produced["remoteIdMap"][owner]
        known = self.imports.get((owner, remote_id))
        before = self.documents()
        item = incoming(produced, modified, owner=owner)
        [result] = self.store.write_page(actor, self.runs[owner], PageWrite([item]))
        self.guarded(before, actor)
        if known is not None and known.modified is not None and modified[:-1] < known.modified[:-1]:
            assert (result.outcome, self.documents()) == ("unchanged", before)
            return result
        there = self.contents[known.local_id] if known else None
        merged = produced if there is None or known is None else merge("order", known.produced, produced, there)
        if refusal := refused(actor, there, merged):
            assert (result.outcome, result.message) == ("failed", refusal)
            assert self.documents() == before
            return result
        assert result.outcome == ("created" if there is None else "updated" if merged != there else "unchanged")
        assert result.local_id is not None
        if merged == there:
            assert self.documents() == before
        self.contents[result.local_id] = merged
        self.imports[owner, remote_id] = Import(result.local_id, produced, modified)
        return result

    # Direct writes

    @precondition(lambda self: bool(self.contents))
    @rule(data=st.data(), actor=DIRECT, content=of_anybody())
    def replace_some_of_it(self, data: st.DataObject, actor: Actor, content: Working) -> None:
        """Whoever writes takes some values of another content and keeps the others."""
        local_id = data.draw(st.sampled_from(sorted(self.contents)))
        there = self.contents[local_id]
        names = data.draw(st.sets(st.sampled_from(sorted({*there, *content} - {"remoteIdMap"} | {"channel"}))))
        chosen = {name: content[name] for name in names if name in content}
        wanted = {name: value for name, value in there.items() if name not in names} | chosen
        self._write(actor, local_id, wanted)

    @precondition(lambda self: bool(self.contents))
    @rule(data=st.data(), actor=DIRECT, owner=st.sampled_from([SHOP, ERP]), remote_id=st.one_of(st.none(), REMOTE_IDS))
    def link_or_unlink(self, data: st.DataObject, actor: Actor, owner: str, remote_id: str | None) -> None:
        local_id = data.draw(st.sampled_from(sorted(self.contents)))
        ids = {key: value for key, value in self.contents[local_id].get("remoteIdMap", {}).items() if key != owner}
        ids |= {} if remote_id is None else {owner: remote_id}
        self._write(actor, local_id, canonical({**self.contents[local_id], "remoteIdMap": ids}))

    @rule(actor=DIRECT, content=of_anybody())
    def create(self, actor: Actor, content: Working) -> None:
        self._write(actor, None, content)

    def _write(self, actor: Actor, local_id: str | None, wanted: Working) -> None:
        before = self.documents()
        there = self.contents[local_id] if local_id else None
        old, new = (one.get("remoteIdMap", {}) if one else {} for one in (there, wanted))
        try:
            written = self.store.write_record(actor, "order", local_id, wanted)
        except OwnershipError:
            assert self.documents() == before
            return
        except RemoteIdTakenError:
            assert self.documents() == before
            assert any((owner, new[owner]) in self.imports for owner in new if old.get(owner) != new[owner])
            return
        check(actor, "order", there, wanted)
        self.guarded(before, actor)
        assert written.changed == (wanted != there)
        self.contents[written.local_id] = wanted
        for owner in old | new:
            if old.get(owner) != new.get(owner):
                self.imports.pop((owner, old.get(owner, "")), None)
                if owner in new:
                    self.imports[owner, new[owner]] = Import(written.local_id, {}, None)

    @precondition(lambda self: bool(self.contents))
    @rule(data=st.data(), actor=DIRECT)
    def delete(self, data: st.DataObject, actor: Actor) -> None:
        local_id = data.draw(st.sampled_from(sorted(self.contents)))
        before = self.documents()
        try:
            self.store.delete_record(actor, "order", local_id)
        except RecordError:
            assert self.documents() == before
            return
        self.guarded(before, actor)
        self.contents.pop(local_id)
        self.imports = {key: one for key, one in self.imports.items() if one.local_id != local_id}

    # What always holds

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        documents = {local_id: decode_record(text) for local_id, text in self.documents().items()}
        assert {local_id: _content(record) for local_id, record in documents.items()} == self.contents

    @invariant()
    def each_import_remembers_what_it_produced(self) -> None:
        query = select(
            imports.c.connection_id, imports.c.remote_id, imports.c.local_id, imports.c.outcome, imports.c.produced
        )
        with self.store._database.read() as connection:
            rows = connection.execute(query).all()
        told = {}
        for owner, remote_id, local_id, outcome, produced in rows:
            told[owner, remote_id] = (local_id, self._produced(local_id, outcome, produced))
        assert told == {key: (one.local_id, one.produced) for key, one in self.imports.items()}

    @invariant()
    def each_key_of_a_record_is_one_identity(self) -> None:
        keys = {
            (owner, remote_id): local_id
            for local_id, content in self.contents.items()
            for owner, remote_id in content.get("remoteIdMap", {}).items()
        }
        assert keys == {key: one.local_id for key, one in self.imports.items()}

    def _produced(self, local_id: str, outcome: str, produced: str | None) -> Working:
        if outcome == "linked":
            return {}
        return self.contents[local_id] if produced is None else unpack_record(produced)


def _content(record: Working) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in PLATFORM}


def test_whatever_writers_do_the_store_is_as_a_naive_model_says(database: Sqlite | Postgresql) -> None:
    class Here(Writers):
        pass

    Here.database = database
    examples = 20 if isinstance(database, Sqlite) else 10
    run_state_machine_as_test(Here, settings=settings(max_examples=examples, stateful_step_count=25))
