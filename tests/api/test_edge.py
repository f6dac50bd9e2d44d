"""The edge of the API: ids, problems, limits."""

from __future__ import annotations

from .serving import Api


def test_it_lives_and_is_ready(api: Api) -> None:
    assert api.nobody.get("/health").json() == {"status": "alive"}
    assert api.nobody.get("/ready").json() == {"status": "ready"}


def test_an_unknown_path_tells_nothing(api: Api) -> None:
    answer = api.shop.get("/api/nothing", headers={"X-Request-Id": "mine-1"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (404, "mine-1")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/not-found",
        "title": "There is nothing here",
        "status": 404,
        "detail": "there is nothing at this address",
        "instance": "urn:crossdock:request:mine-1",
    }
