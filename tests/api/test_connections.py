"""Connections with their latest transfers, and transfer reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.config import load_config
from crossdock.store import Store

from .serving import CONFIG, ERP_ID, SHOP_ID, Api, served
from .transferred import BAD, COUNTS, GOOD, prepare_runs, report


@pytest.fixture
def ran(api: Api) -> Api:
    prepare_runs(api.store)
    return api


def test_each_connection_has_its_latest_and_its_latest_successful_transfer(ran: Api) -> None:
    answer = ran.erp.get("/api/connection").json()["connections"]
    assert [(one["connectionId"], one["name"], one["connector"]) for one in answer][:2] == [
        (SHOP_ID, "shop", "woocommerce"),
        (ERP_ID, "erp", "api"),
    ]
    assert answer[1]["transfers"] == []
    [transfer] = answer[0]["transfers"]
    assert (transfer["direction"], transfer["recordType"]) == ("import", "order")
    assert (transfer["latest"]["runId"], transfer["latest"]["outcome"]) == (BAD, "failed")
    assert transfer["latestSuccessful"]["runId"] == GOOD
    assert {name: transfer["latest"][name] for name in COUNTS} == COUNTS


def test_a_run_without_an_end_is_running_and_one_without_a_success_says_so(api: Api) -> None:
    run = api.store.start_run(SHOP_ID, "product", b"hash")
    [transfer] = api.erp.get("/api/connection").json()["connections"][0]["transfers"]
    assert (transfer["latest"]["runId"], transfer["latest"]["outcome"]) == (run.run_id, "running")
    assert transfer["latest"]["endTime"] is None
    assert transfer["latestSuccessful"] is None
    shown = api.erp.get(f"/api/transfer-report/{run.run_id}").json()
    assert (shown["outcome"], shown["recordType"]) == ("running", "product")
    api.store.finish_run(run, report(run.run_id, "succeeded"), "succeeded")


def test_a_report_is_what_the_run_left(ran: Api) -> None:
    shown = ran.erp.get(f"/api/transfer-report/{BAD}").json()
    assert (shown["runId"], shown["connection"], shown["outcome"]) == (BAD, "shop", "failed")
    assert shown["sessionErrors"] == ["GET /orders gave 500", "gave up"]
    assert {name: shown[name] for name in COUNTS} == COUNTS


@pytest.mark.parametrize("run_id", ["0" * 32, "nothing", "a%00b", "%F0%9F%A6%8A", "..%2F..%2Fetc", "%ff"])
def test_a_report_that_is_not_there_tells_nothing(ran: Api, run_id: str) -> None:
    answer = ran.erp.get(f"/api/transfer-report/{run_id}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_a_secret_that_came_into_a_report_does_not_leave_the_house(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "plugins.toml"
    secrets = '{ url = "https://shop.example", consumer_key = { env = "KEY" }, consumer_secret = { env = "SECRET" } }'
    file.write_text(CONFIG.replace('{ url = "sandbox:" }', secrets, 1), "utf-8")
    config = load_config(file, {"KEY": "ck_very_secret", "SECRET": 'cs_"quoted"_secret'})
    run = store.start_run(SHOP_ID, "order", b"hash")
    errors = ["GET ?consumer_key=ck_very_secret", 'said cs_"quoted"_secret']
    store.finish_run(run, report(run.run_id, "failed", sessionErrors=errors), "failed")
    with served(config, store) as api:
        shown = api.erp.get(f"/api/transfer-report/{run.run_id}").json()
    assert shown["sessionErrors"] == ["GET ?consumer_key=[redacted]", "said [redacted]"]
