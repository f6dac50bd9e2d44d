"""``quarantine``: what failed and why, tried again with today's configuration, or dropped."""

from __future__ import annotations

import pytest

from .program import SHOP, SHOP_ID, Program

FAILING = SHOP.replace(
    "manipulators = [",
    """manipulators = [
  { use = "fail", when = "currency == 'SEK'", reason = "no crowns" },
  { use = "fail", when = "currency == 'JPY'", reason = "no yen" },
""",
)


@pytest.fixture
def failed(program: Program) -> Program:
    """The demo shop after an import in which orders in two currencies failed."""
    (program.folder / "plugins.toml").write_text(FAILING, "utf-8")
    result = program("import", "--type", "order", "--json")
    assert result.code == 1
    assert result.json[0]["failed"] > 10
    return program


def mend(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(FAILING.replace("'SEK'", "'XXX'"), "utf-8")


def test_entries_are_grouped_by_cause_the_most_frequent_first(failed: Program) -> None:
    lines = failed.fine("quarantine", "list").lines
    assert lines[0].split()[:4] == ["entries", "connection", "type", "stage"]
    counts = [int(line.split()[0]) for line in lines[1:3]]
    assert counts == sorted(counts, reverse=True)
    assert {"no crowns" in line or "no yen" in line for line in lines[1:3]} == {True}
    assert lines[3] == ""


def test_each_entry_and_json(failed: Program) -> None:
    found = failed.fine("quarantine", "list", "--json").json
    assert len(failed.fine("quarantine", "list", "--each").lines) == len(found) + 1
    assert {(one["connection"], one["recordType"], one["stage"], one["failures"]) for one in found} == {
        ("demo-shop", "order", "manipulate", 1)
    }
    assert len({one["cause"] for one in found}) == 2
    assert failed.fine("quarantine", "list", "--json", "--type", "customer").json == []


def test_an_entry_is_shown_with_its_payload_and_what_to_do(failed: Program) -> None:
    number = failed.fine("quarantine", "list", "--json").json[0]["quarantineId"]
    text = failed.fine("quarantine", "show", str(number)).out
    assert "stage          manipulate" in text
    assert f"crossdock quarantine retry {number}" in text
    assert "[connection.import.order]" in text
    told = failed.fine("quarantine", "show", str(number), "--json").json
    assert str(told["payload"]["id"]) == told["remoteId"]


def test_what_the_mapping_redacts_is_not_kept_in_quarantine(failed: Program) -> None:
    told = failed.fine("quarantine", "show", "1", "--json").json
    assert told["payload"]["order_key"] == "[redacted]"


def test_a_retry_takes_out_what_succeeds_and_leaves_what_fails(failed: Program) -> None:
    before = failed.fine("quarantine", "list", "--json").json
    crowns = [one for one in before if "no crowns" in one["error"]]
    mend(failed)
    result = failed("quarantine", "retry", "--all", "--json")
    assert result.code == 1
    report = result.json[0]
    assert (report["considered"], report["created"]) == (len(before), len(crowns))
    left = failed.fine("quarantine", "list", "--json").json
    assert [one["remoteId"] for one in left] == [one["remoteId"] for one in before if one not in crowns]
    assert {one["failures"] for one in left} == {2}
    failed.fine("records", "show", f"order/demo-shop:{crowns[0]['remoteId']}")


def test_a_retry_of_one_entry_touches_no_other(failed: Program) -> None:
    before = failed.fine("quarantine", "list", "--json").json
    chosen = next(one for one in before if "no crowns" in one["error"])
    mend(failed)
    told = failed.fine("quarantine", "retry", str(chosen["quarantineId"]))
    assert "succeeded" in told.out
    assert failed.fine("quarantine", "list", "--json").json == [one for one in before if one != chosen]


def test_a_retry_moves_no_cursor_and_is_a_run_like_others(failed: Program) -> None:
    cursor = failed.fine("cursor", "show", "--json").json
    failed("quarantine", "retry", "--all")
    assert failed.fine("cursor", "show", "--json").json == cursor
    assert len(failed.fine("runs", "list", "--json").json) == 2


def test_a_retry_while_an_import_runs_is_refused(failed: Program) -> None:
    with failed.store() as store:
        run = store.start_run(SHOP_ID, "order", b"")
        result = failed("quarantine", "retry", "--all")
        store.finish_run(run, {}, "succeeded")
    assert result.code == 3
    assert "is going on already" in result.err


def test_dropping(failed: Program) -> None:
    count = len(failed.fine("quarantine", "list", "--json").json)
    assert failed.fine("quarantine", "drop", "1", "--yes").out == "dropped 1\n"
    assert "say --yes" in failed.refused("quarantine", "drop", "--all")
    assert failed.fine("quarantine", "drop", "--all", "--yes").out == f"dropped {count - 1}\n"
    assert failed.fine("quarantine", "list").out == "nothing waits in quarantine\n"
    assert failed.fine("quarantine", "retry", "--all").out == "nothing waits in quarantine\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "9999"), "there is no entry 9999 in quarantine"),
        (("retry",), "say which entries: their numbers, or --all"),
        (("retry", "1", "--all"), "say which entries"),
        (("retry", "9999"), "there is no entry 9999 in quarantine"),
        (("drop", "9999", "--yes"), "there is no entry 9999"),
        (("list", "--connection", "shop"), "no connection 'shop'; did you mean 'demo-shop'?"),
        (("list", "--type", "ordr"), "no record type 'ordr'"),
    ],
)
def test_mistakes_are_told_with_the_remedy(failed: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in failed.refused("quarantine", *arguments)


def test_entries_of_a_connection_that_is_no_longer_configured(failed: Program) -> None:
    (failed.folder / "plugins.toml").write_text("", "utf-8")
    assert "has it no longer; put it back, or drop them" in failed.refused("quarantine", "retry", "--all")
    failed.fine("quarantine", "list")
    failed.fine("quarantine", "drop", "--all", "--yes")
