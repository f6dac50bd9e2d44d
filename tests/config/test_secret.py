"""No form of a secret gets through, and nothing else is touched."""

import base64
import html
import json
import logging
import re
from collections.abc import Callable
from io import StringIO
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, strategies as st

from crossdock.config import Redactor

SECRET = "cs_canary/ü+=&\"' 1"
_secrets = st.text(st.characters(codec="utf-8"), min_size=4, max_size=40)
_around = st.text(st.characters(codec="utf-8"), max_size=10)

FORMS: list[tuple[str, Callable[[str], str]]] = [
    ("plain", str),
    ("percent-encoded", lambda secret: quote(secret, safe="")),
    ("percent-encoded path", quote),
    ("percent-encoded form", quote_plus),
    ("lower-case percent-encoded", lambda secret: re.sub("%..", lambda m: m[0].lower(), quote(secret, safe=""))),
    ("query string", lambda secret: urlencode({"consumer_secret": secret})),
    ("JSON", json.dumps),
    ("JSON with every script", lambda secret: json.dumps(secret, ensure_ascii=False)),
    ("repr", repr),
    ("HTML", html.escape),
    ("HTML of PHP", lambda secret: html.escape(secret).replace("&#x27;", "&#039;")),
    ("HTML, escaped twice", lambda secret: html.escape(html.escape(secret))),
    ("HTML, by numbers", lambda secret: "".join(f"&#{ord(one)};" if not one.isalnum() else one for one in secret)),
    ("percent-encoded twice", lambda secret: quote(quote(secret, safe=""), safe="")),
    ("a form, encoded twice", lambda secret: quote_plus(quote_plus(secret))),
    ("what an address leaves alone", lambda secret: quote(secret, safe="!#$%&'()*+,/:;=?@[]~")),
    ("JSON of HTML", lambda secret: json.dumps(html.escape(secret))),
    ("HTML of JSON", lambda secret: html.escape(json.dumps(secret)[1:-1])),
    ("JSON of PHP", lambda secret: json.dumps(secret).replace("/", "\\/")),
    ("JSON for a page", lambda secret: re.sub("[&<>'/]", lambda m: f"\\u{ord(m[0]):04X}", json.dumps(secret))),
    ("JSON in JSON", lambda secret: json.dumps(json.dumps(secret))[3:-3]),
    ("base64 in an address", lambda secret: quote(base64.b64encode(secret.encode()), safe="")),
    ("base64", lambda secret: base64.b64encode(secret.encode()).decode()),
    ("base64 for URLs", lambda secret: base64.urlsafe_b64encode(secret.encode()).decode()),
]


@pytest.mark.parametrize(("name", "form"), FORMS, ids=[name for name, _form in FORMS])
@given(secret=_secrets, before=_around, after=_around)
def test_every_form_of_a_secret_is_replaced(
    name: str, form: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    written = form(secret)
    shown = Redactor([secret]).text(before + written + after)
    assert "[redacted]" in shown
    core = written.strip("\"'=").removeprefix("consumer_secret=")
    if core not in before + "[redacted]" + after:
        assert core not in shown


@given(_around, _secrets)
def test_a_secret_inside_a_basic_authorization_header_is_replaced(user: str, secret: str) -> None:
    header = base64.b64encode(f"{user}:{secret}".encode()).decode()
    shown = Redactor([secret]).text(f"Authorization: Basic {header}")
    assert "[redacted]" in shown
    assert header not in shown


@given(st.lists(_secrets, max_size=3), st.text())
def test_a_text_without_a_secret_is_left_alone(secrets: list[str], text: str) -> None:
    redactor = Redactor(secrets)
    once = redactor.text(text)
    if "[redacted]" not in once:
        assert once == text
    assert Redactor([]).text(text) == text


def test_the_longest_secret_is_replaced_first() -> None:
    assert Redactor(["secret", "secret-and-more"]).text("secret-and-more, secret") == "[redacted], [redacted]"


def test_values_too_short_to_be_secrets_would_destroy_the_text_and_are_left_alone() -> None:
    assert Redactor(["a", "abc", ""]).text("a cab, abc") == "a cab, abc"


def test_bytes_of_the_environment_that_are_no_text_do_no_harm() -> None:
    assert Redactor(["secret-\udcfc"]).text("is secret-\udcfc!") == "is [redacted]!"


def test_log_records_are_cleaned_with_their_arguments_and_tracebacks(request: pytest.FixtureRequest) -> None:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redactor([SECRET]))
    logger = logging.getLogger("tests.config.secret")
    logger.addHandler(handler)
    request.addfinalizer(lambda: logger.removeHandler(handler))
    logger.warning("key %s of %r", SECRET, {"secret": SECRET}, stack_info=True)
    try:
        dict[str, str]()[SECRET]
    except KeyError:
        logger.exception("failed")
    logger.warning("%d%% done", 50)
    written = stream.getvalue()
    assert "canary" not in written
    assert "key [redacted] of {'secret': '[redacted]'}" in written
    assert "KeyError: '[redacted]'" in written
    assert "50% done" in written
