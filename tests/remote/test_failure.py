"""Foreign errors become Crossdock's, in words that name the remedy and no secret."""

from __future__ import annotations

import html
import json
import logging
import socket
import ssl
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests
import responses
from hypothesis import given, settings, strategies as st
from requests import exceptions as foreign
from urllib3 import exceptions as urllib

from crossdock.config.remote import RemoteConfig
from crossdock.errors import CrossdockError, PermanentError, RetryableError, SlowError
from crossdock.remote import Session, fetch_page
from crossdock.remote.failure import from_exception, remote_words
from crossdock.remote.redaction import Scrubber, redact_url
from crossdock.testing.sandbox import DropConnection, Request, Response
from tests.remote.servers import scene

KEY, SECRET, SIGNATURE = "ck_0123/456789", "cs_canary=secret&1", "c2lnbmF0dXJl"
URL = "https://shop.example/wp-json"


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (foreign.ConnectTimeout(), RetryableError, "does not answer in time"),
        (foreign.ReadTimeout(), SlowError, "raise read_timeout"),
        (foreign.ConnectionError(socket.gaierror(-2, "not known")), RetryableError, "the host's name is not known"),
        (foreign.ProxyError("proxy"), RetryableError, "the proxy cannot be used"),
        (foreign.ProxyError(OSError("Tunnel connection failed: 407 Auth")), PermanentError, "set proxy_auth"),
        (foreign.SSLError(ssl.SSLCertVerificationError()), PermanentError, "is not trusted"),
        (foreign.SSLError(ssl.SSLError(1, "wrong version number")), RetryableError, "is it https at that port?"),
        (foreign.ConnectionError(ConnectionResetError(104, "reset")), RetryableError, "closed in the middle"),
        (foreign.ConnectionError(OSError(113, "no route")), RetryableError, "cannot be reached"),
        (foreign.ChunkedEncodingError(), RetryableError, "ends too early"),
        (foreign.ContentDecodingError(), RetryableError, "cannot be unpacked"),
        (urllib.LocationParseError("x"), PermanentError, "this is no address"),
        (foreign.RequestException("odd"), RetryableError, "the connection failed (RequestException)"),
    ],
)
def test_what_the_http_library_raises_is_translated(error: Exception, kind: type[CrossdockError], told: str) -> None:
    found = from_exception("GET https://shop.example", error)
    assert type(found) is kind
    assert str(found).startswith("GET https://shop.example: ")
    assert told in str(found)


@responses.activate
def test_the_translation_holds_at_the_session() -> None:
    responses.get(f"{URL}/orders", body=foreign.SSLError(ssl.SSLCertVerificationError()))
    with Session() as session:
        session.configure(base_url=URL)
        with pytest.raises(PermanentError, match=r"GET https://shop.example/wp-json/orders: its TLS certificate"):
            session.get("orders")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"code": "a", "message": "b", "data": {"status": 404}}', "a", "b"),
        (b'{"error": {"type": "a", "message": "b"}}', "a", "b"),
        (b'{"error": "a", "error_description": "b"}', "a", "b"),
        (b'{"errors": ["b"]}', None, "['b']"),
        (b"<html><title>403 Forbidden</title><body>nginx", None, "403 Forbidden"),
        (b"<html><style>p{}</style><p>Access\n denied</p>", None, "Access denied"),
        (b"", None, None),
        (b"[]", None, None),
        (b"[" * 100_000, None, "[" * 119 + "…"),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
        (b"x" * 5000, None, "x" * 119 + "…"),
    ],
)
def test_the_remotes_own_words_are_found(body: bytes, code: str | None, words: str | None) -> None:
    assert remote_words(body) == (code, words)


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_body_of_an_error_can_be_read(body: bytes) -> None:
    code, words = remote_words(body)
    assert code is None or isinstance(code, str)
    assert words is None or isinstance(words, str)


# --- credentials ----------------------------------------------------------------------------------------------------


def drop(_: Request) -> Response:
    raise DropConnection


def echo(status: int) -> Response:
    told = f"Consumer key {KEY} with {SECRET} is unknown"
    return Response.json({"code": "no", "message": told}, status)


@pytest.mark.parametrize(
    "step",
    [
        drop,
        echo(401),
        echo(500),
        echo(200),
        Response.html(f"<p>{KEY} {SECRET}</p>"),
        Response(302, b"", {"Location": f"https://other.example/?consumer_key={KEY}&consumer_secret={SECRET}"}),
    ],
)
@pytest.mark.parametrize("way", ["query", "basic"])
def test_no_message_traceback_or_log_shows_credentials(
    step: Response, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def parse(answer: object) -> object:
        raise PermanentError(f"an error came: {getattr(answer, 'body', b'').decode()}")

    with scene(step, retries=1) as world:
        params = {"consumer_key": KEY, "consumer_secret": SECRET} if way == "query" else {}
        auth = (KEY, SECRET) if way == "basic" else None
        world.session.configure(base_url=world.server.url, params=params, auth=auth, secrets=(KEY, SECRET))
        with pytest.raises(CrossdockError) as caught:
            world.session.read("/orders", parse, {"oauth_signature": SIGNATURE})
    shown = (
        "".join(traceback.format_exception(caught.value)) + str(caught.value) + repr(vars(caught.value)) + caplog.text
    )
    assert "/orders?" in shown
    for secret in (KEY, SECRET, "canary", "456789", SIGNATURE):
        assert secret not in shown
    assert caught.value.__context__ is None or "canary" not in repr(caught.value.__context__)


ODD_KEY, ODD_SECRET = 'ck_K3y+/&"<x>canary', "cs_S3c%'\\é canary;="
WRITTEN: list[Callable[[str], str]] = [
    str,
    html.escape,
    lambda secret: quote(secret, safe=""),
    lambda secret: quote(quote_plus(secret)),
    lambda secret: html.escape(json.dumps(secret)),
]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("write", WRITTEN)
@pytest.mark.parametrize("shape", ["page", "title", "object", "quoted object"])
@pytest.mark.parametrize("before", [0, 90, 470, 490])
def test_whatever_the_remote_echoes_no_piece_of_a_secret_is_told(
    status: int, write: Callable[[str], str], shape: str, before: int
) -> None:
    words = f"{'x' * before} {write(ODD_KEY)} {write(ODD_SECRET)}"
    answers = {
        "page": Response.html(f"<p>{words}</p>", status),
        "title": Response.html(f"<title>{words}</title>", status),
        "object": Response.json({"code": write(ODD_KEY), "message": words}, status),
        "quoted object": Response.json({"error": {"code": words, "message": json.dumps(words)}}, status),
    }
    with scene(answers[shape], retries=0) as world:
        params = {"consumer_key": ODD_KEY, "consumer_secret": ODD_SECRET}
        world.session.configure(base_url=world.server.url, params=params, secrets=(ODD_KEY, ODD_SECRET))
        with pytest.raises(CrossdockError) as caught:
            fetch_page(world.session, "/orders")
    shown = str(caught.value) + repr(vars(caught.value))
    assert "/orders?consumer_key=***&consumer_secret=***" in shown
    assert not [piece for piece in ("ck_", "K3y", "canary", "cs_", "S3c", "lt;x") if piece in shown]


def test_the_proxys_password_is_masked_too() -> None:
    config = RemoteConfig.model_validate({"proxy": "http://127.0.0.1:9", "proxy_auth": "me:hunter-2", "retries": 0})
    with Session(config) as session:
        session.configure(base_url="http://shop.example")
        assert session._proxies == {"http": "http://me:hunter-2@127.0.0.1:9", "https": "http://me:hunter-2@127.0.0.1:9"}
        with pytest.raises(RetryableError) as caught:
            session.get("x")
    assert "hunter" not in "".join(traceback.format_exception(caught.value))
    assert "hunter" not in repr(config)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://s.example/o?page=1&consumer_key=a&consumer_secret=b", "https://s.example/o?page=1&consumer_key=***&consumer_secret=***"),
        ("https://s.example/o?oauth_nonce=1&oauth_timestamp=2&api_key=3", "https://s.example/o?oauth_nonce=***&oauth_timestamp=***&api_key=***"),
        ("https://me:pw@s.example:8443/o", "https://s.example:8443/o"),
        ("https://s.example/o?Access-Token=x&password=y&sig=z", "https://s.example/o?Access-Token=***&password=***&sig=***"),
        ("http://[bad", "***"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_credentials(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_parameters_are_shown_with_the_address_whatever_they_are() -> None:
    params: dict[str, Any] = {"page": 2, "status": "a,b", "api_key": 'a&"b', "token": None}
    shown = "https://s.example/o?x=1&page=2&status=a,b&api_key=***&token=***"
    assert redact_url("https://s.example/o?x=1", params) == shown


@settings(deadline=None)
@given(st.text(min_size=4), st.text(), st.text())
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    scrub = Scrubber([secret])
    url = requests.Request("GET", "https://s.example/", params={"x": "1"}).prepare().url
    assert url is not None
    assert secret not in scrub(before + secret + after).replace("***", "")


def test_the_environment_proxy_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with scene(Response.json(1)) as world:
        assert world.session.get("x").json() == 1
    with Session() as session:
        session.configure(base_url="http://shop.example")
        assert session._proxies["http"] == "http://proxy.invalid:1"
