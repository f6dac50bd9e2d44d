"""``runs`` tells what imports did, ``cursor`` how far they have come."""

from __future__ import annotations

import sys

import pytest

from tests.databases import run_sql

from .faulty import faulty_shop
from .program import ERP, SHOP, SHOP_ID, Program


def test_the_list_has_the_newest_run_first(shop: Program) -> None:
    lines = shop.fine("runs", "list").lines
    assert lines[0].split()[:6] == ["run", "kind", "connection", "type", "started", "outcome"]
    assert [line.split()[3] for line in lines[1:3]] == ["customer", "order"]
    counts = ["considered", "created", "updated", "unchanged", "ignored", "failed"]
    assert lines[0].split()[6:] == [*counts, "retried", "seconds", "per", "second"]
    found = lines[2].split()[7:]
    assert found[:7] == ["250", "250", "0", "0", "0", "0", "0"]
    assert float(found[7]) > 0 < int(found[8].replace(",", ""))


def test_the_list_as_json_holds_transfer_reports(shop: Program) -> None:
    newest, first = shop.fine("runs", "list", "--json").json
    assert (newest["recordType"], first["recordType"]) == ("customer", "order")
    assert first["connection"] == "demo-shop"
    counts = ("created", "updated", "unchanged", "ignored", "failed")
    assert first["considered"] == sum(first[name] for name in counts) == 250


def test_the_list_of_one_connection_and_of_the_last_runs(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    assert shop.fine("runs", "list", "--connection", "erp").out == "nothing has run yet; crossdock import\n"
    assert len(shop.fine("runs", "list", "--json", "--limit", "1").json) == 1


def test_a_run_is_shown_by_its_id_or_how_that_begins(shop: Program) -> None:
    newest, first = shop.fine("runs", "list", "--json").json
    whole = shop.fine("runs", "show", first["runId"]).out
    assert whole.startswith(f"run {first['runId']}\n")
    assert shop.fine("runs", "show", first["runId"][:8]).out == whole
    assert shop.fine("runs", "show", "--json").json == newest
    assert "Values of their payloads" in whole
    assert "Warnings" in whole


def test_a_run_tells_its_pace_what_was_repeated_and_the_records_of_each_error(program: Program) -> None:
    fail = "{ use = 'fail', reason = 'no euros' }"
    order = f"[connection.import.order]\npage_size = 10\nmanipulators = [{fail}]"
    with faulty_shop(program, "503 at 2; drop at 3; html at 4", order):
        assert program("import").code == 1
    report = program.fine("runs", "show", "--json").json
    assert report["retried"] == [
        {"cause": "status 503", "count": 1},
        {"cause": "the connection was closed without an answer", "count": 1},
        {"cause": "a page for people came", "count": 1},
    ]
    assert report["requests"] >= 6
    assert report["waitedSeconds"] > 1
    [cause] = report["failedBecause"]
    assert cause["count"] == report["failed"] == len(report["failures"]) == 30
    assert {one["stage"] for one in report["failures"]} == {"manipulate"}
    orders = [one["reference"] for one in report["failures"]]
    shown = program.fine("runs", "show").out
    assert (
        "repeated: 1 because of status 503, 1 because of the connection was closed without an answer, "
        "1 because of a page for people came; " in shown
    )
    assert f"  {report['failed']} records: {', '.join(orders[:10])} and {report['failed'] - 10} more\n" in shown
    assert "\n      manipulate: no euros (manipulator 'fail', " in shown
    assert " records a second\n" in shown
    assert program.fine("runs", "list").lines[1].split()[-3] == "3"


def test_a_run_that_was_killed_has_no_pace(shop: Program) -> None:
    assert " records a second\n" in shop.fine("runs", "show").out
    counts = '{"considered": 9, "created": 9, "updated": 0, "unchanged": 0, "ignored": 0, "failed": 0}'
    file = shop.folder / "crossdock.db"
    run_sql(f"sqlite:///{file}", f"UPDATE runs SET outcome = 'interrupted', report = '{counts}'")
    assert " records a second\n" not in shop.fine("runs", "show").out
    assert shop.fine("runs", "list").lines[1].split()[-2] == "0"  # failed; nothing was retried, and then the seconds


def test_a_page_about_a_run_fits_a_narrow_terminal(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    fail = '{ use = "fail", reason = "no order of this kind is wanted here, since nobody knows what to do with it" }'
    file = program.folder / "plugins.toml"
    file.write_text(SHOP.replace("manipulators = [", f"manipulators = [{fail}, "), "utf-8")
    assert program("import", "--type", "order").code == 1
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    lines = [line for line in program.fine("runs", "show").lines if "\x1b" not in line]
    assert any(line.startswith("      manipulate: no order of this kind") for line in lines)
    assert max(map(len, lines)) <= 80


def test_a_list_of_runs_says_on_a_narrow_terminal_what_each_was_of(
    shop: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    _titles, *rows = (line.split() for line in shop.fine("runs", "list").lines[:3])
    assert [row[3] for row in rows] == ["customer", "order"]


@pytest.mark.parametrize(("run", "message"), [("zz", "there is no run 'zz'"), ("", "several runs begin with ''")])
def test_a_run_that_is_not_there(shop: Program, run: str, message: str) -> None:
    assert message in shop.refused("runs", "show", run)


def test_cursors_are_shown_for_every_import(shop: Program) -> None:
    lines = shop.fine("cursor", "show").lines
    assert [line.split()[:2] for line in lines[1:]] == [["demo-shop", "order"], ["demo-shop", "customer"]]
    found = shop.fine("cursor", "show", "demo-shop", "--type", "order", "--json").json
    assert [(one["connectionId"], one["recordType"]) for one in found] == [(SHOP_ID, "order")]
    assert found[0]["cursor"].endswith("Z")


def test_an_import_that_never_ran_has_no_cursor(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    told = shop.fine("cursor", "show", "erp")
    assert "(none)" in told.out
    assert "the next import reads everything" in told.out


def test_a_cursor_that_was_reset_makes_the_next_import_read_everything(shop: Program) -> None:
    assert "forgotten" in shop.fine("cursor", "reset", "demo-shop", "--type", "order").out
    assert shop.fine("cursor", "show", "demo-shop", "--type", "order", "--json").json[0]["cursor"] is None
    report = shop.fine("import", "--type", "order", "--json").json[0]
    assert (report["considered"], report["unchanged"]) == (250, 250)


def test_a_cursor_that_was_set_makes_the_next_import_begin_there(shop: Program) -> None:
    shop.fine("cursor", "reset", "demo-shop", "--type", "order", "--to", "2026-01-01")
    assert shop.fine("cursor", "show", "--json").json[0]["cursor"] == "2026-01-01T00:00:00Z"
    assert "(set by hand)" in shop.fine("cursor", "show").out
    assert 0 < shop.fine("import", "--type", "order", "--json").json[0]["considered"] < 250


def test_resetting_everything_is_asked_for(shop: Program) -> None:
    assert "Reset the cursors of all 2 imports?" in shop.refused("cursor", "reset")
    assert len(shop.fine("cursor", "reset", "--yes").lines) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "demo"), "no connection 'demo'; did you mean 'demo-shop'?"),
        (("reset", "demo-shop", "--type", "product"), "imports no 'product' (only order, customer)"),
        (("reset", "demo-shop", "--to", "2999-01-01"), "'2999-01-01' is still to come, in UTC it is 2"),
        (("reset", "demo-shop", "--to", "yesterday"), "'yesterday' is no time"),
    ],
)
def test_mistakes_are_told_with_the_remedy(shop: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in shop.refused("cursor", *arguments)
