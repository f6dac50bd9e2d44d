"""Log records of runs: each says which run, and what happened, in fields."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from crossdock.store import Store
from crossdock.telemetry.run_log import RunLog

from .running import SHOP_ID, run_import


def fields(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.__dict__["fields"] for record in caplog.records if record.name == "crossdock.runs"]


def test_every_record_names_the_run_and_says_what_happened(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "crossdock.runs")
    report = run_import(tmp_path, store, [RunLog()], "503 at 2")
    found = fields(caplog)
    which = {"connection": "demo-shop", "connectionId": SHOP_ID, "recordType": "order", "runId": report.run_id}
    assert all(which.items() <= one.items() for one in found)
    pages = [one for one in found if one["event"] == "pageStored"]
    assert [one["page"] for one in pages] == list(range(1, len(pages) + 1))
    assert (sum(one["records"] for one in pages), pages[-1]["considered"]) == (report.tally.considered,) * 2
    assert [one["cause"] for one in found if one["event"] == "requestRepeated"] == ["status 503"]
    assert found[0]["event"] == "runStarted"
    assert (found[-1]["event"], found[-1]["outcome"], found[-1]["created"]) == ("runEnded", "succeeded", 30)


def test_requests_are_told_to_who_looks_closely(tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "crossdock.runs")
    report = run_import(tmp_path, store, [RunLog()])
    made = [one for one in fields(caplog) if one["event"] == "requestMade"]
    assert len(made) == report.traffic.requests
    assert all(one["address"].endswith("/wp-json/wc/v3/orders") and one["outcome"] == "status 200" for one in made)


def test_a_failed_run_is_a_warning_and_a_dry_run_is_called_one(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "crossdock.runs")
    run_import(tmp_path, store, [RunLog()], "401 from 1", dry_run=True)
    first, *_rest, last = caplog.records
    assert first.__dict__["fields"]["dryRun"] is True
    assert (last.levelname, last.__dict__["fields"]["outcome"]) == ("WARNING", "failed")
    assert "gave 401" in last.__dict__["fields"]["sessionErrors"][0]
