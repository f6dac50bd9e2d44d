"""A write of one entry is taken by hand, and answered as FastAPI would have it answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest
import requests
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, example, given, settings, strategies as st

from crossdock.api.entry_route import EntryRoute
from crossdock.store import Store
from tests.databases import Sqlite

from .serving import ERP_ID, SHOP_ID, Api, read_config, served

OWN, FOREIGN = f"{ERP_ID}|x-erp|invoice", f"{SHOP_ID}|x-shop|note"
GONE, ROW = "0" * 32, "1" * 32
_VARYING = re.compile("urn:crossdock:request:[0-9a-f]{32}")

paths = st.sampled_from(
    ["/api/order/{id}", "/api/order/{id}/rows/{row}", "/api/order/{id}/rows/none", f"/api/order/{GONE}", "/api/order/x"]
)
keys = st.sampled_from([OWN, FOREIGN, f"{ERP_ID}|x-erp|a/b %😀", "|x-erp|unowned", "no key", ""]).map(
    lambda key: quote(key, safe="")
) | st.sampled_from(["a%2", "%FF", quote(OWN, safe="") + "/more"])
bodies = st.sampled_from(
    [
        b'{"type": "string", "value": "4711"}',
        b'{"type": "integer", "value": 7}',
        b'{"type": "string", "value": "twice", "value": "twice"}',
        b'{"type": "nothing"}',
        b"[]",
        b"{",
        b"",
        b"[" * 200,
    ]
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["application/json", "application/json; charset=utf-8", "text/plain", ""]),
        "If-Match": st.sampled_from(["", "*", '"1"', '"2"', 'W/"1"', '"1", "2"', "nonsense"]),
        "X-ConnectionId": st.sampled_from([ERP_ID, SHOP_ID]),
    },
)


class Both:
    """One store served twice."""

    def __init__(self, by_hand: Api, usual: Api) -> None:
        self.by_hand = by_hand
        self.usual = usual


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """One store served twice: by hand, and by FastAPI."""
    config = read_config(tmp_path_factory.mktemp("both"))
    url = Sqlite(tmp_path_factory.mktemp("store")).new_url()
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(url))
        by_hand = stack.enter_context(served(config, store))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(EntryRoute, "get_route_handler", APIRoute.get_route_handler)
            usual = stack.enter_context(served(config, store))
        yield Both(by_hand, usual)


def answer(api: Api, path: str, key: str, body: bytes, sent: dict[str, str], *, token: bool) -> tuple[object, ...]:
    """Send the write to an order of its own, and give everything of the answer that is not of this one order."""
    order, row = api.erp.post("/api/order", {"rows": [{"rowId": ROW, "type": "product"}]}).json()["localId"], ROW
    address = f"{api.url}{path.format(id=order, row=row)}/customdata/{key}"
    client = api.erp if token else api.nobody
    request = requests.Request("PUT", address, data=body, headers=sent).prepare()
    request.url = address  # as it stands, not made better
    if client.token:
        request.headers["Authorization"] = f"Bearer {client.token}"
    with requests.Session() as session:
        found = session.send(request, timeout=30)
    text = _VARYING.sub("REQUEST", found.text).replace(order, "ORDER").replace(row, "ROW")
    told = {
        name: found.headers.get(name, "").replace(order, "ORDER").replace(row, "ROW") for name in ("ETag", "Location")
    }
    left = api.erp.get(f"/api/order/{order}").json()
    return found.status_code, text, told, left["version"], left.get("customData")


@example("/api/order/{id}", quote(OWN, safe=""), b'{"type": "string", "value": "4711"}', {}, True)
@example(
    "/api/order/{id}/rows/{row}", quote(OWN, safe=""), b'{"type": "bool", "value": true}', {"If-Match": '"1"'}, True
)
@given(paths, keys, bodies, headers, st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_it_answers_as_fastapi_would(
    both: Both, path: str, key: str, body: bytes, sent: dict[str, str], token: bool
) -> None:
    asked = (path, key, body, {"Content-Type": "application/json", **sent})
    assert answer(both.by_hand, *asked, token=token) == answer(both.usual, *asked, token=token)


@pytest.mark.parametrize(("token", "status"), [(True, 422), (False, 401)])
def test_an_empty_if_match_is_refused_once_it_is_known_who_asks(both: Both, token: bool, status: int) -> None:
    asked = ("/api/order/{id}", quote(OWN, safe=""), b'{"type": "bool", "value": true}')
    sent = {"Content-Type": "application/json", "If-Match": ""}
    for api in (both.by_hand, both.usual):
        found, *_rest, version, entries = answer(api, *asked, sent, token=token)
        assert (found, version, entries) == (status, 1, None)
