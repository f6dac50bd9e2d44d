"""``customdata owners``, ``transfer`` and ``delete --owner``: what becomes of connections that are gone."""

from __future__ import annotations

import pytest

from .program import ERP, ERP_ID, SHOP, SHOP_ID, Program

NEW_ID = "5377568eb7e165e3b38af6eece4a00ff"


@pytest.fixture
def moved(shop: Program) -> Program:
    """The demo shop, which now stands in the configuration under a new id."""
    (shop.folder / "plugins.toml").write_text(SHOP.replace(SHOP_ID, NEW_ID) + ERP, "utf-8")
    return shop


def first(shop: Program) -> str:
    [order] = shop.fine("records", "list", "--json", "--limit", "1").json
    return f"order/{order['displayId']}"


def test_the_owners_are_listed_with_those_that_are_gone(moved: Program) -> None:
    moved.fine("customdata", "set", first(moved), "x-erp|n", "1", "--as", "erp")
    titles, gone, erp = moved.fine("customdata", "owners").lines
    assert titles.split() == ["connection", "name", "entries", "records", "remote", "ids"]
    assert gone.split()[:3] == [SHOP_ID, "(not", "configured)"]
    assert erp.split() == [ERP_ID, "erp", "1", "1", "0"]
    found = moved.fine("customdata", "owners", "--json").json
    assert [(one["connectionId"], one["name"], one["configured"]) for one in found] == [
        (SHOP_ID, None, False),
        (ERP_ID, "erp", True),
    ]
    assert found[0]["remoteIds"]["order"] == 250


def test_the_same_shop_under_a_new_id_goes_on(moved: Program) -> None:
    lines = moved.fine("customdata", "transfer", "--from", SHOP_ID, "--to", "demo-shop", "--yes").lines
    assert lines[0].split() == ["from", SHOP_ID]
    assert lines[-1].startswith(f"handed over from {SHOP_ID} to 'demo-shop': ")
    reports = moved.fine("import", "demo-shop", "--full", "--json").json
    reports += moved.fine("import", "demo-shop", "--full", "--prove", "--json").json  # maps what has not changed, too
    for report in reports:
        assert report["considered"] == report["unchanged"] > 0
    assert "250 stay as they are" in moved.fine("replay", "demo-shop", "--type", "order", "--diff").out
    assert SHOP_ID not in moved.fine("records", "export", "--type", "order").out
    assert f"handed over from {SHOP_ID} to 'demo-shop'" in moved.fine("log", "list").out
    history = moved.fine("customdata", "history", first(moved), "status", "--json").json
    assert {one["actor"] for one in history if one["event"] == "changed"} == {"operator"}


def test_nothing_is_done_without_a_word(moved: Program) -> None:
    before = moved.fine("records", "export", "--type", "order").out
    ended = moved("customdata", "transfer", "--from", SHOP_ID, "--to", "demo-shop")
    assert ended.code == 2
    assert "imported records" in ended.out
    assert f"Hand this over from {SHOP_ID} to 'demo-shop'? There is nobody to ask here; say --yes" in ended.err
    ended = moved("customdata", "delete", "--owner", SHOP_ID)
    assert (ended.code, "Delete these entries" in ended.err) == (2, True)
    assert moved.fine("records", "export", "--type", "order").out == before


def test_entries_that_the_new_one_has_as_well_are_listed(moved: Program) -> None:
    (moved.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    ref = first(moved)
    moved.fine("customdata", "set", ref, "x-n|tier", "gold", "--as", "demo-shop")
    moved.fine("customdata", "set", ref, "x-n|tier", "silver", "--as", "erp")
    (moved.folder / "plugins.toml").write_text(ERP, "utf-8")
    transfer = ("customdata", "transfer", "--from", SHOP_ID, "--to", "erp", "--entries-only", "--yes")
    ended = moved(*transfer)
    assert ended.code == 2
    assert "nothing was handed over, for both have something in one place:" in ended.err
    assert "--on-conflict keep leaves what is there" in ended.err
    assert f"customData[{ERP_ID}|x-n|tier]: is 'silver', would become 'gold'" in ended.err
    moved.fine(*transfer, "--on-conflict", "keep")
    assert moved.fine("customdata", "get", ref, "tier").out == "silver\n"
    assert SHOP_ID in moved.fine("records", "export", "--type", "order").out  # in remoteIdMap


def test_all_entries_of_one_that_is_gone_are_deleted(moved: Program) -> None:
    moved.fine("customdata", "set", first(moved), "x-erp|n", "1", "--as", "erp")
    told = moved.fine("customdata", "delete", "--owner", SHOP_ID, "--yes").lines[-1]
    assert told.startswith(f"deleted of {SHOP_ID}: ")
    assert [one["connectionId"] for one in moved.fine("customdata", "owners", "--json").json if one["entries"]] == [
        ERP_ID
    ]
    assert told in moved.fine("log", "list").out
    assert "owns nothing here" in moved.refused("customdata", "delete", "--owner", SHOP_ID, "--yes")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("transfer", "--from", "erp", "--to", "demo-shop"), "connection 'erp' is configured"),
        (("transfer", "--from", NEW_ID, "--to", "erp"), "connection 'demo-shop' is configured"),
        (("transfer", "--from", SHOP_ID, "--to", "demo-shp"), "no connection 'demo-shp'"),
        (("transfer", "--from", "the-old-one", "--to", "erp"), "'the-old-one' is no id of a connection"),
        (("transfer", "--from", "0" * 32, "--to", "erp"), "owns nothing here"),
        (("delete", "--owner", "erp"), "connection 'erp' is configured"),
        (("delete",), "name one entry by REF and KEY, or a connection that is gone by --owner"),
        (("delete", "order/1", "--owner", SHOP_ID), "name one entry by REF and KEY"),
    ],
)
def test_mistakes_are_told_with_the_remedy(moved: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in moved.refused("customdata", *arguments)
