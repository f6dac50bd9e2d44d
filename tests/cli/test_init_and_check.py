"""``init`` writes a configuration that works; ``check`` tells everything that is wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crossdock.plugins import load_plugins
from crossdock.testing.sandbox import SandboxOptions, SandboxServer

from .program import NEEDS_KEYS, SHOP, SHOP_ID, Program

Write = Callable[[str], Path]


def test_what_init_writes_is_right_and_can_be_imported_at_once(program: Program) -> None:
    told = program.fine("init")
    assert told.lines[0] == "wrote plugins.toml"
    assert "crossdock import" in told.out
    assert program.fine("check").lines[-1] == "plugins.toml is right"
    assert program.fine("import", "--limit", "3", "--json").json[0]["created"] == 3


def test_init_makes_the_folder_and_tells_how_to_name_the_file(program: Program) -> None:
    told = program.fine("init", "new/shop")
    assert (program.folder / "new/shop/plugins.toml").is_file()
    assert "crossdock --config new/shop/plugins.toml import" in told.out
    assert program.fine("--config", "new/shop/plugins.toml", "check").code == 0


def test_init_overwrites_nothing(program: Program) -> None:
    file = program.folder / "plugins.toml"
    file.write_text("mine", "utf-8")
    assert "'plugins.toml' is there already and was left alone" in program.refused("init")
    assert file.read_text("utf-8") == "mine"


def test_each_init_gives_ids_of_its_own(program: Program) -> None:
    program.fine("init", "one")
    program.fine("init", "two")
    assert (program.folder / "one/plugins.toml").read_text() != (program.folder / "two/plugins.toml").read_text()


def test_a_folder_that_cannot_be_made_is_a_message(program: Program) -> None:
    (program.folder / "file").write_text("")
    assert "'file/plugins.toml' cannot be written" in program.refused("init", "file")


def test_check_shows_what_would_be_imported(program: Program, write: Write) -> None:
    write(SHOP)
    lines = program.fine("check").lines
    assert lines[0].split() == ["connection", "connector", "type", "manipulators", "mapping", "lines"]
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["demo-shop", "woocommerce", "order", "field-set"],
        ["demo-shop", "woocommerce", "customer", lines[2].split()[3]],
    ]


def test_check_as_json(program: Program, write: Write) -> None:
    write(SHOP)
    told = program.fine("check", "--json").json
    assert told["problems"] == []
    assert told["imports"][0] | {"mappingLines": 1} == {
        "connection": "demo-shop",
        "connectionId": SHOP_ID,
        "connector": "woocommerce",
        "recordType": "order",
        "manipulators": ["field-set"],
        "mappingLines": 1,
    }


def test_every_problem_is_told_in_one_go_missing_secrets_too(program: Program, write: Write) -> None:
    write(f'{NEEDS_KEYS}\n[connection.import.order]\nlookback = "soon"\nmanipulators = [{{ use = "feld-set" }}]\n')
    told = program.refused("check").splitlines()
    places = [line.split(": ")[1] for line in told[:-1]]
    assert places == ["plugins.toml:9:16", "plugins.toml:10:19", "plugins.toml:13:12", "plugins.toml:14:25"]
    assert "'NO_SUCH_KEY' is not set" in told[0]
    assert "did you mean 'field-set'?" in told[3]
    assert told[-1] == "crossdock: 4 problems in plugins.toml"


def test_problems_as_json(program: Program, write: Write) -> None:
    write('[store]\nurl = "mysql://x"\n')
    result = program("check", "--json")
    assert result.code == 2
    assert [(one["line"], one["column"]) for one in result.json["problems"]] == [(2, 7)]


def test_a_missing_secret_of_one_connection_leaves_the_others_usable(program: Program, write: Write) -> None:
    write(SHOP + NEEDS_KEYS)
    result = program("check")
    assert result.code == 2
    assert "demo-shop" in result.out
    assert result.err.splitlines()[-1] == "crossdock: 2 problems in plugins.toml"


def test_no_configuration_says_how_to_get_one(program: Program) -> None:
    assert "'crossdock init' writes one" in program.refused("check")


def test_a_configuration_without_connections_is_right_but_does_nothing(program: Program, write: Write) -> None:
    write("")
    assert "has no [[connection]] yet" in program.fine("check").out


def test_live_asks_the_remote_system(program: Program, write: Write) -> None:
    write(SHOP)
    told = program.fine("check", "--live")
    assert "demo-shop: 'Sandbox" in told.out or "demo-shop: " in told.lines[3]
    assert "lists 250 orders" in told.out


def test_live_tells_who_is_kept_out_and_why(program: Program, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    make = load_plugins().connectors["woocommerce"].sandbox
    assert make is not None
    with SandboxServer(make(SandboxOptions(records=1))) as server:
        write(SHOP + NEEDS_KEYS.replace("https://shop.example", server.url))
        monkeypatch.setenv("NO_SUCH_KEY", server.sandbox.settings["consumer_key"])
        monkeypatch.setenv("NO_SUCH_SECRET", "cs_quite_wrong")
        last = program("check", "--live").lines[-1]
        result = program("check", "--live", "--json")
    assert last == "plugins.toml is right; 1 of 2 connections cannot be reached"
    assert result.code == 3
    assert [answer["fine"] for answer in result.json["live"]] == [True, False]
    assert "consumer_secret is wrong" in result.json["live"][1]["message"]
    assert "cs_quite_wrong" not in result.out + result.err
