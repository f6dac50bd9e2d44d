"""``events``: what receivers have not taken, sent again or dropped."""

from __future__ import annotations

import pytest

from crossdock.testing.sandbox import Response
from tests.events.receiving import SECRET, receiving

from .program import OPERATOR, SHOP, Program


def configured(program: Program, url: str, name: str = "erp-events") -> None:
    """The demo shop, and a receiver."""
    receiver = f'\n[[subscription]]\nname = "{name}"\nurl = "{url}"\nsecret = {{ env = "EVENTS_SECRET" }}\n'
    (program.folder / "plugins.toml").write_text(SHOP + receiver, "utf-8")


@pytest.fixture
def events(program: Program) -> Program:
    """Two orders were made; nobody was told yet."""
    program.monkeypatch.setenv("EVENTS_SECRET", SECRET)
    configured(program, "http://127.0.0.1:9/")
    assert program("import", "--type", "order", "--limit", "2", "--json").code == 0
    return program


def test_what_waits_is_listed(events: Program) -> None:
    lines = events.fine("events", "list").lines
    assert lines[0].split()[:3] == ["number", "subscription", "event"]
    assert [line.split()[2] for line in lines[1:]] == ["record.created", "record.created", "run.finished"]
    told = events.fine("events", "list", "--json", "--limit", "1").json
    assert {
        name: told[0][name] for name in ("eventId", "subscription", "kind", "recordType", "attempts", "failed")
    } == {
        "eventId": 1,
        "subscription": "erp-events",
        "kind": "record.created",
        "recordType": "order",
        "attempts": 0,
        "failed": None,
    }
    assert events.fine("events", "list", "--limit", "1").lines[-1] == "and 2 more; --limit shows them"
    assert events.fine("events", "list", "--failed").out == "no event was given up\n"
    assert events.fine("events", "list", "--failed", "--json").json == []


def test_one_event_is_shown_with_its_body(events: Program) -> None:
    told = events.fine("events", "show", "1", "--json").json
    assert told["body"]["type"] == "record.created"
    assert told["body"]["data"]["localId"] == told["localId"]
    assert '"type": "record.created"' in events.fine("events", "show", "1").out
    assert "there is no event 99" in events.refused("events", "show", "99")


def test_what_is_due_can_be_sent_at_once(events: Program) -> None:
    with receiving() as (receiver, url):
        configured(events, url)
        assert events.fine("events", "send").out == "received 3, to be sent again 0, given up 0\n"
        assert sorted(receiver.kinds) == ["record.created", "record.created", "run.finished"]
    assert events.fine("events", "list").out == "no event waits\n"


def test_what_fails_is_told_and_can_be_made_due_again(events: Program) -> None:
    with receiving(lambda _request: Response(500)) as (receiver, url):
        configured(events, url)
        result = events("events", "send")
        assert (result.code, result.out) == (1, "received 0, to be sent again 3, given up 0\n")
        assert "gave 500" in events.fine("events", "list").out
        receiver.answer = lambda _request: Response(204)
        assert events.fine("events", "send").out.startswith("received 0,")
        assert events.fine("events", "retry", "1").out.startswith("1 event due now")
        assert events.fine("events", "send").out.startswith("received 1,")
        assert events.fine("events", "retry", "--subscription", "erp-events").out.startswith("2 events due now")
        assert events.fine("events", "send").out.startswith("received 2,")


def test_events_are_dropped_when_nobody_wants_them(events: Program) -> None:
    configured(events, "http://127.0.0.1:9/", name="others")
    assert "no such subscription" in events.fine("events", "list").out
    assert events.fine("events", "drop", "1", "--yes").out == "dropped 1 event\n"
    assert (
        events.fine("events", "drop", "--subscription", "erp-events", "--failed", "--yes").out == "dropped 0 events\n"
    )
    assert events.fine("events", "drop", "--subscription", "erp-events", "--yes").out == "dropped 2 events\n"


def test_it_must_be_said_which_events_are_meant(events: Program) -> None:
    assert "say which events" in events.refused("events", "retry")
    assert "say which events" in events.refused("events", "drop", "1", "--subscription", "erp-events")
    assert "there is no event 99" in events.refused("events", "retry", "1", "99")
    for command in ("list", "retry", "drop"):
        said = events.refused("events", command, "--subscription", "erp-event")
        assert "there is no subscription 'erp-event'; did you mean 'erp-events'?" in said


def test_a_missing_secret_is_told_and_nothing_is_lost(events: Program) -> None:
    events.monkeypatch.delenv("EVENTS_SECRET")
    with events.store() as store:
        store.write_record(OPERATOR, "order", None, {})  # beside the program's back: no event
    result = events("events", "send")
    assert result.code == 0
    assert "'EVENTS_SECRET' is not set" in result.err
    assert len(events("events", "list", "--json").json) == 3
