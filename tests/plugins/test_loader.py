"""Plugins are found, isolated from each other, and a broken one is named with its origin and the remedy."""

import errno
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossdock.errors import ConfigError
from crossdock.plugins import Plugins, load_plugins
from crossdock.toml import Place
from tests.plugins.conftest import CONNECTORS, MANIPULATORS, SHOP, STEP, Install, Write

HERE = Place("plugins.toml", 4, 1)


@pytest.fixture(autouse=True)
def forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("crossdock_plugin_", "acme")):
            del sys.modules[name]


def load(folder: Path, disable: tuple[str, ...] = ()) -> Plugins:
    """Load what stands in the folder, and nothing that is installed."""
    return load_plugins(disable, [folder], place=HERE, installed=())


def messages(plugins: Plugins) -> list[str]:
    return [str(problem) for problem in plugins.problems]


def test_a_single_file_brings_a_connector(folder: Path, write: Write) -> None:
    file = write("my-shop", SHOP + CONNECTORS)
    plugins = load(folder)
    assert plugins.problems == ()
    assert plugins.connectors["shop"].title == "A shop"
    origin = plugins.origin("shop")
    assert (origin.name, origin.source, origin.connectors, origin.manipulators) == (
        "my-shop",
        f"file {file}",
        ("shop",),
        (),
    )
    assert plugins.require_sound() is plugins


def test_an_installed_distribution_brings_a_manipulator(install: Install) -> None:
    install("acme-crm 1.2", "acme", "acme_crm", STEP + MANIPULATORS)
    plugins = load_plugins(["woocommerce", "manipulators"], place=HERE)
    assert messages(plugins) == []
    assert list(plugins.manipulators) == ["step"]
    assert str(plugins.origin("step")) == "plugin 'acme' (distribution acme-crm 1.2)"
    assert plugins.disabled == ("manipulators", "woocommerce")


def test_files_that_begin_with_an_underscore_are_no_plugins(folder: Path, write: Write) -> None:
    write("_helper", "raise RuntimeError")
    assert load(folder) == Plugins({}, {})


def test_the_version_of_a_single_file_follows_its_content(folder: Path, write: Write) -> None:
    write("a", STEP + MANIPULATORS)
    first = load(folder).origin("step").version
    write("a", STEP + MANIPULATORS + "\n# changed")
    assert load(folder).origin("step").version != first


def test_a_disabled_plugin_is_not_even_imported(folder: Path, write: Write) -> None:
    write("bad", "raise RuntimeError('imported')")
    write("good", SHOP + CONNECTORS)
    plugins = load(folder, ("bad",))
    assert plugins.problems == ()
    assert list(plugins.connectors) == ["shop"]


BROKEN = [  # source, and what is said between "plugin 'bad' (file <file>)" and the remedy
    ("import no_such_module", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module' (<file>:1)"),
    ("x = (\n", "cannot be imported: SyntaxError: '(' was never closed (bad.py, line 1) (<file>:1)"),
    ("def f():\n    raise ValueError('x')\nf()", "cannot be imported: ValueError: x (<file>:2)"),
    ("import json\njson.loads('{')", None),  # the plugin's own line is to blame, not the library's
    ("raise SystemExit", "cannot be imported: SystemExit: no message (<file>:1)"),
    ("import sys\nsys.exit(0)", "cannot be imported: SystemExit: 0 (<file>:2)"),
    (
        "class Dumb(Exception):\n    def __str__(self):\n        raise self\nraise Dumb",
        "cannot be imported: Dumb: no message (<file>:4)",
    ),
    (
        "import sys\nsys.setrecursionlimit(sys.getrecursionlimit() - 1)\n" + SHOP + CONNECTORS,
        "lowers Python's recursion limit from",
    ),
    (
        SHOP + CONNECTORS.replace("return [SPEC]", "raise GeneratorExit"),
        "fails in crossdock_connectors: GeneratorExit: no message (<file>:15)",
    ),
    (
        "class Dumb:\n    def __repr__(self):\n        raise SystemExit\n"
        + SHOP.replace('"A shop"', "Dumb()")
        + CONNECTORS,
        "brings the connector 'shop' whose 'title' is something that cannot be shown (Dumb); expected a text",
    ),
    (
        "class Dumb:\n    def __repr__(self):\n        raise SystemExit(0)\n"
        + SHOP.replace('"shop"', "Dumb()")
        + CONNECTORS,
        "cannot be looked at: SystemExit: 0 (<file>:3)",
    ),
    (
        "x = 1",
        (
            "brings nothing: it has no function crossdock_connectors or crossdock_manipulators marked with @hookimpl; "
            "begin a helper file's name with '_'"
        ),
    ),
    (
        SHOP + "def crossdock_connectors():\n    return [SPEC]",
        ("brings nothing: crossdock_connectors is not marked with @hookimpl (from crossdock import hookimpl)"),
    ),
    (
        SHOP + CONNECTORS.replace("connectors", "conectors"),
        ("has a hook 'crossdock_conectors' that Crossdock does not know; did you mean 'crossdock_connectors'?"),
    ),
    (
        SHOP + CONNECTORS.replace("()", "(manager)"),
        (
            "declares a hook wrongly: argument(s) {'manager'} are declared in "
            "the hookimpl but can not be found in the hookspec"
        ),
    ),
    (
        SHOP + CONNECTORS.replace("return [SPEC]", "1 / 0"),
        ("fails in crossdock_connectors: ZeroDivisionError: division by zero (<file>:15)"),
    ),
    (
        SHOP + CONNECTORS.replace("return", ""),
        ("returned None from crossdock_connectors; expected a list of ConnectorSpec (no 'return'?)"),
    ),
    (
        SHOP + CONNECTORS.replace("[SPEC]", "SPEC"),
        ("returned one ConnectorSpec from crossdock_connectors; expected a list of ConnectorSpec: put it into [...]"),
    ),
    (
        SHOP + CONNECTORS.replace("[SPEC]", "'shop'"),
        ("returned 'shop' (str) from crossdock_connectors; expected a list of ConnectorSpec"),
    ),
    (
        SHOP + CONNECTORS.replace("[SPEC]", "[Settings]"),
        ("returned a list with the class Settings from crossdock_connectors; expected a list of ConnectorSpec"),
    ),
    (SHOP + MANIPULATORS, None),
    (
        SHOP.replace('"shop"', '"My Shop"') + CONNECTORS,
        (
            "brings a connector named 'My Shop'; a name has lower-case "
            "letters, digits and single '-', such as 'my-connector'"
        ),
    ),
    (
        SHOP.replace('{"order"', '{"orders"') + CONNECTORS,
        ("brings the connector 'shop' for an unknown record type 'orders'; did you mean 'order'?"),
    ),
    (
        SHOP.replace('{"order": RecordTypeSpec()}', "{}") + CONNECTORS,
        ("brings the connector 'shop' that offers no record type"),
    ),
    (
        SHOP.replace("settings=Settings", "settings=dict") + CONNECTORS,
        ("brings the connector 'shop' whose settings are <class 'dict'>; expected a model class"),
    ),
    (
        SHOP.replace("    url: str", '    url: "Nothing"') + CONNECTORS,
        "brings the connector 'shop' whose settings cannot be used: PydanticUndefinedAnnotation: name 'Nothing' is not",
    ),
    (
        SHOP.replace('{"order": RecordTypeSpec()}', '["order"]') + CONNECTORS,
        "brings the connector 'shop' whose 'record_types' is ['order'] (list); expected a dict from names of record",
    ),
    (
        SHOP.replace("RecordTypeSpec()", 'RecordTypeSpec(finish="x")') + CONNECTORS,
        "brings the connector 'shop' for 'order', whose 'finish' is 'x' (str); expected a function, or None",
    ),
    (
        SHOP.replace("mapping=Path(__file__)", "mapping={}") + CONNECTORS,
        "brings the connector 'shop' whose 'mapping' is {} (dict); expected the text of a mapping, or a file such as",
    ),
    (
        SHOP.replace("mapping=Path(__file__)", 'mapping="mapping.toml"') + CONNECTORS,
        "brings the connector 'shop' whose 'mapping' is 'mapping.toml' (str); expected the text of a mapping, or",
    ),
    (
        SHOP.replace("mapping=", "sandbox=42, mapping=") + CONNECTORS,
        "brings the connector 'shop' whose 'sandbox' is 42 (int); expected a function or a class, or None",
    ),
    (
        SHOP.replace("mapping=", "rate_headers={'left': 'x'}, mapping=") + CONNECTORS,
        "brings the connector 'shop' whose 'rate_headers' is {'left': 'x'} (dict); expected RateHeaders, or None",
    ),
    (
        SHOP.replace("mapping=", "rate_headers=__import__('crossdock').RateHeaders(left=5), mapping=") + CONNECTORS,
        "brings the connector 'shop' with rate_headers whose 'left' is 5 (int); expected the name of a header, or None",
    ),
    (
        STEP.replace("build=build", "build=build, examples=['x']") + MANIPULATORS,
        "brings the manipulator 'step' whose 'examples' is ['x'] (list); expected a tuple of Example",
    ),
    (
        STEP.replace("build=build", "build=None") + MANIPULATORS,
        "brings the manipulator 'step' whose 'build' is None (NoneType); expected a function or a class",
    ),
    (
        STEP.replace("build=build", "build=build, directions={'imports'}") + MANIPULATORS,
        "brings the manipulator 'step' whose 'directions' is {'imports'} (set); expected a frozenset of 'import' and",
    ),
    (
        "class Skipped(BaseException): pass\nraise Skipped('no')",
        "cannot be imported: Skipped: no (<file>:2)",
    ),
    (
        STEP.replace("    pass", "    when: str") + MANIPULATORS,
        ("brings the manipulator 'step' with a setting 'when', which is Crossdock's own key; rename it"),
    ),
]


@pytest.mark.parametrize(("source", "expected"), BROKEN)
def test_a_broken_plugin_is_one_clear_error_and_the_others_run(
    folder: Path, write: Write, source: str, expected: str | None
) -> None:
    file = write("bad", source)
    write("good", (STEP + MANIPULATORS).replace('"step"', '"good-step"'))
    plugins = load(folder)
    assert list(plugins.manipulators) == ["good-step"]
    (message,) = messages(plugins)
    assert message.startswith(f"plugins.toml:4:1: plugin 'bad' (file {file}) ")
    assert message.endswith('; repair it, or switch it off: [plugins] disable = ["bad"]')
    if expected:
        assert expected.replace("<file>", str(file)) in message
    else:
        assert str(file) in message
        assert "site-packages" not in message
    with pytest.raises(ConfigError, match="plugin 'bad'"):
        plugins.require_sound()
    assert load(folder, ("bad",)).problems == ()


def test_a_name_claimed_by_two_distributions_is_refused_and_neither_is_imported(install: Install) -> None:
    install("acme-crm 1.2", "acme", "acme_one", "raise RuntimeError")
    install("other-crm 0.3", "acme", "acme_two", "raise RuntimeError")
    plugins = load_plugins(["woocommerce", "manipulators"], place=HERE)
    (message,) = messages(plugins)
    assert "the plugin name 'acme' is claimed by distribution " in message
    assert "acme-crm 1.2" in message
    assert "other-crm 0.3" in message
    assert message.endswith('switch it off: [plugins] disable = ["acme"]')
    assert load_plugins(["woocommerce", "manipulators", "acme"]).problems == ()


def test_a_stranger_cannot_replace_a_built_in_plugin(install: Install) -> None:
    install("evil 6.6", "woocommerce", "acme_evil", "raise RuntimeError")
    (message,) = messages(load_plugins(["manipulators"], place=HERE))
    assert "'woocommerce' is claimed by distribution evil 6.6 and by distribution crossdock" in message


def test_two_plugins_that_bring_one_connector_are_told_apart(folder: Path, write: Write) -> None:
    one, two = write("a", SHOP + CONNECTORS), write("b", SHOP + CONNECTORS)
    (message,) = messages(load(folder))
    assert message == (
        f"plugins.toml:4:1: the connector 'shop' is brought by plugin 'a' (file {one}) and by plugin 'b' (file {two}); "
        'disable one of the two in [plugins], such as disable = ["b"]'
    )
    assert load(folder, ("b",)).problems == ()


def test_a_name_claimed_by_files_of_two_folders_is_refused_and_a_folder_that_is_listed_twice_is_one(
    folder: Path, write: Write, tmp_path: Path
) -> None:
    one, two = write("my-shop", SHOP + CONNECTORS), tmp_path / "more" / "my-shop.py"
    two.parent.mkdir()
    two.write_text("raise RuntimeError")
    place = Place("plugins.toml", 5, 3)
    assert load_plugins([], [folder, folder], installed=()).problems == ()
    (message,) = messages(load_plugins([], [folder, two.parent], place=HERE, places={two.parent: place}, installed=()))
    assert message == (
        f"plugins.toml:5:3: the plugin name 'my-shop' is claimed by file {one} and by file {two}; keep only one, or "
        'switch it off: [plugins] disable = ["my-shop"]'
    )


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("")
    plugins = load_plugins([], [tmp_path / "nowhere", file], place=HERE, installed=())
    assert messages(plugins) == [
        f"plugins.toml:4:1: [plugins] paths names '{tmp_path / 'nowhere'}', but there is no such folder",
        f"plugins.toml:4:1: [plugins] paths names the file '{file}'; name the folder that it is in",
    ]


def test_a_folder_that_may_not_be_read_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    assert messages(load(folder)) == [
        (
            f"plugins.toml:4:1: [plugins] paths names '{folder}', which cannot be read (Permission denied); "
            "check its permissions"
        )
    ]


def test_a_misspelt_name_in_disable_is_said_and_one_that_is_not_installed_does_no_harm(
    folder: Path, write: Write
) -> None:
    write("my-shop", SHOP + CONNECTORS)
    assert messages(load(folder, ("my_shopp", "elsewhere"))) == [
        "plugins.toml:4:1: [plugins] disable names 'my_shopp', but there is no such plugin; did you mean 'my-shop'?"
    ]


def test_an_unknown_origin_says_what_is_known(folder: Path, write: Write) -> None:
    write("my-shop", SHOP + CONNECTORS)
    with pytest.raises(ConfigError, match="no plugin brings a connector or manipulator 'shopp'; did you mean 'shop'"):
        load(folder).origin("shopp")
