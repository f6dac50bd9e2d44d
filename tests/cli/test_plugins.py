"""``connectors`` and ``manipulators`` tell what plugins bring, with or without a configuration."""

from __future__ import annotations

import pytest

from crossdock.fault import tell

from .program import SHOP, Program

PLUGIN = """\
from crossdock.plugins import ManipulatorSettings, ManipulatorSpec, hookimpl


def build(settings, setup):
    return lambda record, context: record


@hookimpl
def crossdock_manipulators():
    return [ManipulatorSpec(name="stand-still", title="does nothing", settings=ManipulatorSettings, build=build)]
"""
TALKATIVE = """\
from crossdock.plugins import ManipulatorSettings, ManipulatorSpec, hookimpl

print("imported")


def build(settings, setup):
    print("built")

    def apply(record, context):
        print("at work")
        return record

    return apply


@hookimpl
def crossdock_manipulators():
    print("asked")
    return [ManipulatorSpec(name="talk", title="talks", settings=ManipulatorSettings, build=build)]
"""


@pytest.mark.parametrize(("noun", "known"), [("connectors", "woocommerce"), ("manipulators", "value-map")])
def test_the_built_in_ones_are_listed_without_a_configuration(program: Program, noun: str, known: str) -> None:
    text = program.fine(noun, "list").out
    assert known in text
    assert "(distribution crossdock" in text
    assert known in [one["name"] for one in program.fine(noun, "list", "--json").json]


def test_a_connector_is_shown_with_its_settings(program: Program) -> None:
    text = program.fine("connectors", "show", "woocommerce").out
    assert "record types  order, product, customer" in text
    assert "webhooks      yes: POST /hooks/CONNECTION of crossdock serve" in text
    row = next(line for line in text.splitlines() if line.startswith("  consumer_key"))
    assert row.split()[1:3] == ["secret", "required"]
    settings = program.fine("connectors", "show", "woocommerce", "--json").json["settings"]
    assert settings[0]["key"] == "url"
    assert settings[0]["required"] is True


def test_a_mapping_is_shown_line_by_line(program: Program) -> None:
    text = program.fine("connectors", "show", "woocommerce", "--mapping", "order").out
    assert "rows.product, one for each of line_items" in text
    assert next(line for line in text.splitlines() if line.startswith("  displayId")).endswith("  number")
    assert "blotted out" in text
    told = program.fine("connectors", "show", "woocommerce", "--mapping", "order", "--json").json
    assert told["blocks"][0]["lines"][0]["target"] == "remoteIdMap"
    assert {rule["path"] for rule in told["rules"] if rule["redact"]} == {"payment_url", "order_key"}


def test_a_manipulator_is_shown_with_settings_and_examples(program: Program) -> None:
    text = program.fine("manipulators", "show", "field-set").out
    assert "| `overwrite` | true or false | `true` |" in text
    assert '{ use = "field-set", field = "channel", value = "web" }' in text
    told = program.fine("manipulators", "show", "field-set", "--json").json
    assert [one["key"] for one in told["settings"]] == ["field", "value", "overwrite", "where"]
    assert told["examples"][0]["toml"].startswith("{ use =")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("connectors", "show", "woo-commerce"), "there is no connector 'woo-commerce'; did you mean 'woocommerce'?"),
        (("connectors", "show", "woocommerce", "--mapping", "ordr"), "offers no record type 'ordr'"),
        (("manipulators", "show", "feld-set"), "there is no manipulator 'feld-set'; did you mean 'field-set'?"),
    ],
)
def test_mistakes_are_told_with_the_remedy(program: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in program.refused(*arguments)


def test_plugins_of_the_configuration_are_respected(program: Program) -> None:
    (program.folder / "mine").mkdir()
    (program.folder / "mine/still.py").write_text(PLUGIN, "utf-8")
    (program.folder / "plugins.toml").write_text(
        '[plugins]\npaths = ["mine"]\ndisable = ["api", "woocommerce"]\n', "utf-8"
    )
    assert "stand-still" in program.fine("manipulators", "list").out
    assert program.fine("connectors", "list").out == "no connector is installed\n"
    assert "disabled plugins: api, woocommerce" in program.refused("connectors", "show", "woocommerce")


def test_a_configuration_that_is_wrong_elsewhere_does_not_keep_one_from_looking_things_up(program: Program) -> None:
    (program.folder / "plugins.toml").write_text('[[connection]]\nconnector = "woocommerce"\n', "utf-8")
    program.fine("connectors", "show", "woocommerce")


FAULTY = """\
from crossdock import ConnectorSettings, ConnectorSpec, RecordTypeSpec, hookimpl


class Source:
    def read(self, record_type, since, page_size=None):
        raise ValueError("boo")


class Sandbox:
    settings = {}

    def __init__(self, options):
        pass


class Settings(ConnectorSettings):
    url: str


@hookimpl
def crossdock_connectors():
    types, mapping = {"order": RecordTypeSpec()}, "[order]\\nid = 'id'"
    spec = ConnectorSpec("faulty", "Faulty", Settings, types, mapping, lambda *_: Source(), Sandbox)
    return [spec]
"""
TWO_CONNECTIONS = """\
[plugins]
paths = ["mine"]
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "one"
connector = "faulty"
settings = { url = "sandbox:" }
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0002"
name = "two"
connector = "woocommerce"
settings = { url = "sandbox:" }
"""


def test_a_connector_that_fails_ends_its_own_run_and_the_others_go_on(program: Program) -> None:
    (program.folder / "mine").mkdir()
    (program.folder / "mine/faulty.py").write_text(FAULTY, "utf-8")
    (program.folder / "plugins.toml").write_text(TWO_CONNECTIONS, "utf-8")
    result = program("import", "--limit", "5", "--json")
    one, two = result.json
    assert (result.code, one["outcome"], two["outcome"], two["created"]) == (3, "failed", "succeeded", 5)
    assert "connector 'faulty' fails in read(): ValueError: boo" in one["sessionErrors"][0]
    assert "faulty.py:6" in one["sessionErrors"][0]


def test_a_broken_plugin_is_told_and_the_others_are_listed(program: Program) -> None:
    (program.folder / "mine").mkdir()
    (program.folder / "mine/broken.py").write_text("import nothing_like_it\n", "utf-8")
    (program.folder / "plugins.toml").write_text('[plugins]\npaths = ["mine"]\n', "utf-8")
    result = program("connectors", "list")
    assert "woocommerce" in result.out
    assert "plugins.toml:2:10: plugin 'broken'" in result.err


def test_what_a_plugin_prints_goes_to_stderr_when_it_is_loaded_and_at_work(program: Program) -> None:
    folder = program.folder / "my_plugins"
    folder.mkdir()
    (folder / "talkative.py").write_text(TALKATIVE, "utf-8")
    (program.folder / "plugins.toml").write_text(
        '[plugins]\npaths = ["my_plugins"]\n'
        + SHOP.replace('use = "field-set", field = "channel", value = "web"', 'use = "talk"'),
        "utf-8",
    )
    listed = program("manipulators", "list", "--json")
    assert "talk" in [one["name"] for one in listed.json]
    assert listed.err.splitlines() == ["imported", "asked"]
    imported = program("import", "--type", "order", "--limit", "2", "--json")
    assert imported.json[0]["created"] == 2
    assert imported.err.splitlines() == ["imported", "asked", "built", "at work", "at work"]


LEAVING = """\
import sys
from crossdock import ManipulatorSettings, ManipulatorSpec, hookimpl
from pydantic import field_validator


class Settings(ManipulatorSettings):
    at: str

    @field_validator("at")
    @classmethod
    def look(cls, at):
        return sys.exit(0) if at == "settings" else at


def build(settings, setup):
    def apply(record, context):
        sys.exit(0)

    return sys.exit(0) if settings.at == "build" else apply


def files(settings):
    return sys.exit(0) if settings.at == "files" else ()


@hookimpl
def crossdock_manipulators():
    return [ManipulatorSpec("leave", "Leaves", Settings, build, files=files)]
"""


@pytest.fixture
def leaving(program: Program) -> Program:
    """The program in a folder with a manipulator that ends the process, wherever it is told to."""
    (program.folder / "mine").mkdir()
    (program.folder / "mine/leaving.py").write_text(LEAVING, "utf-8")
    return program


def leave(program: Program, at: str) -> None:
    chain = SHOP.replace('use = "field-set", field = "channel", value = "web"', f'use = "leave", at = "{at}"')
    (program.folder / "plugins.toml").write_text(f'[plugins]\npaths = ["mine"]\n{chain}', "utf-8")


def test_a_manipulator_that_ends_the_program_costs_each_record_and_ends_nothing(leaving: Program) -> None:
    leave(leaving, "work")
    result = leaving("import", "--type", "order", "--limit", "3", "--json")
    (report,) = result.json
    assert (result.code, report["outcome"], report["failed"]) == (1, "succeeded", 3)
    assert "manipulator 'leave', step 1 of 1" in report["failures"][0]["error"]
    assert "raised SystemExit: 0" in report["failures"][0]["error"]
    assert leaving.fine("runs", "list", "--json").json[0]["outcome"] == "succeeded"


@pytest.mark.parametrize("at", ["settings", "build", "files"])
def test_a_manipulator_that_ends_the_program_while_it_is_set_up_is_named(leaving: Program, at: str) -> None:
    leave(leaving, at)
    told = leaving.refused("check")
    assert "plugins.toml:12:" in told
    assert "manipulator 'leave' of plugin 'leaving' (file " in told
    assert "fails: SystemExit: 0 (" in told


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ('raise ValueError("boo")', "connector 'faulty' fails in read(): SystemExit: 0"),
        ("pass\n\n\nclass Settings", "connector 'faulty' fails in sandbox(): SystemExit: 0"),
    ],
)
def test_a_connector_that_ends_the_program_ends_its_own_run_and_the_others_go_on(
    program: Program, where: str, told: str
) -> None:
    leaves = where.replace('raise ValueError("boo")', "raise SystemExit(0)").replace("pass", "raise SystemExit(0)")
    assert where in FAULTY
    (program.folder / "mine").mkdir()
    (program.folder / "mine/faulty.py").write_text(FAULTY.replace(where, leaves), "utf-8")
    (program.folder / "plugins.toml").write_text(TWO_CONNECTIONS, "utf-8")
    result = program("import", "--limit", "5", "--json")
    assert result.code == 3
    assert result.json[-1]["created"] == 5
    assert told in result.err + str(result.json[0]["sessionErrors"])


class PanicError(BaseException):
    """What a library in another language raises, for instance."""


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), PanicError("on line 3")])
def test_nothing_that_a_plugin_raises_ends_the_program_as_if_all_were_well(
    program: Program, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def leave_at_once(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr("crossdock.plugins.load_plugins", leave_at_once)
    result = program("connectors", "list")
    assert result.code == 3
    assert f"a plugin raised {tell(error)}, which does not end Crossdock" in result.err


CHATTY = """\
from crossdock import ManipulatorSettings, ManipulatorSpec, hookimpl


def build(settings, setup):
    def apply(record, context):
        context.warn(f"order {record['displayId']} is odd")
        return record

    return apply


@hookimpl
def crossdock_manipulators():
    return [ManipulatorSpec("chat", "Chats", ManipulatorSettings, build)]
"""


def test_what_stands_for_further_warnings_is_no_kind_of_warning_and_comes_last(program: Program) -> None:
    (program.folder / "mine").mkdir()
    (program.folder / "mine/chatty.py").write_text(CHATTY, "utf-8")
    chain = SHOP.replace('use = "field-set", field = "channel", value = "web"', 'use = "chat"')
    (program.folder / "plugins.toml").write_text(f'[plugins]\npaths = ["mine"]\n{chain}', "utf-8")
    arguments = ("import", "--type", "order", "--limit", "70", "--dry-run")
    told = [line.strip() for line in program.fine(*arguments).lines]
    assert [line for line in told if "further warnings" in line] == []
    assert sum(" is odd" in line for line in told) >= 4
    *warnings, last = program.fine(*arguments, "--json").json[0]["warnings"]
    assert (len(warnings), last["message"]) == (50, "further warnings")
    assert last["count"] > max(one["count"] for one in warnings if one["message"].endswith(" is odd"))
