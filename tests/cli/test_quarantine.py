"""``quarantine``: what failed and why, tried again with today's configuration, or dropped."""

from __future__ import annotations

import pytest

from crossdock.store import Actor, PageWrite, Quarantined

from .program import SHOP, SHOP_ID, Program

IMPORT = Actor("connection", SHOP_ID, "demo-shop", "import", "woocommerce")
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
    assert len(failed.fine("quarantine", "list", "--all").lines) == len(found) + 1
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


def test_what_succeeds_today_needs_no_other_remedy(failed: Program) -> None:
    found = failed.fine("quarantine", "list", "--json").json
    number = next(str(one["quarantineId"]) for one in found if "no crowns" in one["error"])
    assert "Correct the chain" in failed.fine("quarantine", "show", number).out
    mend(failed)
    todo = failed.fine("quarantine", "show", number).out.partition("What to do")[2]
    assert "it succeeds: retry" in todo
    assert "Correct" not in todo


def put_aside(program: Program, stage: str, remote_id: str | None, payload: bytes) -> str:
    """Put a payload into quarantine, and say by which number it is shown."""
    with program.store() as store:
        run = store.start_run(SHOP_ID, "order", b"config")
        aside = Quarantined(remote_id, payload, "it failed", "BrokenPayload", stage, b"config")
        store.write_page(IMPORT, run, PageWrite([aside]))
        store.finish_run(run, {}, "succeeded")
        return str(max(entry.quarantine_id for entry in store.quarantine_list()))


@pytest.mark.parametrize(("remote_id", "read_again"), [("17", "--id 17"), (None, "--full")])
def test_what_cannot_be_read_is_not_retried_but_imported_again(
    shop: Program, remote_id: str | None, read_again: str
) -> None:
    out = shop.fine("quarantine", "show", put_aside(shop, "parse", remote_id, b"<html>")).out
    assert f"crossdock import demo-shop --type order {read_again}" in out
    assert "crossdock quarantine retry" not in out
    assert "crossdock quarantine drop" in out


def test_the_list_offers_to_retry_only_what_may_succeed(shop: Program) -> None:
    torn = put_aside(shop, "parse", "17", b"<html>")
    out = shop.fine("quarantine", "list").out
    assert f"crossdock quarantine show {torn} " in out
    assert "quarantine retry" not in out
    refused = put_aside(shop, "map", "18", b"{}")
    assert f"crossdock quarantine retry --cause {refused} " in shop.fine("quarantine", "list").out


def test_drift_is_accepted_first_and_retried_then(shop: Program) -> None:
    out = shop.fine("quarantine", "show", put_aside(shop, "drift", "17", b'{"id": 17')).out
    assert "crossdock drift accept demo-shop; then retry." in out


def test_a_payload_is_shown_in_real_letters_and_what_to_do_below_it(shop: Program) -> None:
    payload = rb'{"id": 17, "name": "M\u00fcller \ud83d\ude00 a\/b \\u0041 \"q\u0022 \u001b[2J"}'
    out = shop.fine("quarantine", "show", put_aside(shop, "drift", "17", payload)).out
    assert r'"name": "Müller 😀 a/b \\u0041 \"q\" \u001b[2J"' in out
    assert out.index("Müller") < out.index("What to do")


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


def test_a_retry_of_a_cause_takes_all_that_failed_alike(failed: Program) -> None:
    before = failed.fine("quarantine", "list", "--json").json
    crowns = [one for one in before if "no crowns" in one["error"]]
    mend(failed)
    told = failed.fine("quarantine", "retry", "--cause", str(crowns[-1]["quarantineId"]), "--json").json[0]
    assert (told["considered"], told["created"]) == (len(crowns), len(crowns))
    assert failed.fine("quarantine", "list", "--json").json == [one for one in before if one not in crowns]


def test_the_step_that_failed_it_is_named_with_its_place_and_whether_it_would_today(failed: Program) -> None:
    found = failed.fine("quarantine", "list", "--json").json
    number = next(str(one["quarantineId"]) for one in found if "no crowns" in one["error"])
    line = FAILING.splitlines().index('  { use = "fail", when = "currency == \'SEK\'", reason = "no crowns" },') + 1
    told = failed.fine("quarantine", "show", number, "--json").json
    assert told["step"]["name"] == "fail"
    assert told["step"]["place"].endswith(f"plugins.toml:{line}:3")
    assert (told["succeedsToday"], "no crowns" in told["errorToday"]) == (False, True)
    mend(failed)
    assert failed.fine("quarantine", "show", number, "--json").json["succeedsToday"] is True
    text = failed.fine("quarantine", "show", number).out
    assert "With today's configuration it succeeds: retry." in text
    assert f"step  fail ({told['step']['place']})" in text


def test_a_value_of_the_payload_is_shown_with_the_line_that_takes_it(shop: Program) -> None:
    with shop.store() as store:
        payload = next(store.payloads(SHOP_ID, "order"))
        run = store.start_run(SHOP_ID, "order", payload.config_hash)
        wrong = Quarantined(
            "4711", payload.payload, "the total is wrong", "RecordError", "map", payload.config_hash, "/total"
        )
        store.write_page(IMPORT, run, PageWrite([wrong]))
        store.finish_run(run, {}, "succeeded")
    told = shop.fine("quarantine", "show", "1", "--json").json
    assert told["values"] == [{"pointer": "/total", "value": told["payload"]["total"]}]
    assert [line["name"] for line in told["lines"]] == ["totals.totalInclVat"]
    assert "in the payload  /total = " in shop.fine("quarantine", "show", "1").out


def test_a_place_of_the_record_leads_back_to_the_step_that_wrote_it(shop: Program) -> None:
    text = SHOP.replace('value = "web"', 'value = "web"}, {use = "field-set", field = "customer.phone", value = "070"')
    (shop.folder / "plugins.toml").write_text(text, "utf-8")
    with shop.store() as store:
        payload = next(store.payloads(SHOP_ID, "order"))
        run = store.start_run(SHOP_ID, "order", payload.config_hash)
        places = ("/customer/phone", "/rows/0/sku", "/nowhere", "/rows/999/sku")
        failures = [
            Quarantined(f"{at}", payload.payload, "not valid", "RecordError", "validate", payload.config_hash, place)
            for at, place in enumerate(places)
        ]
        store.write_page(IMPORT, run, PageWrite(failures))
        store.finish_run(run, {}, "succeeded")
    step, line, nothing, none = (shop.fine("quarantine", "show", str(at), "--json").json for at in range(1, 5))
    assert step["step"]["name"] == "field-set"
    assert (line["step"], [one["name"] for one in line["lines"]]) == (None, ["rows.product.sku"])
    assert [one["pointer"] for one in line["values"]] == ["/line_items/0/sku"]
    assert (nothing["step"], nothing["lines"], none["step"], none["lines"]) == (None, [], None, [])


def test_a_field_that_a_manipulator_fails_for_leads_back_to_the_payload(program: Program) -> None:
    step = '{ use = "value-map", field = "payments[].method", table = { bacs = "bank" }, otherwise = "fail" }'
    text = SHOP.replace('{ use = "field-set", field = "channel", value = "web" }', step)
    (program.folder / "plugins.toml").write_text(text, "utf-8")
    assert program("import", "--type", "order").code == 1
    told = program.fine("quarantine", "show", "1", "--json").json
    assert (told["pointer"], told["step"]["name"]) == ("/payments/0/method", "value-map")
    assert told["values"] == [{"pointer": "/payment_method", "value": told["payload"]["payment_method"]}]
    assert [line["name"] for line in told["lines"]] == ["payments.main.method"]


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
    assert failed.fine("quarantine", "drop", "1", "--yes").out == "dropped 1 entry\n"
    assert "say --yes" in failed.refused("quarantine", "drop", "--all")
    assert failed.fine("quarantine", "drop", "--all", "--yes").out == f"dropped {count - 1} entries\n"
    assert failed.fine("quarantine", "list").out == "nothing waits in quarantine\n"
    assert failed.fine("quarantine", "retry", "--all").out == "nothing waits in quarantine\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "9999"), "there is no entry 9999 in quarantine"),
        (("retry",), "say which entries: their numbers, --cause with the number of one, or --all"),
        (("retry", "1", "--cause", "1"), "say which entries"),
        (("retry", "--cause", "9999"), "there is no entry 9999 in quarantine"),
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
