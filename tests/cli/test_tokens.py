"""``crossdock tokens``: made, listed, revoked."""

from __future__ import annotations

import pytest

from .program import SHOP, Program

OUTSIDE = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0009"
name = "erp"
connector = "api"
"""


@pytest.fixture
def outside(program: Program) -> Program:
    (program.folder / "plugins.toml").write_text(SHOP + OUTSIDE, "utf-8")
    return program


def test_a_token_is_the_only_line_on_stdout_so_that_a_script_can_take_it(outside: Program) -> None:
    result = outside("tokens", "create", "--connection", "erp")
    [text] = result.lines
    assert "acts as 'erp'; it is not shown again" in result.err
    with outside.store() as store:
        token = store.tokens.authenticate(text)
    assert token is not None
    assert token.role == "connection"


def test_a_role_that_is_none_is_refused_with_those_that_are(outside: Program) -> None:
    told = outside.refused("tokens", "create", "--connection", "erp", "--role", "king")
    assert "Invalid value for '--role': must be 'connection' or 'operator', not 'king'\n" in told
    meant = outside.refused("tokens", "create", "--connection", "erp", "--role", "operater")
    assert meant.endswith("not 'operater'; did you mean 'operator'?\n")
    assert "'--limit': must be a whole number, not 'x'\n" in outside.refused("import", "--limit", "x")


def test_as_json_it_comes_with_what_it_is(outside: Program) -> None:
    made = outside.fine("tokens", "create", "--connection", "erp", "--role", "operator", "--json").json
    assert (made["connection"], made["role"], made["revoked"]) == ("erp", "operator", None)
    assert made["token"].startswith(f"cdk_{made['tokenId']}_")


def test_the_list_shows_no_secret_and_what_became_of_each(outside: Program) -> None:
    first = outside.fine("tokens", "create", "--connection", "erp", "--json").json
    second = outside.fine("tokens", "create", "--connection", "demo-shop", "--json").json
    assert f"token {first['tokenId']} of 'erp' is revoked" in outside.fine("tokens", "revoke", first["tokenId"]).out
    (outside.folder / "plugins.toml").write_text(OUTSIDE, "utf-8")
    shown = outside.fine("tokens", "list").out
    assert first["token"] not in shown
    assert second["token"] not in shown
    assert "revoked 20" in shown
    assert "refused: its connection is no longer configured" in shown
    listed = outside.fine("tokens", "list", "--connection", "erp", "--json").json
    assert [one["tokenId"] for one in listed] == [first["tokenId"]]
    assert "token" not in listed[0]


def test_a_token_that_is_not_there_cannot_be_revoked(outside: Program) -> None:
    outside.fine("tokens", "create", "--connection", "erp", "--json")
    assert "there is no token '1234'; crossdock tokens list shows them" in outside.refused("tokens", "revoke", "1234")


def test_a_connection_that_is_not_there_has_no_token(outside: Program) -> None:
    assert "there is no connection 'erb'; did you mean 'erp'?" in outside.refused(
        "tokens", "create", "--connection", "erb"
    )


def test_an_outside_program_is_neither_imported_nor_asked(outside: Program) -> None:
    assert [report["connection"] for report in outside.fine("import", "--json").json] == ["demo-shop"] * 2
    assert "'erp' is an outside program: it writes through the API by itself" in outside.refused("import", "erp")
    for command in (
        ("coverage", "erp"),
        ("cursor", "show", "erp"),
        ("cursor", "reset", "erp"),
        ("preview", "erp", "1"),
    ):
        assert "'erp' is an outside program" in outside.refused(*command)
    assert "erp: an outside program; it calls crossdock serve" in outside.fine("check", "--live").out
    assert "outside program" in outside.fine("connectors", "list").out
    assert "what comes from it comes through the API" in outside.fine("connectors", "show", "api").out
