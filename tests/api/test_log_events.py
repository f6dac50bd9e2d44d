"""What outside programs tell about errors in their own systems."""

from __future__ import annotations

from typing import Any

import pytest

from .serving import ERP_ID, Api

EVENT: dict[str, Any] = {
    "severity": "error",
    "relatedRecordType": "order",
    "direction": "export",
    "summary": "3 invoices were refused",
    "body": ["VAT number unknown", "🦊 \u0000 \\0"],
    "relatedIdMsgs": [{"id": "INV-881", "displayId": "2024-0881", "message": "VAT number unknown"}, {"id": "INV-882"}],
    "time": "2024-03-03T14:09:27Z",
}


def test_an_event_is_kept_as_it_was_told(api: Api) -> None:
    answer = api.erp.post("/api/log/event", EVENT)
    assert answer.status_code == 201
    told = answer.json()
    assert {name: told[name] for name in EVENT} == EVENT
    assert told["connectionId"] == ERP_ID
    [kept] = api.store.log_events.list()
    assert (kept.event_id, kept.connection_id, kept.received) == (told["eventId"], ERP_ID, told["received"])
    assert (kept.event.summary, list(kept.event.body)) == (EVENT["summary"], EVENT["body"])
    assert [one.id for one in kept.event.related] == ["INV-881", "INV-882"]


def test_severity_and_summary_are_enough_and_the_time_is_now(api: Api) -> None:
    told = api.erp.post("/api/log/event", {"severity": "info", "summary": "through"}).json()
    assert told["time"] <= told["received"]
    assert "relatedRecordType" not in told


def test_half_a_surrogate_pair_survives(api: Api) -> None:
    body = b'{"severity":"info","summary":"half \\ud83e","body":["\\udd8a"]}'
    answer = api.erp("POST", "/api/log/event", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
    assert b'"summary":"half \\ud83e"' in answer.content


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"severity": "fatal"}, ["/severity"]),
        ({"summary": ""}, ["/summary"]),
        ({"summary": 5, "severity": None}, ["/severity", "/summary"]),
        ({"time": "yesterday"}, ["/time"]),
        ({"relatedRecordType": "invoices"}, ["/relatedRecordType"]),
        ({"direction": "up"}, ["/direction"]),
        ({"body": "text"}, ["/body"]),
        ({"relatedIdMsgs": [{}, {"ident": "1"}]}, ["/relatedIdMsgs/1/ident"]),
        ({"a/b~c": 1}, ["/a~1b~0c"]),
    ],
)
def test_every_mistake_is_named_with_its_place(api: Api, change: dict[str, Any], pointers: list[str]) -> None:
    answer = api.erp.post("/api/log/event", EVENT | change)
    assert answer.status_code == 422
    assert sorted(one["pointer"] for one in answer.json()["errors"]) == pointers
    assert answer.json()["remedy"] == "correct every place that errors names; /docs shows what may stand there"
    assert api.store.log_events.list() == []


def test_what_is_no_object_is_no_event(api: Api) -> None:
    answer = api.erp.post("/api/log/event", ["text"])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "")
