"""Secrets are sought in everything the program leaves behind: a canary, in every form, found nowhere."""

from __future__ import annotations

import base64
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from zstandard import FRAME_HEADER, ZstdCompressionDict, ZstdDecompressor, get_frame_parameters

from crossdock.testing.sandbox import Request, Response, SandboxOptions, SandboxServer
from crossdock_woocommerce.sandbox import make_sandbox
from crossdock_woocommerce.sandbox.app import WooSandbox
from crossdock_woocommerce.sandbox.auth import Key
from tests.cli.program import Program, Result

from .process import shop

KEY = "ck_c4n4ryK3y0fTheShop"
SECRET = "cs_c4n4ryS3cret0fTheShop"
ORDER_KEY = "wc_order_c4n4ryOrd3r"
SECRETS = (KEY, SECRET, ORDER_KEY)
CHAIN = """[connection.import.order]
manipulators = [
  { use = "fail", when = "currency == 'SEK'", reason = "no crowns" },
  { use = "leaky", when = "currency == 'JPY'" },
]
[connection.import.customer]
"""
PLUGIN = """
from crossdock import ManipulatorSettings, ManipulatorSpec, hookimpl

class Settings(ManipulatorSettings):
    "Nothing to set."

def build(settings, setup):
    def leak(record, context):
        context.warn(f"looked at {record!r}")
        raise LookupError(f"no way with {record!r}")
    return leak

@hookimpl
def crossdock_manipulators():
    return [ManipulatorSpec(name="leaky", title="Leaks", settings=Settings, build=build)]
"""


def forms() -> Iterator[bytes]:
    for secret in SECRETS:
        yield secret.encode()
        yield quote(secret, safe="").encode()
        yield quote(secret, safe="").lower().encode()
    for login in (f"{KEY}:{SECRET}",):
        yield base64.b64encode(login.encode())
    yield b"c4n4ry"


FORMS = [*forms()]


def search(where: str, content: bytes) -> None:
    for form in FORMS:
        assert form not in content, f"{form!r} is in {where}: ...{content[max(0, content.find(form) - 200) :][:400]!r}"


def search_store(folder: Program) -> int:
    """Search every value in the store, compressed ones unpacked, and the bytes of its files; counts the values."""
    for file in folder.folder.glob("crossdock.db*"):
        search(file.name, file.read_bytes())
    connection = sqlite3.connect(folder.folder / "crossdock.db")
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    contents = connection.execute("SELECT dictionary_id, content FROM dictionaries")
    dictionaries = {number: ZstdCompressionDict(content) for number, content in contents}
    looked_at = 0
    for table in tables:
        for row in connection.execute(f"SELECT * FROM {table}"):
            for value in row:
                looked_at += 1
                if isinstance(value, bytes):
                    search(table, unpacked(value, dictionaries))
                elif isinstance(value, str):
                    search(table, value.encode(errors="surrogatepass"))
    connection.close()
    return looked_at


def unpacked(value: bytes, dictionaries: dict[int, ZstdCompressionDict]) -> bytes:
    if not value.startswith(FRAME_HEADER):
        return value
    dictionary = dictionaries.get(get_frame_parameters(value).dict_id)
    return ZstdDecompressor(dict_data=dictionary).decompress(value)


def singing(_: Request, response: Response) -> Response:
    """Put the canary into every order."""
    sung = re.sub(rb'"order_key":"[^"]*"', f'"order_key":"{ORDER_KEY}"'.encode(), response.body)
    return replace(response, body=re.sub(rb"key=wc_order_\w+", f"key={ORDER_KEY}".encode(), sung))


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    invented = make_sandbox(SandboxOptions(records=60))
    sandbox = WooSandbox(invented.shop, (Key(KEY, SECRET, "read_write"),))
    with SandboxServer(sandbox) as running:
        running.after.append(singing)
        yield running


@pytest.fixture
def folder(program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    del server.after[1:]
    monkeypatch.setenv("SANDBOX_CONSUMER_KEY", KEY)
    monkeypatch.setenv("SANDBOX_CONSUMER_SECRET", SECRET)
    (program.folder / "my_plugins").mkdir()
    (program.folder / "my_plugins" / "leaky.py").write_text(PLUGIN, "utf-8")
    hasty = "[connection.remote]\nretries = 0\n"
    text = '[plugins]\npaths = ["my_plugins"]\n\n' + shop(server.url, imports=hasty + CHAIN)
    (program.folder / "plugins.toml").write_text(text, "utf-8")
    yield program
    del server.after[1:]


def listen(folder: Program, *command: str, codes: tuple[int, ...] = (0,)) -> Result:
    """Run a command, as talkative as it can be, and listen for the canary."""
    ended = folder("-v", *command)
    assert ended.code in codes, ended
    search(f"stdout of {command}", ended.out.encode())
    search(f"stderr of {command}", ended.err.encode())
    return ended


def test_the_canary_really_sings(folder: Program, server: SandboxServer) -> None:
    """The secrets are on the wire, and in what the import reads."""
    seen: list[str] = []

    def overhear(asked: Request, response: Response) -> Response:
        seen.append(str(asked.query) + response.body.decode())
        return response

    server.after.append(overhear)
    folder("import")
    heard = "".join(seen)
    assert KEY in heard
    assert f'"order_key":"{ORDER_KEY}"' in heard
    assert f"&key={ORDER_KEY}" in heard
    with pytest.raises(AssertionError):
        search("what went over the wire", heard.encode())


def test_nothing_that_commands_print_or_keep_holds_the_canary(folder: Program) -> None:
    report = listen(folder, "import", codes=(1,))
    assert "failed and wait in quarantine" in report.out
    for arguments in (
        ("import", "--full", "--json"),
        ("import", "--full", "--dry-run"),
        ("import", "--full", "--prove", "--json"),
        ("quarantine", "retry", "--all"),
        ("quarantine", "retry", "--all", "--json"),
    ):
        listen(folder, *arguments, codes=(1,))
    entries = folder("quarantine", "list", "--json").json
    assert {entry["stage"] for entry in entries} == {"manipulate"}
    for kind in ("no crowns", "no way with"):
        number = next(str(entry["quarantineId"]) for entry in entries if kind in entry["error"])
        assert '"order_key": "[redacted]"' in listen(folder, "quarantine", "show", number).out
        listen(folder, "quarantine", "show", number, "--json")
    reference = f"order/{folder('records', 'list', '--json').json[0]['localId']}"
    for command in (
        ("check",),
        ("check", "--json"),
        ("check", "--live"),
        ("check", "--live", "--json"),
        ("quarantine", "list"),
        ("quarantine", "list", "--all"),
        ("quarantine", "list", "--json"),
        ("runs", "list"),
        ("runs", "list", "--json"),
        ("runs", "show"),
        ("runs", "show", "--json"),
        ("records", "list"),
        ("records", "list", "--json"),
        ("records", "show", reference),
        ("records", "show", reference, "--json"),
        ("records", "export", "--format", "jsonl"),
        ("customdata", "list", reference),
        ("customdata", "list", reference, "--json"),
        ("cursor", "show", "--json"),
        ("coverage",),
        ("coverage", "--json"),
        ("connectors", "show", "woocommerce"),
    ):
        listen(folder, *command)
    assert search_store(folder) > 1000


def echo(_: Request, __: Response) -> Response:
    told = f"key {KEY} with secret {SECRET} is unknown"
    return Response.json({"code": "no", "message": told}, 401)


def test_logs_for_programs_traces_and_reports_do_not_hold_it(folder: Program, server: SandboxServer) -> None:
    folder.monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    traced = listen(folder, "--log-format", "json", "import", codes=(1,))
    assert '"crossdock.run_id"' in traced.err
    assert '"event": "runEnded"' in traced.err
    server.after.append(echo)
    failed = listen(folder, "--log-format", "json", "import", codes=(3,))
    assert "gave 401" in failed.out
    assert "gave 401" in failed.err
    folder.monkeypatch.delenv("OTEL_TRACES_EXPORTER")
    for shape in ("text", "html", "json"):
        assert "gave 401" in listen(folder, "report", "--format", shape).out
    listen(folder, "log", "list")


LIES = {
    "an error that repeats the credentials": echo,
    "a page that repeats the credentials": lambda *_: Response.html(f"<title>{KEY} {SECRET}</title>"),
    "a redirect with the credentials": lambda *_: Response(302, b"", {"Location": f"https://x.example/?s={SECRET}"}),
    "one order, cut off": lambda *_: Response(200, f'{{"order_key":"{ORDER_KEY}","id":7'.encode()),
    "one order, with more behind": lambda *_: Response(200, f'{{"order_key":"{ORDER_KEY}"}} x'.encode()),
    "an order cut off in a list": lambda *_: Response(200, f'[{{"id":7,"order_key":"{ORDER_KEY}'.encode()),
    "an object in the place of a list": lambda *_: Response.json({"order_key": ORDER_KEY, "message": "see order_key"}),
}


@pytest.mark.parametrize("name", LIES)
def test_an_import_that_stops_does_not_tell_why_too_exactly(folder: Program, server: SandboxServer, name: str) -> None:
    server.after.append(LIES[name])
    assert "error: GET http" in listen(folder, "import", codes=(3,)).out
    listen(folder, "check", "--live", codes=(3,))
    listen(folder, "runs", "show", "--json")
    search_store(folder)


def test_a_broken_record_is_kept_without_the_canary(folder: Program, server: SandboxServer) -> None:
    def spoil(_: Request, response: Response) -> Response:
        return replace(response, body=response.body.replace(b'"currency":', b'"currency":,', 3))

    server.after.append(spoil)
    listen(folder, "import", codes=(1,))
    entries = folder("quarantine", "list", "--json").json
    broken = [entry for entry in entries if entry["stage"] == "parse"]
    assert len(broken) == 3
    assert [entry["error"].partition(":")[0] for entry in broken] == ["the record cannot be read"] * 3
    for entry in broken:
        listen(folder, "quarantine", "show", str(entry["quarantineId"]))
    search_store(folder)


SABOTAGE = """
import crossdock.store.store as store
def write_page(self, actor, run, page):
    raise ZeroDivisionError("with {secret}")
store.Store.write_page = write_page
from crossdock.cli import main
main()
"""


@pytest.mark.parametrize("arguments", [("import",), ("-v", "import"), ("-v", "import", "--json")])
def test_a_fault_of_ours_with_all_its_details_does_not_tell_the_canary(
    folder: Program, arguments: tuple[str, ...]
) -> None:
    script = SABOTAGE.replace("{secret}", f"{KEY} and {SECRET}")
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=folder.folder,
        env={"SANDBOX_CONSUMER_KEY": KEY, "SANDBOX_CONSUMER_SECRET": SECRET},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "ZeroDivisionError: with [redacted] and [redacted]" in err
    assert ("Traceback" in err) == ("-v" in arguments)
    search("stdout", out.encode())
    search("stderr", err.encode())
    search_store(folder)
    [run] = folder("runs", "list", "--json").json
    assert run["outcome"] == "failed"
    assert run["sessionErrors"] == ["ZeroDivisionError: with [redacted] and [redacted]"]
