"""``limits``: what is known of remote systems, what is configured, and which stored entries go beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from .program import ERP, ERP_ID, SHOP, Program, Result

LIMITS = '\n[[limits]]\nconnection = "erp"\nrecord_types = ["order"]\npreset = "kibo"\nmax_value = 5\n'


@pytest.fixture
def ref(shop: Program) -> str:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    found: list[dict[str, Any]] = shop.fine("records", "list", "--json", "--limit", "1").json
    return f"order/{found[0]['displayId']}"


def fails(program: Program, code: int, *arguments: str) -> Result:
    result = program(*arguments)
    assert result.code == code, result
    return result


def limited(shop: Program, text: str = LIMITS) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP + text, "utf-8")


def test_the_presets_are_listed_without_any_configuration(program: Program) -> None:
    lines = program.fine("limits", "list").lines
    assert [line.split()[0] for line in lines] == ["preset", "digitalriver", "kibo", "zebo", "stripe", "shopify"]
    assert program.fine("limits", "list", "--json").json["configured"] == []


def test_what_is_configured_is_listed_with_its_own_numbers(shop: Program) -> None:
    limited(shop)
    (found,) = shop.fine("limits", "list", "--json").json["configured"]
    assert (found["name"], found["connectionId"], found["recordTypes"]) == ("kibo", ERP_ID, ["order"])
    assert (found["limits"]["max_value"], found["limits"]["max_key"]) == (5, 100)
    assert "erp" in shop.fine("limits", "list").out


def test_a_preset_says_what_it_counts_and_where_that_is_from(program: Program) -> None:
    shown = program.fine("limits", "show", "stripe").out
    assert "max_entries  50" in shown
    assert "per owner" in shown
    assert "Source" in shown
    assert program.fine("limits", "show", "zebo", "--json").json["limits"]["max_total"] == 25_600


def test_an_unknown_preset_is_explained(program: Program) -> None:
    assert "there is no preset 'strip'; did you mean 'stripe'?" in fails(program, 2, "limits", "show", "strip").err


def test_a_write_beyond_a_limit_is_refused_and_says_by_how_much(shop: Program, ref: str) -> None:
    limited(shop)
    told = fails(shop, 1, "customdata", "set", ref, "x-erp|note", "too long", "--as", "erp").err
    assert "the value has 8 characters, 3 more than the 5 allowed (limit 'kibo', max_value)" in told
    assert shop.fine("customdata", "list", ref).out.count("x-erp") == 0


def test_entries_that_were_there_before_the_limit_are_found(shop: Program, ref: str) -> None:
    shop.fine("customdata", "set", ref, "x-erp|note", "too long", "--as", "erp")
    limited(shop)
    found = fails(shop, 1, "limits", "check", "--json").json
    assert [(one["record"], one["key"], one["limit"], one["rule"], one["by"]) for one in found] == [
        (ref, f"{ERP_ID}|x-erp|note", "kibo", "max_value", 3)
    ]
    assert "erp|x-erp|note" in fails(shop, 1, "limits", "check", ref).out
    assert "within their limits" in shop.fine("limits", "check", "--type", "customer").out


def test_a_check_needs_something_to_check_for(shop: Program, ref: str) -> None:
    assert "configures no [[limits]]" in fails(shop, 2, "limits", "check").err
    limited(shop)
    assert "leave --type out" in fails(shop, 2, "limits", "check", ref, "--type", "order").err
    assert (
        "there is no record type 'ordr'; did you mean 'order'?"
        in fails(shop, 2, "limits", "check", "--type", "ordr").err
    )


def test_an_import_says_what_it_did_not_keep(shop: Program) -> None:
    limited(shop, '\n[[limits]]\nconnection = "demo-shop"\nrecord_types = ["order"]\nmax_value = 12\n')
    done = shop.fine("import", "demo-shop", "--type", "order", "--full")
    assert "refused by limits" in done.out
    assert "not kept: connector.woocommerce|" in done.out
    run = shop.fine("runs", "list", "--json").json[0]["runId"]
    assert "Refused by limits" in shop.fine("runs", "show", run).out
    assert shop.fine("limits", "check").code == 0
