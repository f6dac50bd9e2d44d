"""``import``: what is chosen, what is refused, what is shown; and that one connection's trouble stays its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from crossdock.cli.moment import parse_since
from crossdock.store import Store
from crossdock.store.reads.feed import Wanted
from crossdock.store.reads.search import EntryFilter

from .program import ERP, ERP_ID, NEEDS_KEYS, SHOP, SHOP_ID, Program

Write = Callable[[str], Path]


def chosen(result_json: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(report["connection"], report["recordType"]) for report in result_json]


# What is chosen


def test_every_connection_and_every_type_it_configures_or_orders_if_it_configures_none(
    program: Program, write: Write
) -> None:
    write(SHOP + ERP)
    found = program.fine("import", "--json", "--limit", "3").json
    assert chosen(found) == [("demo-shop", "order"), ("demo-shop", "customer"), ("erp", "order")]
    assert [report["connectionId"] for report in found] == [SHOP_ID, SHOP_ID, ERP_ID]
    assert {report["considered"] for report in found} == {3}


def test_connections_are_named_each_once_and_types_picked(program: Program, write: Write) -> None:
    write(SHOP + ERP)
    named = program.fine("import", "erp", "erp", "--json", "--limit", "3").json
    assert chosen(named) == [("erp", "order")]
    assert chosen(program.fine("import", "--type", "customer", "--json", "--limit", "3").json) == [
        ("demo-shop", "customer")
    ]


def test_what_is_not_there_is_refused_before_anything_runs(program: Program, write: Write) -> None:
    write(SHOP + ERP)
    assert "did you mean 'erp'" in program.refused("import", "epr")
    assert "there is no record type 'orders'; did you mean 'order'?" in program.refused("import", "--type", "orders")
    told = program.refused("import", "erp", "--type", "customer")
    assert "'erp' imports no 'customer' (only order); add a table [connection.import.customer] to it" in told
    assert "imports no 'product'" in program.refused("import", "--type", "product")
    told = program.refused("import", "erp", "--type", "invoice")
    assert "'erp' imports no 'invoice': connector 'woocommerce' reads order, product, customer" in told
    assert not (program.folder / "crossdock.db").exists()


def test_a_configuration_without_connections_says_how_to_get_one(program: Program, write: Write) -> None:
    write("")
    assert "there is no [[connection]] to import; crossdock init writes an example" in program.refused("import")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--full", "--since", "2h"), "leave one of them out"),
        (("--id", "7", "--full"), "--id picks single records"),
        (("--id", "7", "--since", "2h"), "--id picks single records"),
        (("--id", "7", "--limit", "2"), "--id picks single records"),
        (("--id", "7"), "demo-shop --type order, demo-shop --type customer, erp --type order"),
        (("--id", "7", "demo-shop"), "demo-shop --type order, demo-shop --type customer"),
        (("--since", "yesterday"), "'yesterday' is no time; write 2024-03-01"),
        (("--since", "2999-01-01"), "'2999-01-01' is still to come, in UTC it is 2"),
        (("--limit", "0"), "--limit"),
    ],
)
def test_options_that_contradict_themselves_are_refused(
    program: Program, write: Write, options: tuple[str, ...], told: str
) -> None:
    write(SHOP + ERP)
    assert told in " ".join(program.refused("import", *options).replace("│", " ").split())


def test_single_records_are_fetched_by_their_remote_ids(program: Program, write: Write) -> None:
    write(SHOP)
    ids = [record["remoteIdMap"][SHOP_ID] for record in imported(program, "--limit", "2")]
    (program.folder / "crossdock.db").unlink()
    [report] = program.fine("import", "--type", "order", "--id", ids[0], "--id", ids[1], "--id", ids[0], "--json").json
    assert (report["considered"], report["created"]) == (2, 2)


def test_a_record_that_is_not_there_is_told(program: Program, write: Write) -> None:
    write(SHOP)
    result = program("import", "--type", "order", "--id", "99999999")
    assert result.code == 3
    assert "  error: the shop has no order '99999999'; it was deleted, or belongs to another shop" in result.lines


def imported(program: Program, *options: str) -> list[dict[str, dict[str, str]]]:
    program.fine("import", "--type", "order", *options)
    with program.store() as store:
        return list(store.records("order"))


# Times as people type them


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-01", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-03-01T12:00", datetime(2024, 3, 1, 12, tzinfo=UTC)),
        ("2024-03-01T12:00:00Z", datetime(2024, 3, 1, 12, tzinfo=UTC)),
        ("2024-03-01T12:00:00+02:00", datetime(2024, 3, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_utc(text: str, moment: datetime) -> None:
    assert parse_since(text) == moment


@pytest.mark.parametrize(("text", "ago"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1w", 604_800)])
def test_how_long_ago(text: str, ago: int) -> None:
    assert abs(datetime.now(UTC) - timedelta(seconds=ago) - parse_since(text)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "text", ["", "h", "2", "2x", "-2h", "²h", "2024-02-30", "12:00", "99999999999d", "9999999w", "0001-01-01"]
)
def test_what_is_no_time_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"2024-03-01T12:00:00Z or 2h|--full reads everything"):
        parse_since(text)


# One connection's trouble


def test_a_missing_secret_stops_its_own_connection_only(program: Program, write: Write) -> None:
    write(NEEDS_KEYS + SHOP)
    result = program("import", "--type", "order", "--json")
    assert result.code == 2
    assert chosen(result.json) == [("demo-shop", "order")]
    assert result.json[0]["created"] == 250
    title, first, second = result.err.splitlines()
    assert title == "crossdock: connection 'real-shop' was not imported:"
    assert first.startswith("  plugins.toml:9:16: 'consumer_key' has no value: the environment variable 'NO_SUCH_KEY'")
    assert second.startswith("  plugins.toml:10:")


def test_a_shop_that_is_not_there_stops_its_own_connection_only(
    program: Program, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_SUCH_KEY", "ck_x")
    monkeypatch.setenv("NO_SUCH_SECRET", "cs_x")
    gone = NEEDS_KEYS.replace("https://shop.example", "http://127.0.0.1:9")
    write(f"{gone}\n[connection.remote]\nretries = 0\n{SHOP}")
    result = program("import", "--type", "order", "--json")
    assert result.code == 3
    assert [(report["connection"], report["outcome"]) for report in result.json] == [
        ("real-shop", "failed"),
        ("demo-shop", "succeeded"),
    ]


def test_a_type_that_is_being_imported_already_does_not_keep_the_others_waiting(program: Program, write: Write) -> None:
    write(SHOP)
    program.fine("import", "--limit", "1")
    with program.store() as store:
        store.start_run(SHOP_ID, "order", b"")
        result = program("import", "--json", "--limit", "3")
    assert result.code == 3
    assert chosen(result.json) == [("demo-shop", "customer")]
    assert "order of connection 'demo-shop' was not imported: a run of 'order'" in result.err
    assert "Wait for it" in result.err


# What is shown


def test_the_table_and_what_stands_below_it(program: Program, write: Write) -> None:
    write(SHOP)
    lines = program.fine("import").lines
    assert lines[0].split()[:3] == ["connection", "type", "outcome"]
    assert lines[0].split()[3:] == ["considered", "created", "updated", "unchanged", "ignored", "failed", "seconds"]
    assert lines[1].split()[:9] == ["demo-shop", "order", "succeeded", "250", "250", "0", "0", "0", "0"]
    assert lines[2].split()[:3] == ["demo-shop", "customer", "succeeded"]
    assert lines[3:5] == ["", "demo-shop order"]
    assert lines[5].startswith("  54,392 values: 14,298 mapped, ")
    assert any(line.startswith("  warning, 25 times: status 'shipped' is none of WooCommerce's own") for line in lines)
    assert any(" mapping lines matched nothing: " in line for line in lines)


def test_what_a_second_import_says_is_short(shop: Program) -> None:
    lines = shop.fine("import", "--type", "order").lines
    assert [line for line in lines if not line.startswith("  ")][1:] == [lines[1], "", "demo-shop order"]
    assert len(lines) == 5


def test_a_proof_is_told(shop: Program) -> None:
    assert (
        "  proved: 250 of 250 payloads rebuilt, and found equal" in shop.fine("import", "--full", "--prove").lines[2:]
    )


def test_a_dry_run_shows_what_would_change_and_writes_nothing(program: Program, write: Write) -> None:
    write(SHOP)
    lines = program.fine("import", "--type", "order", "--dry-run").lines
    assert lines[1].split()[:5] == ["demo-shop", "order", "succeeded", "(dry", "run)"]
    assert lines[4] == "  dry run: nothing was written, and the cursor stays where it is"
    assert lines[5].startswith("  would create ")
    assert lines[5].endswith(" and 245 more")
    assert [file.name for file in program.folder.iterdir()] == ["plugins.toml"]


def test_what_fails_in_a_dry_run_is_not_looked_for_in_quarantine(program: Program, write: Write) -> None:
    write(SHOP.replace("manipulators = [", 'manipulators = [{ use = "fail", reason = "no" },'))
    told = program("import", "--type", "order", "--dry-run", "--limit", "3").out
    assert "  3 failed and would wait in quarantine\n" in told


def test_a_dry_run_of_a_changed_configuration_shows_old_and_new(shop: Program, write: Write) -> None:
    write(
        SHOP.replace('value = "web"', 'value = "shop"')
        + '[connection.import.order.drop]\ncustomer_user_agent = "no need"\n'
    )
    before = (shop.folder / "crossdock.db").read_bytes()
    lines = shop.fine("import", "--type", "order", "--full", "--dry-run").lines
    assert lines[1].split()[5:10] == ["250", "0", "250", "0", "0"]
    assert "    channel: 'web' becomes 'shop'" in lines
    assert any(
        line.startswith("    custom data customer_user_agent: '") and line.endswith(" becomes nothing")
        for line in lines
    )
    assert "  would update 245 more; --json lists the first of them" in lines
    assert (shop.folder / "crossdock.db").read_bytes() == before


def test_failures_are_shown_with_the_way_on_and_the_first_of_them(program: Program, write: Write) -> None:
    write(SHOP.replace("manipulators = [", "manipulators = [{ use = 'fail', reason = 'not today' }, "))
    result = program("import", "--type", "order")
    assert result.code == 1
    assert result.lines[3:5] == [
        "demo-shop order",
        "  250 failed and wait in quarantine; crossdock quarantine list says how to go on",
    ]
    ids, _, error = result.lines[5].partition(": ")
    assert (len(ids.split(", ")), ids[-13:]) == (3, " and 247 more")
    assert error.startswith("not today (manipulator 'fail', step 1 of 2, ")
    assert len(result.lines) == 6


def test_what_is_ignored_is_told_with_its_reason(program: Program, write: Write) -> None:
    ignore = "{ use = 'ignore', when = \"currency == 'SEK'\", reason = 'no crowns' }, "
    write(SHOP.replace("manipulators = [", f"manipulators = [{ignore}"))
    lines = program.fine("import", "--type", "order").lines
    assert any(line.endswith(" ignored: no crowns") for line in lines)
    again = program.fine("import", "--type", "order", "--full").lines
    assert any(line.endswith(" ignored as before: neither they nor the configuration changed") for line in again)


def test_on_a_terminal_a_bar_shows_how_many_of_how_many_and_goes_when_it_is_done(
    program: Program, write: Write
) -> None:
    write(SHOP)
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "crossdock", "import", "--type", "order"],
        cwd=program.folder,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "110", "TERM": "xterm"},
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # what a terminal says when nobody is left at its other end
            while piece := os.read(ours, 4096):
                shown += piece
        os.close(ours)
        out = process.communicate()[0]
    assert process.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "demo-shop order" in text
    assert "250/250" in text
    assert shown.endswith((b"\x1b[2K", b"\x1b[?25h")) or b"\x1b[2K" in shown[-40:]
    assert b"\x1b" not in out


def test_what_was_declared_searchable_since_is_indexed_first(shop: Program, write: Write) -> None:
    url = f"sqlite:///{shop.folder / 'crossdock.db'}"
    with Store.open(url) as store:
        record = next(one for one in store.records("order") if one.get("customData"))
    key, entry = next((key, one) for key, one in record["customData"].items() if one["type"] == "string")
    write(f'[store]\nsearchable = ["{entry["moduleId"]}|{entry["key"]}"]\n{SHOP}')
    shop.fine("import", "--limit", "1")
    with Store.open(url) as store:
        page = store.feed.page(Wanted("order", entries=(EntryFilter(key, entry["value"]),)), limit=500)
    assert record["localId"] in {one["localId"] for one in page.records}
