"""The receiver in docs/api.md receives."""

from __future__ import annotations

import re
import threading
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from crossdock.events import Sender, Tally
from crossdock.events.schedule import DELAYS
from crossdock.store import Store
from crossdock.store.events.event import EventFollower
from tests.store.shop import OPERATOR

from .receiving import SECRET, subscription

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_receiver_that_is_shown_verifies_events(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    [source] = [text for text in shown if "Webhook(" in text]
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(source, "receiver.py", "exec"), names)
    monkeypatch.setenv("ERP_EVENTS_SECRET", SECRET)
    with HTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        receiver = subscription(f"http://127.0.0.1:{server.server_address[1]}/")
        with Store.open(url, followers=(EventFollower([receiver]),)) as store:
            local_id = store.write_record(OPERATOR, "order", None, {}).local_id
            assert Sender(store, [receiver]).run_once() == Tally(received=1)
            monkeypatch.setenv("ERP_EVENTS_SECRET", SECRET[:-4] + "AAA=")
            store.write_record(OPERATOR, "order", None, {})
            assert Sender(store, [receiver]).run_once() == Tally(postponed=1)
        server.shutdown()
        thread.join()
    assert f"record.created {local_id}\n" in capsys.readouterr().out


def test_the_schedule_is_as_it_is_told() -> None:
    told = "5 s, then after 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, 8 h and 12 h"
    assert told in PAGE.read_text("utf-8").replace("\n", " ")
    units = {"s": 1, "min": 60, "h": 3600}
    seconds = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", told)]
    assert [delay.total_seconds() for delay in DELAYS] == seconds
