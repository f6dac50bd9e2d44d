"""How the operations on custom data are described, with examples that the tests execute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossdock.api.operation import Answer, Exchange, Schema, operation, ref
from crossdock.api.record_descriptions import ERP, FIRST
from crossdock.records import RECORD_TYPES, SUB_RECORDS, Working
from crossdock.records.json_schema import ENTRY_NAMES, ENTRY_VALUES, entry_kinds

_ETAG = {"ETag": "the version of the record; send it as If-Match to write to this state only"}
_CREATED = {**_ETAG, "Location": "where the entry is"}
_KNOWN = Answer("The caller has this state already", status=304, headers=_ETAG)
_WRITING = ("not-found", "invalid", "not-owned", "over-limit", "version-conflict")
_PART_ID: Schema = {
    "name": "partId",
    "in": "path",
    "required": True,
    "description": "platform id of the row, payment, shipment or refund",
    "schema": {"type": "string"},
}
_KEY = f"{ERP}|x-erp|invoice/1"


def components() -> Mapping[str, Schema]:
    """Make the schemas of what is given and answered."""
    given = {"anyOf": [ref("EntryInput"), {"type": "null"}]}
    return {
        "WholeEntryInput": {"title": "WholeEntryInput", "oneOf": entry_kinds("moduleId", "key")},
        "EntriesInput": _by_key("EntriesInput", "Entries by their dictionary keys; null takes one out.", given),
        "Entry": {"title": "Entry", "oneOf": [ref(f"{kind.capitalize()}Entry") for kind in ENTRY_VALUES]},
        "Entries": _by_key("Entries", "Entries by their dictionary keys.", ref("Entry")),
    }


def _by_key(title: str, description: str, entry: Schema) -> Schema:
    names = {"pattern": ENTRY_NAMES}
    return {
        "type": "object",
        "title": title,
        "description": description,
        "propertyNames": names,
        "additionalProperties": entry,
    }


def entry_example(value: str = "4711", key: str = "invoice/1") -> Working:
    """Make the entry of the examples."""
    return {"connectionId": ERP, "moduleId": "x-erp", "key": key, "type": "string", "value": value}


@dataclass(frozen=True, slots=True)
class Described:
    """The operations on the entries of records of a type, or of one kind of their parts."""

    record_type: str
    part: str | None

    def listing(self) -> dict[str, Any]:
        """Describe reading all entries."""
        return self._operation(
            "Read the entries of",
            "list",
            Answer("The entries by their dictionary keys", ref("Entries"), headers=_ETAG),
            _KNOWN,
            problems=("not-found", "bad-parameter"),
            shown=[Exchange("entries", parameters={"connectionId": ERP})],
        )

    def creation(self) -> dict[str, Any]:
        """Describe the creation of one entry."""
        made = entry_example(key="created")
        return self._operation(
            "Create an entry on",
            "create",
            Answer("It was created", ref("Entry"), 201, headers=_CREATED),
            problems=(*_WRITING, "entry-exists"),
            body="WholeEntryInput",
            shown=[Exchange("creation", 201, body=made, answer=made)],
        )

    def merging(self) -> dict[str, Any]:
        """Describe the merging of several entries."""
        key = f"{ERP}|x-erp|paid"
        given = {key: {"type": "bool", "value": True}, f"{ERP}|x-erp|obsolete": None}
        return self._operation(
            "Set and remove several entries of",
            "merge",
            Answer("All entries as they are now", ref("Entries"), headers=_ETAG),
            problems=_WRITING,
            body="EntriesInput",
            shown=[Exchange("merging", body=given)],
        )

    def replacing(self) -> dict[str, Any]:
        """Describe the replacing of the caller's own entries."""
        key = f"{ERP}|x-erp|tier"
        return self._operation(
            "Replace the caller's own entries of",
            "replace",
            Answer("All entries as they are now", ref("Entries"), headers=_ETAG),
            problems=_WRITING,
            body="EntriesInput",
            shown=[Exchange("replacing", body={key: {"type": "string", "value": "gold"}})],
        )

    def reading(self) -> dict[str, Any]:
        """Describe reading one entry."""
        tier = entry_example("gold", "tier")
        return self._operation(
            "Read one entry of",
            "read",
            Answer("The entry", ref("Entry"), headers=_ETAG),
            _KNOWN,
            problems=("not-found",),
            shown=[Exchange("entry", parameters={"key": f"{ERP}|x-erp|tier"}, answer=tier)],
        )

    def writing(self) -> dict[str, Any]:
        """Describe writing one entry."""
        return self._operation(
            "Create or change one entry of",
            "write",
            Answer("It was there, and is like that now", ref("Entry"), headers=_ETAG),
            Answer("It was created", ref("Entry"), 201, headers=_CREATED),
            problems=_WRITING,
            body="EntryInput",
            shown=[
                Exchange("short", 201, {"key": _KEY}, {"type": "string", "value": "4711"}, entry_example()),
                Exchange("whole", 200, {"key": _KEY}, entry_example("4712"), entry_example("4712")),
            ],
        )

    def deletion(self) -> dict[str, Any]:
        """Describe the deletion of one entry."""
        return self._operation(
            "Delete one entry of",
            "delete",
            Answer("It is gone", status=204, headers=_ETAG),
            problems=("not-found", "not-owned", "over-limit", "version-conflict"),
            shown=[Exchange("deletion", 204, {"key": _KEY})],
        )

    def _operation(
        self,
        summary: str,
        verb: str,
        *answers: Answer,
        problems: Sequence[str],
        shown: Sequence[Exchange],
        body: str | None = None,
    ) -> dict[str, Any]:
        name = RECORD_TYPES[self.record_type].__name__
        whole = "Entries" if verb in {"list", "merge", "replace"} else "Entry"
        part = self.part[:1].upper() + self.part[1:] if self.part else ""
        described = operation(
            f"{summary} {self._what}",
            *answers,
            problems=problems,
            body=ref(body) if body else None,
            name=f"{verb}{name}{part}{whole}",
            exchanges=[self._placed(one) for one in shown],
        )
        if self.part:
            described["openapi_extra"]["parameters"] = [_PART_ID]
        return described

    def _placed(self, exchange: Exchange) -> Exchange:
        where = {"localId": FIRST} | ({"partId": part_of_example(self.record_type, self.part)} if self.part else {})
        return Exchange(
            exchange.name,
            exchange.status,
            {**where, **exchange.parameters},
            exchange.body,
            exchange.answer,
            exchange.caller,
        )

    @property
    def _what(self) -> str:
        record = f"{'an' if self.record_type[0] in 'aeiou' else 'a'} {self.record_type}"
        return f"one of the {self.part} of {record}" if self.part else record


def part_of_example(record_type: str, part: str | None) -> str:
    """The id of the part that an example record has in each of its lists."""
    position = list(SUB_RECORDS[record_type]).index(str(part))
    return f"{position + 1:032x}"
