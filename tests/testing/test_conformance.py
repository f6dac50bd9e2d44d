"""The conformance kit: a connector that keeps its promises passes, and one that breaks one is told which and how."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import crossdock_woocommerce
from crossdock.errors import ConfigError
from crossdock.plugins import ConnectorSpec, load_plugins
from crossdock.testing import Promise, promises
from crossdock.testing.blueprint import single_file, write
from crossdock.testing.crash import Crash, CrashRig, How

WOOCOMMERCE = promises(crossdock_woocommerce.WOOCOMMERCE)
NAMES = list(dict.fromkeys(promise.name for promise in WOOCOMMERCE))
Break = Callable[..., ConnectorSpec[Any]]


@pytest.mark.slow
@pytest.mark.parametrize("promise", WOOCOMMERCE, ids=str)
def test_woocommerce_keeps_its_promises(promise: Promise, tmp_path: Path) -> None:
    assert promise.breaches(tmp_path) == []


def test_all_connectors_that_are_built_in_and_read_something_are_tested() -> None:
    built_in = {name: spec for name, spec in load_plugins().connectors.items() if spec.record_types}
    assert set(built_in) == {"woocommerce"}
    assert {one.record_type for one in WOOCOMMERCE} == set(built_in["woocommerce"].record_types)
    assert promises("api") == []


@pytest.fixture
def broken(tmp_path: Path) -> Break:
    """Write the new connector with some of its text replaced, and load it."""

    def load(*changes: tuple[str, str], mapping: tuple[str, str] | None = None) -> ConnectorSpec[Any]:
        [source, lines, _test] = write(tmp_path, single_file("acme"))
        for file, edits in ((source, changes), (lines, (mapping,) if mapping else ())):
            text = file.read_text("utf-8")
            for old, new in edits:
                assert old in text
                text = text.replace(old, new)
            file.write_text(text, "utf-8")
        return load_plugins(paths=[source.parent], installed=[]).require_sound().connectors["acme"]

    return load


def breaches(spec: ConnectorSpec[Any], name: str, folder: Path) -> list[str]:
    [promise] = [one for one in promises(spec) if one.name == name]
    place = folder / "stores"
    place.mkdir()
    return promise.breaches(place)


@pytest.mark.parametrize("name", NAMES)
def test_the_connector_that_is_written_keeps_its_promises(broken: Break, tmp_path: Path, name: str) -> None:
    assert breaches(broken(), name, tmp_path) == []


READ = "        return read_by_modification(page, None if since is None else stamp(since), page_size or 100)\n"
PAGES = "read_by_modification(page, None if since is None else stamp(since), page_size or 100)"
CHECK = """return f"this is {self._session.get('shop').json()['name']}\""""
SESSION = "        self._session = session\n"
FETCH = "return fetch_record("
ONE_PAGE = "        yield Page(page(Window(size=page_size or 100)).items)\n"
ALL_PAGES = """\
        number = 1
        while items := page(Window(page=number, size=page_size or 100)).items:
            yield Page(items)
            number += 1
"""
TWICE = f"""\
        for one in {PAGES}:
            yield one
            yield one
"""
ONCE = f"""\
        if since is not None:
            return iter(())
{READ}"""
REWRITTEN = f"""\
        for one in {PAGES}:
            items = [RemoteItem(i.remote_id, i.modified, i.raw.replace(b'"clerk"', b'"c"')) for i in one.items]
            yield Page(items)
"""
CAUGHT = f"""\
        try:
            yield from {PAGES}
        except Exception:
            """
REMEMBERING = f"""\
        for one in {PAGES}:
            yield Page([item for item in one.items if item not in SEEN], cursor=one.cursor)
            SEEN.extend(one.items)
"""
ONLY_SEVEN = """return fetch_record(self._session, "orders/7", "7", modified_field="changedAt")
        return fetch_record("""
ANYTHING = """if int(remote_id) > 1000:
            return RemoteItem(remote_id, None, b"{}")
        return fetch_record("""
RESTLESS = """        with self._guard:
            for order in self._orders.values():
                order["clerk"] = {"desk": order["clerk"].get("desk", 0) + 1}
"""
HASTY = """        get = session.get
        self._session.read = lambda path, parse, params=None, **_: parse(get(path, params, retries=0))
"""
BY_ITSELF = (
    (
        CHECK,
        "import requests\n        return requests.get(f'{self._url}/shop', auth=('api', self._key)).json()['name']",
    ),
    (SESSION, f"{SESSION}        self._url, self._key = settings.url, key\n"),
)
LOGGING = """        import logging
        logging.getLogger("acme").debug("key %s", key)
"""
PERMANENT = ("    Page,\n", "    Page,\n    PermanentError,\n")

# What is wrong: the promise that is broken, what is told, and how the text of the connector is changed.
MISTAKES: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "it reads the first page only": ("reads everything", "with pages of 2 it misses", ((READ, ONE_PAGE),)),
    "it reads one page of a size of its own": (
        "reads everything",
        "of 250 orders it brings 100",
        ((READ, "        yield Page(page(Window(size=100)).items)\n"),),
    ),
    "it forgets what it has given": ("reads nothing twice", "come more than once", ((READ, TWICE),)),
    "it reads once": ("reads what changed", "do not come, though they changed after it", ((READ, ONCE),)),
    "it turns pages": ("survives changes", "are missed when records change between two", ((READ, ALL_PAGES),)),
    "it fetches another record": ("fetches what it reads", "asked for '1', fetch gives '7'", ((FETCH, ONLY_SEVEN),)),
    "it fetches what does not exist": (
        "fetches what it reads",
        "there is no record '100007', but fetch gives '100007'",
        ((FETCH, ANYTHING),),
    ),
    "it keeps of a payload what it likes": (
        "gives payloads as they came",
        "the payload of 1 is not what the server sent",
        ((READ, REWRITTEN),),
    ),
    "its own step takes out what was mapped": (
        "maps without loss",
        "displayId: a mapping line gives 'A-1', and finish of connector 'acme' takes it away",
        (("RecordTypeSpec()", 'RecordTypeSpec(finish=lambda record, *_: record.pop("displayId"))'),),
    ),
    "its own step puts something else there": (
        "maps without loss",
        "displayId: a mapping line gives 'A-1', and finish of connector 'acme' makes 'x' of it",
        (("RecordTypeSpec()", 'RecordTypeSpec(finish=lambda record, *_: record.update(displayId="x"))'),),
    ),
    "its payloads differ each time": (
        "writes nothing twice",
        "are payloads the same each time?",
        (("        with self._guard:\n            if not", f"{RESTLESS}            if not"),),
    ),
    "it swallows errors": (
        "tells what lasts",
        "with '503', read ends as if nothing had happened; it must raise RetryableError",
        ((READ, f"{CAUGHT}return\n"),),
    ),
    "it takes every error for a wrong key": (
        "tells what lasts",
        "with '503', read raises PermanentError: no; it must be RetryableError",
        ((READ, f"{CAUGHT}raise PermanentError('no')\n"), PERMANENT),
    ),
    "it raises what comes": (
        "tells what lasts",
        "with '503', read raises KeyError: 'orders'; it must be RetryableError",
        ((READ, f"{CAUGHT}raise KeyError('orders')\n"),),
    ),
    "it takes an empty page for the end": (
        "gets over what passes",
        "with 'empty at 2', the run succeeds though",
        (('                total_header="X-Total",\n', ""),),
    ),
    "it does not notice that a list repeats itself": (
        "gets over what passes",
        "it asks for more and more, without end",
        ((READ, ALL_PAGES),),
    ),
    "it asks once, and not again": (
        "gets over what passes",
        "with '503 at 2', which asking again gets over, the run ends as failed",
        ((SESSION, SESSION + HASTY),),
    ),
    "it asks by itself": ("asks through the session", "came from 'python-requests/", BY_ITSELF),
    "it waits for ever": ("gives up in time", "check waits 0.5 s for a silent remote system, though", BY_ITSELF),
    "it quotes the key": (
        "keeps secrets",
        "when all is well, what check returns shows a secret",
        ((CHECK, "return f'the shop of {self._key}'"), (SESSION, f"{SESSION}        self._key = key\n")),
    ),
    "it logs the key": (
        "keeps secrets",
        "when all is well, the log shows a secret",
        ((SESSION, SESSION + LOGGING),),
    ),
    "it does not say what is secret": (
        "keeps secrets",
        "when an error repeats the credentials, the error of check shows a secret",
        ((", secrets=[key])", ")"),),
    ),
    "its key is no secret": (
        "keeps secrets",
        "the setting 'key' looks like a secret, but is no SecretStr",
        (("    key: SecretStr", "    key: str"), ("settings.key.get_secret_value()", "settings.key")),
    ),
    "it lets everybody in": (
        "refuses wrong credentials",
        "with wrong credentials, check ends as if nothing had happened; it must raise PermanentError",
        (("        if request.headers.get(", "        if not request.headers.get("),),
    ),
    "it says nothing": ("answers", "check returns ''", ((CHECK, "return ''"),)),
    "it ends the program": ("answers", "check raises SystemExit: 0", ((CHECK, "raise SystemExit(0)"),)),
    "it remembers what it has read": (
        "survives crashes",
        "differs from that of an undisturbed run",
        ((READ, REMEMBERING), ("def invent(", "SEEN: list[RemoteItem] = []\n\n\ndef invent(")),
    ),
    "its sandbox cannot change": (
        "survives changes",
        "it cannot be put to the test: its sandbox cannot be changed",
        (("    def change(", "    def alter("),),
    ),
    "its sandbox fails": (
        "reads everything",
        "the sandbox failed: KeyError: 'size'",
        (
            ('int(asked.get("size") or 100)', 'int(asked["size"])'),
            ('"size": str(window.size)', '"sizes": str(window.size)'),
        ),
    ),
    "it has no sandbox": (
        "reads everything",
        "it cannot be put to the test: it has no sandbox",
        (("    sandbox=AcmeSandbox,\n", ""),),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(broken: Break, tmp_path: Path, mistake: str) -> None:
    name, told, changes = MISTAKES[mistake]
    found = breaches(broken(*changes), name, tmp_path)
    assert any(told in one for one in found), found


def test_a_line_that_its_field_never_takes_is_named(broken: Break, tmp_path: Path) -> None:
    spec = broken(mapping=('"buyer.country"', '"buyer.mail"'))
    [breach] = breaches(spec, "fits its fields", tmp_path)
    assert breach.startswith("of 25 records, 25 times: billingAddress.countryCode: ")


def test_a_record_that_cannot_be_stored_is_named(broken: Break, tmp_path: Path) -> None:
    spec = broken(mapping=('id = "id"\nreference', 'id = "clerk"\nreference'))
    assert "the payload has no usable id" in breaches(spec, "maps without loss", tmp_path)[0]


def test_a_run_is_stopped_at_some_side_effects_or_at_each(
    broken: Break, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[tuple[How, ...], list[int]]] = []

    def note(_rig: CrashRig, *ways: How, numbers: Iterable[int]) -> Iterator[Crash]:
        asked.append((ways, list(numbers)))
        return iter(())

    monkeypatch.setattr(CrashRig, "crashes", note)
    [promise] = [one for one in promises(broken()) if one.name == "survives crashes"]
    for every in (False, True):
        folder = tmp_path / f"every {every}"
        folder.mkdir()
        assert promise.breaches(folder, every_crash=every) == []
    (kill, some), (exception, others), (both, all_of_them) = asked
    assert (kill, exception, both) == (("kill",), ("exception",), ("kill", "exception"))
    assert all_of_them == list(range(1, max(all_of_them) + 1))
    assert max(all_of_them) > 30
    assert 4 <= len(some) <= 6
    assert 4 <= len(others) <= 6
    assert not {*some} & {*others}


def test_every_kind_of_promise_is_broken_by_some_mistake() -> None:
    assert {name for name, _told, _changes in MISTAKES.values()} | {"fits its fields"} == set(NAMES)


def test_a_connector_is_found_by_its_name(tmp_path: Path) -> None:
    [*_] = write(tmp_path, single_file("my-shop"))
    found = promises("my-shop", [tmp_path / "my_plugins"])
    assert [str(one) for one in found[:3]] == [
        "order: answers",
        "order: refuses wrong credentials",
        "order: reads everything",
    ]
    with pytest.raises(ConfigError, match="there is no connector 'my-shpo'; did you mean 'my-shop'"):
        promises("my-shpo", [tmp_path / "my_plugins"])
    del sys.modules["crossdock_plugin_my_shop"]
