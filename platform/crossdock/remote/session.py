"""One connection's HTTP client."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from crossdock.config.remote import RemoteConfig
from crossdock.errors import CrossdockError, PermanentError, RetryableError, SlowError
from crossdock.plugins.connector import RateHeaders
from crossdock.remote.answer import Answer
from crossdock.remote.failure import FOREIGN_ERRORS, RefusedError, from_exception, from_status
from crossdock.remote.pace import Patience, Throttle, Timing
from crossdock.remote.page import BEFORE_JSON
from crossdock.remote.quota import Quota
from crossdock.remote.redaction import Scrubber, ScrubFilter, redact_url
from crossdock.remote.traffic import Request, Traffic

T = TypeVar("T")

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_CHUNK = 1 << 16
_HTTP_LOG = "urllib3.connectionpool"


class Session:
    """Asks one remote system: with timeouts, verified TLS, repetitions, a rate limit, and errors that are Crossdock's.

    It is used by one thread at a time. Close it, or use it in a ``with`` block.

    Args:
        config: the options of ``[connection.remote]``.
        agent: what the requests are made for, such as ``connector.woocommerce``; part of the User-Agent header.
        timing: clocks and sleep.
        traffic: counts the requests.
        rate_headers: where the remote system says how much of its rate limit is left, if it does.
    """

    def __init__(
        self,
        config: RemoteConfig | None = None,
        *,
        agent: str = "",
        timing: Timing | None = None,
        traffic: Traffic | None = None,
        rate_headers: RateHeaders | None = None,
    ) -> None:
        self._config = config or RemoteConfig()
        self._timing = timing or Timing()
        self._quota = Quota(rate_headers, self._timing) if rate_headers is not None else None
        self.traffic = traffic or Traffic()
        self._throttle = Throttle(self._config.rate_limit, self._timing) if self._config.rate_limit else None
        self._lost = 0.0  # seconds that repetitions have taken so far
        self._base = ""
        self._auth: Any = None
        self._params: dict[str, str] = {}
        self._proxies: dict[str, str] = {}
        self._verify: str | bool = _trusted(self._config)
        self._filter: ScrubFilter | None = None
        self.scrub = Scrubber()
        self._client = requests.Session()
        self._client.trust_env = False  # what the environment says is read once, and .netrc never
        self._client.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        product = f"Crossdock/{version('crossdock')}"
        self._client.headers.update(
            {
                "User-Agent": f"{product} ({agent})" if agent else product,
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
            }
        )

    def configure(
        self,
        *,
        base_url: str,
        auth: Any = None,
        params: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        """Set the base url, a ``requests`` auth object, parameters for every request, and what no message may show.

        Raises:
            PermanentError: the base url is none.
        """
        self._base = base_url.rstrip("/")
        if not _is_address(self._base):
            message = f"{redact_url(base_url)!r} is no address; write it as https://host/path"
            raise PermanentError(message)
        self._auth = auth
        self._params = dict(params or {})
        self._proxies = _proxies(self._config, self._base)
        proxy = self._config.proxy_auth
        self.scrub = Scrubber([*secrets, *([proxy.get_secret_value()] if proxy else [])])
        self._watch_log(ScrubFilter(self.scrub))

    def get(self, path: str, params: Mapping[str, str] | None = None, *, retries: int | None = None) -> Answer:
        """GET a path below the base url.

        ``retries`` instead of the configured number, for a person who waits.

        Raises:
            RetryableError: no answer, or one that may be better later, in spite of repetitions.
            RefusedError: the remote system refused.
            PermanentError: it cannot be spoken to like this.
        """
        return self._ask("GET", path, params, retries=retries, parse=_whole)

    def read(
        self,
        path: str,
        parse: Callable[[Answer], T],
        params: Mapping[str, str] | None = None,
        *,
        retries: int | None = None,
        smaller: bool = False,
    ) -> T:
        """GET a path and parse the answer; a ``RetryableError`` of ``parse`` is repeated like a busy remote system.

        With ``smaller``, a ``SlowError`` is not repeated: the caller asks for less.
        """
        return self._ask("GET", path, params, retries=retries, parse=parse, smaller=smaller)

    def send(
        self,
        method: str,
        path: str,
        document: object,
        params: Mapping[str, str] | None = None,
        *,
        retries: int | None = None,
    ) -> Answer:
        """Send ``document`` as JSON; only idempotent methods are ever repeated."""
        return self._ask(method, path, params, body=msgspec.json.encode(document), retries=retries, parse=_whole)

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        *,
        parse: Callable[[Answer], T],
        retries: int | None,
        body: bytes | None = None,
        smaller: bool = False,
    ) -> T:
        url = f"{self._base}/{path.lstrip('/')}" if path else self._base

        def attempt() -> T:
            with self.traffic.request(method, self.scrub(redact_url(url))) as made:
                answer = self._follow(made, url, {**self._params, **(params or {})}, body)
                try:
                    return parse(answer)
                except (RetryableError, PermanentError) as error:
                    told = _without_secrets(parse, answer, error)
                    error.args = (told if told.startswith(answer.where) else f"{answer.where}: {told}",)
                    raise self._scrubbed(error) from None

        if method not in IDEMPOTENT:
            return attempt()
        return self._patiently(attempt, self._config.retries if retries is None else retries, smaller=smaller)

    def _patiently(self, attempt: Callable[[], T], retries: int, *, smaller: bool) -> T:
        """Repeat what fails, within the time for one request and what is left of that for the whole run."""
        budget = self._config.retry_budget.total_seconds()
        left = max(0.0, self._config.run_budget.total_seconds() - self._lost)
        patience = Patience(retries, min(budget, left), self._timing, self.traffic.repeat, smaller=smaller)
        try:
            return patience(attempt)
        except RetryableError as error:
            if left >= budget or not retries or (smaller and isinstance(error, SlowError)):
                raise
            told = f"of run_budget, what repetitions may take in a whole run, {left:.0f} s were left"
            raise RetryableError(f"{error}; {told}", retry_after=error.retry_after, cause=error.cause) from None
        finally:
            self._lost += patience.lost

    def _follow(self, made: Request, url: str, params: Mapping[str, str], body: bytes | None) -> Answer:
        """Send one request and follow its redirects on the same host."""
        method = made.method
        asked: Mapping[str, str] | None = params
        met = []
        while True:
            response, where, seconds = self._open(method, url, asked, body)
            made.status = response.status_code
            with response:
                if response.status_code in REDIRECTS and "Location" in response.headers:
                    met.append(url)
                    url = self._redirected(method, url, response.headers["Location"], where, met)
                    asked = None if urlsplit(url).query else params
                    continue
                content = self._content(response, where)
                if 200 <= response.status_code < 300:
                    return Answer(where, response.status_code, response.headers, content, seconds, self.scrub)
                told, now = self.scrub.body(content), self._timing.now()
                raise self._scrubbed(from_status(where, response.status_code, response.headers, told, now))

    def _open(
        self, method: str, url: str, params: Mapping[str, str] | None, body: bytes | None
    ) -> tuple[requests.Response, str, float]:
        if self._throttle is not None:
            self._throttle.wait()
        if self._quota is not None:
            self._quota.wait()
        where = f"{method} {redact_url(url, params)}"
        start = self._timing.monotonic()
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            request = requests.Request(method, url, params=params, data=body, headers=headers, auth=self._auth)
            response = self._client.send(
                self._client.prepare_request(request),
                stream=True,
                timeout=(self._config.connect_timeout.total_seconds(), self._config.read_timeout.total_seconds()),
                verify=self._verify,
                proxies=self._proxies,
                allow_redirects=False,
            )
            if self._quota is not None:
                self._quota.note(response.headers)
            return response, where, self._timing.monotonic() - start
        except FOREIGN_ERRORS as error:
            failure = from_exception(where, error)
        raise self._scrubbed(failure)  # outside the except block: the foreign error names the whole address

    def _content(self, response: requests.Response, where: str) -> bytes:
        """Read the body, as far as its size and the time allow, without byte order marks and blanks before it."""
        most = self._config.max_body_mb << 20
        deadline = self._timing.monotonic() + self._config.retry_budget.total_seconds()
        failure: CrossdockError
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in response.iter_content(_CHUNK):
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    failure = PermanentError(
                        f"{where}: the answer is larger than {self._config.max_body_mb} MB; ask for smaller pages, or "
                        "raise max_body_mb in [connection.remote]"
                    )
                    break
                if self._timing.monotonic() > deadline:
                    slow = "the answer comes too slowly"
                    failure = SlowError(f"{where}: {slow}, {size} bytes so far", cause=slow)
                    break
            else:
                return b"".join(pieces).lstrip(BEFORE_JSON)
        except FOREIGN_ERRORS as error:
            failure = from_exception(where, error)
        raise self._scrubbed(failure)

    def _redirected(self, method: str, url: str, location: str, where: str, met: Sequence[str]) -> str:
        """Return where a redirect leads, if it may be followed."""
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        shown = redact_url(target)
        reason = ""
        if there.scheme not in {"http", "https"}:
            reason = "which is no address of a web server; correct the url, or the redirects of the remote system"
        elif there.hostname != here.hostname:
            reason = f"which is another host; if that is the right one, set the connection's url to {_root(target)}"
        elif here.scheme == "https" and there.scheme == "http":
            reason = "which would send the credentials in the clear; set up https there, or correct the url"
        elif target in met or len(met) > MOST_REDIRECTS:
            reason = f"in circles, {len(met)} times so far; correct the url, or the redirects of the remote system"
        elif method not in {"GET", "HEAD"}:
            reason = f"which a {method} does not follow; correct the url"
        if reason:
            raise PermanentError(self.scrub(f"{where} redirects to {shown}, {reason}"))
        return _unsigned(target)

    def _scrubbed(self, failure: CrossdockError) -> CrossdockError:
        """Return an error with every known secret masked."""
        failure.args = (self.scrub(str(failure)),)
        if isinstance(failure, RefusedError) and failure.explanation is not None:
            failure.explanation = self.scrub(failure.explanation)
        return failure

    def _watch_log(self, found: ScrubFilter | None) -> None:
        log = logging.getLogger(_HTTP_LOG)
        if self._filter is not None:
            log.removeFilter(self._filter)
        if found is not None:
            log.addFilter(found)
        self._filter = found

    def close(self) -> None:
        """Close the kept connections."""
        # requests only forgets its pools; as long as an error's traceback holds an answer, its pool would stay open.
        for adapter in self._client.adapters.values():
            if isinstance(adapter, HTTPAdapter):
                for manager in (adapter.poolmanager, *adapter.proxy_manager.values()):
                    for key in manager.pools.keys():  # noqa: SIM118 - it is no dict
                        manager.pools[key].close()
        self._client.close()
        self._watch_log(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _whole(answer: Answer) -> Answer:
    return answer


def _without_secrets(parse: Callable[[Answer], object], answer: Answer, error: CrossdockError) -> str:
    """Say what is wrong with an answer, as it is of the answer without secrets: an excerpt may begin or end in one."""
    try:
        parse(answer.scrubbed())
    except (RetryableError, PermanentError) as failure:
        return str(failure)
    return str(error)


def _trusted(config: RemoteConfig) -> str | bool:
    if config.ca_bundle is not None:
        return str(config.ca_bundle)
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def _proxies(config: RemoteConfig, url: str) -> dict[str, str]:
    if config.proxy is None:
        loopback = urlsplit(url).hostname in LOOPBACK  # the environment's proxy could not reach it
        return {} if loopback else dict(get_environ_proxies(url))
    parts = urlsplit(config.proxy)
    user, _, password = (config.proxy_auth.get_secret_value() if config.proxy_auth else "").partition(":")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    address = f"{parts.scheme}://{login}{parts.netloc}"
    return {"http": address, "https": address}


def _unsigned(url: str) -> str:
    """Drop an old signature from an address: it is signed anew."""
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if pair and not pair.startswith("oauth_")]
    return parts._replace(query="&".join(pairs), fragment="").geturl()


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
