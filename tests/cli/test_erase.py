"""``crossdock erase``: shown first, asked for, done, proved by a search, and kept out afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossdock.records import parse_json
from crossdock.records.personal import ERASED

from .program import OPERATOR, SHOP, SHOP_ID, Program

LEAST = 12  # entries, which orders have and those that are erased have not
REFUSING = SHOP.replace(
    "manipulators = [",
    """manipulators = [
    { use = "fail", when = "currency == 'SEK'", reason = "no crowns" },
   """,
)


@pytest.fixture
def email(shop: Program) -> str:
    """The address of somebody who has ordered more than once."""
    with shop.store() as store:
        found = [record["customer"]["email"] for record in store.records("order") if "email" in record["customer"]]
    first: str = next(one for one in found if found.count(one) > 1)
    return first


def orders(shop: Program, email: str) -> list[dict[str, Any]]:
    """The orders that somebody has placed."""
    with shop.store() as store:
        return [record for record in store.records("order") if record["customer"].get("email") == email]


def test_it_shows_what_it_will_touch_and_changes_nothing_by_that(shop: Program, email: str) -> None:
    before = orders(shop, email)
    shown = shop.fine("erase", "--email", email.upper(), "--dry-run").out
    for order in before:
        assert f"order/{order['displayId']}" in shown
    assert re.search(r"records of the person +kept without the person +\d+\n", shown)
    assert re.search(r"entries of custom data +removed +\d+\n", shown)
    assert orders(shop, email) == before


def test_without_anybody_to_ask_nothing_is_done(shop: Program, email: str) -> None:
    result = shop("erase", "--email", email)
    assert result.code == 2
    assert "say --yes, or nothing is done" in result.err
    assert orders(shop, email)


def test_no_limit_keeps_a_person(shop: Program, email: str) -> None:
    limits = f'[[limits]]\nconnection = "demo-shop"\npreset = "kibo"\nmin_entries = {LEAST}\n'
    (shop.folder / "plugins.toml").write_text(SHOP + limits, "utf-8")
    out = shop.fine("erase", "--email", email, "--yes").out
    assert "nothing is left." in out
    assert orders(shop, email) == []


def test_it_erases_and_proves_it(shop: Program, email: str) -> None:
    before = orders(shop, email)
    out = shop.fine("erase", "--email", email, "--yes").out
    assert re.search(r"Searched [\d,]+ rows of \d+ tables for 1 e-mail address, .*: nothing is left\.", out)
    with shop.store() as store:
        for order in before:
            record = store.record("order", order["localId"])
            assert record is not None
            assert record["customer"]["email"] == ERASED
            assert (record["totals"], len(record["rows"])) == (order["totals"], len(order["rows"]))
            assert store.history("order", order["localId"])[0].actor_kind == "operator"
    assert not [file for file in shop.folder.glob("crossdock.db*") if email.encode() in file.read_bytes()]
    assert shop.fine("erase", "--email", email, "--yes").out == "nothing is stored of this person\n"


def test_the_next_import_keeps_it_out(shop: Program, email: str) -> None:
    count = len(orders(shop, email))
    shop.fine("erase", "--email", email, "--yes")
    [report] = shop.fine("import", "--type", "order", "--full", "--json").json
    assert (report["ignored"], report["unchanged"]) == (count, 250 - count)
    [reason] = report["ignoredBecause"]
    assert reason["count"] == count
    assert "--readmit" in reason["reason"]
    assert orders(shop, email) == []


def test_one_record_can_be_erased_and_let_in_again(shop: Program, email: str) -> None:
    first, *others = orders(shop, email)
    reference = f"order/{first['displayId']}"
    out = shop.fine("erase", "--record", reference, "--yes").out
    assert "Records of others were left alone" in out
    assert orders(shop, email) == others
    assert "imported again" in shop.fine("erase", "--record", reference, "--readmit").out
    assert shop.fine("erase", "--record", reference, "--readmit").out == f"{reference} is not kept out\n"
    shop.fine("import", "--type", "order", "--full")
    assert len(orders(shop, email)) == len(others) + 1


@pytest.fixture
def waiting(program: Program, write: Callable[[str], Path]) -> tuple[str, str]:
    """An order that only waits in quarantine: its remote id, and an address that is in no record."""
    write(REFUSING)
    program("import", "--type", "order")
    with program.store() as store:
        stored = {record["customer"].get("email") for record in store.records("order")}
        for entry in store.quarantine_list():
            found = store.quarantine_show(entry.quarantine_id)
            assert found is not None
            email: str = parse_json(found[1])["billing"]["email"]
            if email and email not in stored:
                return str(entry.remote_id), email
    raise AssertionError("everybody who ordered in crowns has ordered in another currency")


def test_what_only_waits_in_quarantine_will_be_missing_and_that_is_said_before(
    program: Program, waiting: tuple[str, str]
) -> None:
    remote_id, email = waiting
    shown = program.fine("erase", "--email", email, "--dry-run").out
    assert f"order/demo-shop:{remote_id}" in shown.partition("Never stored")[2]
    assert "will be missing from the books" in shown


def test_what_was_never_stored_can_be_let_in_again(program: Program, waiting: tuple[str, str]) -> None:
    remote_id, email = waiting
    program.fine("erase", "--email", email, "--yes")
    assert "would keep it out" in program.fine("preview", "demo-shop", remote_id).out
    assert "order/CONNECTION:REMOTE-ID" in program.refused("erase", "--record", f"order/{remote_id}", "--readmit")
    reference = f"order/demo-shop:{remote_id}"
    assert "imported again" in program.fine("erase", "--record", reference, "--readmit").out
    assert "there is no order" in program.refused("erase", "--record", reference, "--readmit")
    assert "no crowns" in program("import", "--type", "order", "--id", remote_id).out


def test_the_morning_report_does_not_ask_for_what_was_erased(shop: Program, email: str) -> None:
    shop.fine("erase", "--email", email, "--yes")
    shop.fine("import", "--type", "order", "--full")
    assert "applies_to" not in shop("report").out


def test_programs_read_what_was_done(shop: Program, email: str) -> None:
    found = orders(shop, email)
    told = shop.fine("erase", "--email", email, "--dry-run", "--json").json
    assert {one["localId"] for one in told["records"]} >= {order["localId"] for order in found}
    assert told["erased"] is False
    done = shop.fine("erase", "--email", email, "--yes", "--json").json
    assert done == told | {"erased": True, "cleanedUp": True, "proof": done["proof"]}
    assert done["proof"]["left"] == []
    assert done["proof"]["searchedFor"]["e-mail address"] == 1


def test_who_lives_at_the_same_place_under_the_same_name_is_shown(shop: Program, email: str) -> None:
    order = orders(shop, email)[0]
    copied = {name: order[name] for name in ("billingAddress", "customer", "totals", "currency")}
    for holder in ("billingAddress", "customer"):
        copied[holder] = {**copied[holder], "email": "other@example.test"}
    copied["customer"].pop("remoteIdMap", None)
    with shop.store() as store:
        store.write_record(OPERATOR, "order", None, {**copied, "displayId": "other-1"})
    out = shop.fine("erase", "--email", email, "--yes").out
    assert "order/other-1" in out.partition("Records of others with the same name")[2]
    assert orders(shop, "other@example.test")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "either --email ADDRESS or --record REF"),
        (("--email", "a@b.test", "--record", "order/1"), "either --email ADDRESS or --record REF"),
        (("--email", "anna"), "'anna' is no e-mail address"),
        (("--email", "anna @b.test"), "is no e-mail address"),
        (("--record", "order/0815"), "there is no order '0815'"),
        (("--email", "a@b.test", "--readmit"), "--readmit goes with --record REF"),
    ],
)
def test_what_is_wrong_is_said(shop: Program, arguments: tuple[str, ...], said: str) -> None:
    assert said in shop.refused("erase", *arguments)


def test_goods_are_no_person(shop: Program) -> None:
    with shop.store() as store:
        store.write_record(OPERATOR, "product", None, {"displayId": "mug"})
    assert "a product says nothing of a person" in shop.refused("erase", "--record", "product/mug", "--yes")


def test_of_somebody_unknown_nothing_is_stored(shop: Program) -> None:
    assert shop.fine("erase", "--email", "nobody@example.test").out == "nothing is stored of this person\n"
    told = shop.fine("erase", "--email", "nobody@example.test", "--json").json
    assert (told["records"], told["touched"], told["erased"]) == ([], [], False)
    assert SHOP_ID not in str(told)
