"""``crossdock audit``: what is not the same there and here, and mending it."""

from __future__ import annotations

import pytest

from tests.databases import run_sql

from .program import ERP, SHOP, SHOP_ID, Program

AUDIT = ("audit", "demo-shop", "--type", "order")


@pytest.fixture
def spoiled(shop: Program) -> Program:
    """The store has lost one order, has an old state of another, and one that the shop does not know."""
    sql(shop, f"DELETE FROM imports WHERE {OF} AND remote_id = '1008'")
    sql(shop, f"UPDATE imports SET modified = '2020-01-01T00:00:00Z', digest = x'00' WHERE {OF} AND remote_id = '1012'")
    sql(shop, f"UPDATE imports SET remote_id = '999' WHERE {OF} AND remote_id = '1016'")
    return shop


OF = f"connection_id = '{SHOP_ID}' AND record_type = 'order'"


def sql(program: Program, statement: str) -> None:
    run_sql(f"sqlite:///{program.folder / 'crossdock.db'}", statement)


def configure(program: Program, policy: str) -> None:
    text = SHOP.replace("[connection.import.order]", f'[connection.import.order]\ndeleted = "{policy}"')
    (program.folder / "plugins.toml").write_text(text, "utf-8")


def test_here_and_there_are_the_same_after_an_import(shop: Program) -> None:
    result = shop.fine("audit", "demo-shop")
    assert "demo-shop order\n  250 listed, 250 stored: 250 the same\n" in result.out
    assert "demo-shop customer\n" in result.out
    orders, customers = shop.fine("audit", "--json").json
    assert (orders["inStep"], orders["missing"], orders["error"]) == (250, [], None)
    assert customers["recordType"] == "customer"


def test_what_differs_is_listed_with_what_to_do_and_exit_code_1(spoiled: Program) -> None:
    result = spoiled(*AUDIT)
    assert (result.code, result.err) == (1, "")
    assert "250 listed, 249 stored: 247 the same, 2 missing, 1 stale, 1 deleted remotely" in result.out
    assert "Stale: changed in the remote system since they were imported" in result.out
    assert "1012    1012       2025-01-19T01:18:51Z  2020-01-01T00:00:00Z" in result.out
    assert (
        "crossdock audit demo-shop --type order --repair\n  imports what is missing, stale or back again" in result.out
    )
    assert 'deleted records stay as they are: deleted = "keep" in [connection.import.order]' in result.out
    assert max(map(len, result.lines)) <= 80
    assert len(spoiled.fine("runs", "list", "--json").json) == 2


def test_a_program_gets_every_finding(spoiled: Program) -> None:
    result = spoiled(*AUDIT, "--json")
    assert result.code == 1
    [found] = result.json
    assert [one["remoteId"] for one in found["missing"]] == ["1008", "1016"]
    [stale] = found["stale"]
    assert (stale["displayId"], stale["storedModified"]) == ("1012", "2020-01-01T00:00:00Z")
    [deleted] = found["deleted"]
    assert (deleted["remoteId"], deleted["displayId"], deleted["detail"]) == ("999", "1016", "gone")
    assert (found["deletedPolicy"], found["deletionsNotJudged"], found["repair"]) == ("keep", None, None)


def test_a_repair_mends_it_and_tells_what_it_did(spoiled: Program) -> None:
    configure(spoiled, "mark")
    result = spoiled(*AUDIT, "--repair")
    assert (result.code, result.err) == (0, "")
    assert "demo-shop   order  succeeded           4        2        1          1" in result.out
    assert spoiled.fine(*AUDIT).out.endswith("250 the same, 1 deleted before\n")


def test_a_repair_that_puts_into_quarantine_says_so_by_its_exit_code(spoiled: Program) -> None:
    configure(spoiled, "quarantine")
    result = spoiled(*AUDIT, "--repair", "--json")
    assert result.code == 1
    assert result.json[0]["repair"]["failed"] == 1
    [entry] = spoiled.fine("quarantine", "list", "--json").json
    assert (entry["stage"], entry["error"]) == ("audit", "the remote system has deleted order '999'")
    shown = spoiled.fine("quarantine", "show", str(entry["quarantineId"])).out
    assert "Delete the record (crossdock records delete), or keep it and drop this entry" in shown
    assert "it succeeds: retry" not in shown


def test_a_repair_waits_for_no_other_run_and_shows_what_was_found_all_the_same(spoiled: Program) -> None:
    with spoiled.store() as store:
        run = store.start_run(SHOP_ID, "order", b"another")
        result = spoiled(*AUDIT, "--repair", "--json")
        store.finish_run(run, {}, "succeeded")
    assert result.code == 3
    assert "demo-shop order was not repaired: a run of 'order'" in result.err
    assert [one["remoteId"] for one in result.json[0]["missing"]] == ["1008", "1016"]
    assert result.json[0]["repair"] is None


def test_since_says_what_it_cannot_say(shop: Program) -> None:
    out = shop.fine(*AUDIT, "--since", "2024-01-01").out
    assert "listed as changed since 2024-01-01T00:00:00Z" in out
    assert "of deletions, only those of records show that were changed since then" in out


def test_a_store_that_holds_nothing_of_it_wants_an_import(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    result = shop("audit", "erp")
    assert result.code == 1
    assert "nothing is stored; crossdock import erp --full reads everything" in result.out


def test_without_a_store_there_is_nothing_to_compare(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    assert "crossdock.db" in program.refused(*AUDIT)


def test_a_shop_that_cannot_be_reached_is_not_compared(shop: Program) -> None:
    unreachable = ERP.replace('url = "sandbox:"', 'url = "http://127.0.0.1:9"\nconsumer_key = { env = "K" }')
    unreachable += 'consumer_secret = { env = "K" }\n[connection.remote]\nretries = 0\n'
    (shop.folder / "plugins.toml").write_text(SHOP + unreachable, "utf-8")
    shop.monkeypatch.setenv("K", "ck_something")
    result = shop("audit", "--type", "order")
    assert result.code == 3
    assert "250 the same" in result.out
    assert "error: GET http://127.0.0.1:9" in result.out
    assert "nothing is said about deletions: the listing is not complete" in result.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("audit", "demo-shp"), "did you mean 'demo-shop'?"),
        (("audit", "demo-shop", "--type", "invoice"), "imports no 'invoice'"),
        (("audit", "demo-shop", "--since", "yesterday"), "'yesterday' is no time"),
    ],
)
def test_what_is_wrong_with_the_command_is_told(shop: Program, arguments: tuple[str, ...], told: str) -> None:
    assert told in shop.refused(*arguments)
