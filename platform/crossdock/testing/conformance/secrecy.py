"""The promise about secrets: a canary is sought in everything that a connector says."""

from __future__ import annotations

import io
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

from crossdock.config import Redactor
from crossdock.config.annotation import field_named, is_secret
from crossdock.fault import FAULTS
from crossdock.plugins import Source
from crossdock.testing.conformance.bench import Bench, Stand
from crossdock.testing.sandbox import Request, Response

_LIBRARIES = ("urllib3", "oauthlib", "requests_oauthlib")  # the session's own business
_LIKE_A_SECRET = re.compile(r"(?i)key|secret|token|passw|auth")


def keeps_secrets(bench: Bench) -> Iterator[str]:
    """No secret of the settings stands in an error, a log line, an output, a payload or a representation."""
    with bench.stand() as stand:
        for name in stand.sandbox.settings:
            info = field_named(bench.connector.settings, name)
            if info is not None and not is_secret(info) and _LIKE_A_SECRET.search(name):
                yield f"the setting {name!r} looks like a secret, but is no SecretStr: it could be written into files"
        secrets = list(stand.secrets.values())
    if not secrets:
        return
    redact = Redactor(secrets).text
    for name, lie in _lies(secrets).items():
        heard = _Heard()
        with bench.stand() as stand:
            stand.server.after.append(lie)
            with heard.listening():
                _provoke(stand, heard)
        for where, text in heard.texts:
            if redact(text) != text:
                yield f"{name}, {where} shows a secret"
                break


def _lies(secrets: list[str]) -> dict[str, Callable[[Request, Response], Response]]:
    """What a remote system may answer that repeats the credentials."""
    told = f"who is {' and '.join(secrets)}?"
    return {
        "when all is well": lambda _, response: response,
        "when an error repeats the credentials": lambda *_: Response.json({"message": told}, 401),
        "when a failure repeats the credentials": lambda *_: Response.json({"message": told}, 500),
        "when a page for people repeats the credentials": lambda *_: Response.html(f"<title>{told}</title>"),
        "when what comes is nothing that was expected": lambda *_: Response.json({"message": told}),
    }


@dataclass(slots=True)
class _Heard:
    """Everything that was said, and where."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, where: str, text: object) -> None:
        self.texts.append((where, str(text)))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take down what is logged or printed, however talkative."""
        lines, root = io.StringIO(), logging.getLogger()
        handler, level = logging.StreamHandler(lines), root.level
        handler.addFilter(lambda record: not record.name.startswith(_LIBRARIES))
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        printed = io.StringIO()
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                yield
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        self.hear("the log", lines.getvalue())
        self.hear("what it prints", printed.getvalue())


def _provoke(stand: Stand, heard: _Heard) -> None:
    record_type = stand.bench.record_type
    acts: dict[str, Callable[[Source], object]] = {
        "check": lambda source: source.check(),
        "read": lambda source: list(source.read(record_type, None, 3)),
        "fetch": lambda source: source.fetch(record_type, "1"),
    }
    for name, act in acts.items():
        with stand.source() as source:
            heard.hear("the source's representation", repr(source))
            try:
                heard.hear(f"what {name} returns", act(source))
            except FAULTS as error:  # a stranger's code may raise anything
                heard.hear(f"the error of {name}", "".join(traceback.format_exception(error)))
