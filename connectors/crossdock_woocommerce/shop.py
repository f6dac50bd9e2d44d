"""The shop's REST API with the connection's credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from secrets import token_hex
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from crossdock import Batch, Page, RefusedError, RemoteResponse, RemoteSession, Stretch, Window, read_by_id, split_page
from crossdock_woocommerce.settings import WooSettings

T = TypeVar("T")
Params = Mapping[str, str]
NOTHING: Params = MappingProxyType({})

ID = "id"
MODIFIED = "date_modified_gmt"
NOT_SEEN = 401  # with a code that says nothing about the key: the shop saw no credentials, or does not know them
KEY_JUDGED = "woocommerce_rest_authentication_error"


class Shop:
    """Sends the shop's requests; finds out by itself how the credentials have to be sent.

    With ``heads``, lists give ids and modification times only.
    """

    def __init__(self, settings: WooSettings, session: RemoteSession, *, heads: bool = False) -> None:
        self.settings = settings
        self._fields: Params = {"_fields": f"{ID},{MODIFIED}"} if heads else NOTHING
        self._session = session
        self._key = settings.consumer_key.get_secret_value()
        self._secret = settings.consumer_secret.get_secret_value()
        secure = settings.url.startswith("https://")
        self.scheme: Literal["basic", "oauth1", "query"]
        if settings.auth == "auto":
            self.scheme = "basic" if secure else "oauth1"
        else:
            self.scheme = settings.auth
        self._may_fall_back = settings.auth == "auto" and secure
        self._authorize()

    def read(
        self,
        path: str,
        parse: Callable[[RemoteResponse], T],
        params: Params = NOTHING,
        retries: int | None = None,
        *,
        smaller: bool = False,
    ) -> T:
        """GET a path of the API and parse the answer."""
        path = f"{self.settings.api_path}/{path}"
        try:
            found = self._session.read(path, parse, params, retries=retries, smaller=smaller)
        except RefusedError as refusal:
            if not (self._may_fall_back and refusal.status == NOT_SEEN and refusal.code != KEY_JUDGED):
                raise
            first = refusal
        else:
            self._may_fall_back = False
            return found
        self._may_fall_back = False
        self.scheme = "query"  # some servers drop the Authorization header before PHP sees it
        self._authorize()
        try:
            return self._session.read(path, parse, params, retries=retries, smaller=smaller)
        except RefusedError as refusal:
            if refusal.status == NOT_SEEN and refusal.code != KEY_JUDGED:
                self.scheme = "basic"
                self._authorize()
                raise first from None
            raise

    def document(self, path: str, params: Params = NOTHING, retries: int | None = None) -> Any:
        """GET a path of the API as parsed JSON."""
        return self.read(path, lambda answer: answer.json(), params, retries)

    def site(self, path: str, retries: int | None = None) -> Any:
        """GET a path of the site, outside the API, as parsed JSON; without the key, which is no login of the site."""
        self._session.configure(base_url=self.settings.url, secrets=(self._key, self._secret))
        try:
            return self._session.read(path, lambda answer: answer.json(), retries=retries)
        finally:
            self._authorize()

    def records(
        self,
        path: str,
        params: Params = NOTHING,
        retries: int | None = None,
        *,
        before: int = 0,
        asked: int = 0,
        smaller: bool = False,
    ) -> Batch:
        """GET a page of records.

        ``before`` is how many of the list stand before it, ``asked`` how many are asked for; ``smaller`` says that
        fewer are if it takes too long.
        """
        fields = {**self._fields, **params}

        def batch(answer: RemoteResponse) -> Batch:
            return split_page(answer.body, ID, MODIFIED).told(answer, "X-WP-Total").sure(before, asked)

        return self.read(path, batch, fields, retries, smaller=smaller)

    def window(self, path: str, window: Window) -> Batch:
        """GET one page of what was modified in a window of time, the oldest change first."""
        params = {"orderby": "modified", "order": "asc", "per_page": str(window.size)}
        if window.page > 1:
            params["page"] = str(window.page)
        before = (window.page - 1) * window.size
        return self.records(path, params | between(window.after, window.before), before=before, smaller=window.smaller)

    def by_id(self, path: str, params: Params = NOTHING) -> Iterator[Page]:
        """Yield a whole list in pages, by ascending id."""
        fixed = {"orderby": "id", "order": "asc", **params}

        def fetch(stretch: Stretch) -> Batch:
            page = fixed | {"per_page": str(stretch.size), "offset": str(stretch.offset)}
            return self.records(path, page, before=stretch.offset, asked=stretch.size, smaller=stretch.smaller)

        return read_by_id(fetch, self.settings.page_size)

    def newest(self, path: str) -> Batch:
        """GET the record that was modified last: whatever is modified from now on is no older."""
        return self.records(path, {"orderby": "modified", "order": "desc", "per_page": "1"})

    def _authorize(self) -> None:
        auth: object = None
        params: dict[str, str] = {}
        if self.scheme == "oauth1":
            from crossdock_woocommerce.signing import Signing  # noqa: PLC0415 - heavy, and only plain http needs it

            auth = Signing(self._key, self._secret)
        elif self.scheme == "basic":
            auth = Fresh(HTTPBasicAuth(self._key, self._secret))
        else:
            auth = Fresh()
            params = {"consumer_key": self._key, "consumer_secret": self._secret}
        self._session.configure(base_url=self.settings.url, auth=auth, params=params, secrets=(self._key, self._secret))


class Fresh(AuthBase):
    """Gives each request an address of its own, as a signature does, and then the ``login``.

    Caches in front of a shop go by the address, some of them for days; what nobody has asked for they do not have.
    """

    def __init__(self, login: AuthBase | None = None) -> None:
        self._login = login

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add a parameter that says nothing to a request that is otherwise ready to be sent."""
        request.prepare_url(request.url, {"_": token_hex(8)})
        return request if self._login is None else self._login(request)


def between(after: str | None, before: str | None = None) -> dict[str, str]:
    """Say a window of modification times: UTC *without* suffix, and ``dates_are_gmt``; both together would be wrong."""
    params = {"modified_after": after, "modified_before": before}
    given = {name: stamp.removesuffix("Z") for name, stamp in params.items() if stamp is not None}
    return {**given, "dates_are_gmt": "true"} if given else {}
