"""A link names its record in exactly one way, and a record of a type that exists."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from crossdock.records import RECORD_TYPES, SUB_RECORDS, Link, Working
from crossdock.records.check import RecordCheck
from crossdock.records.fields import all_fields, find_field
from crossdock.records.values import RecordTypeName

ID = "5377568eb7e165e3b38af6eece4a0001"

GOOD = [
    {"recordType": "order", "localId": ID},
    {"recordType": "checkout", "connectionId": ID, "remoteId": ""},
]
BAD = [
    {"recordType": "order"},
    {"recordType": "order", "remoteId": "7"},
    {"recordType": "order", "connectionId": ID},
    {"recordType": "order", "localId": ID, "connectionId": ID, "remoteId": "7"},
    {"recordType": "order", "localId": ID, "remoteId": "7"},
    {"recordType": "ordr", "localId": ID},
    {"localId": ID},
    {"recordType": "order", "localId": "7"},
    {"recordType": "order", "localId": ID, "note": "x"},
]


@pytest.mark.parametrize("link", GOOD)
def test_a_link_names_a_record_by_local_id_or_by_remote_id(link: Working) -> None:
    RecordCheck("invoice")({"links": [link]})
    RECORD_TYPES["invoice"].model_validate({"links": [link]})


@pytest.mark.parametrize("link", BAD)
def test_any_other_link_is_refused(link: Working) -> None:
    with pytest.raises(ValidationError):
        RecordCheck("invoice")({"links": [link]})
    with pytest.raises(ValidationError):
        RECORD_TYPES["invoice"].model_validate({"links": [link]})


def test_a_link_is_made_with_python_names_as_well() -> None:
    assert Link(record_type="order", connection_id=ID, remote_id="7").local_id is None
    with pytest.raises(ValidationError, match="by localId, or by connectionId and remoteId"):
        Link(record_type="order", local_id=ID, connection_id=ID, remote_id="7")


def test_links_and_the_registry_know_the_same_record_types() -> None:
    assert set(get_args(RecordTypeName)) == set(RECORD_TYPES) == set(SUB_RECORDS)


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_every_record_type_has_what_a_person_quotes_and_what_it_is_searched_by(record_type: str) -> None:
    names = {field.text for field in all_fields(record_type)}
    assert "displayId" in names
    assert {name for name in names if name.endswith("Status")} <= {
        f"{record_type}Status",
        "paymentStatus",
        "shippingStatus",
    }


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_every_list_of_parts_says_how_its_parts_are_told_apart(record_type: str) -> None:
    parts = {
        field.text
        for field in all_fields(record_type)
        if field.kind == "list" and f"{field.text}[].customData" in {one.text for one in all_fields(record_type)}
    }
    assert parts == set(SUB_RECORDS[record_type])
    for name, id_field in SUB_RECORDS[record_type].items():
        assert find_field(record_type, f"{name}[].{id_field}").kind == "string"


def test_the_documented_links_are_links_and_every_record_type_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "linked-records.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    RECORD_TYPES["shipment"].model_validate(json.loads(f"{{{example}}}"))
    table = page.partition("## The record types")[2].partition("## Links")[0]
    told = dict(re.findall(r"^\| `(\w+)` \|.*\|(.*)\|$", table, re.MULTILINE))
    assert list(told) == list(RECORD_TYPES)
    for record_type, statuses in told.items():
        names = [field.text for field in all_fields(record_type) if field.text.endswith("Status")]
        assert re.findall(r"`(\w+)`", statuses) == names
