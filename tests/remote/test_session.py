"""The connection's HTTP client: what it sends, what it repeats, what it follows, and what it accepts."""

from __future__ import annotations

import gzip
import itertools
import re
import time
from decimal import Decimal
from email.utils import formatdate

import pytest

from crossdock.config.remote import RemoteConfig
from crossdock.errors import PermanentError, RetryableError
from crossdock.remote import RefusedError, Session, split_page
from crossdock.remote.answer import Answer
from crossdock.remote.pace import Patience, Throttle
from crossdock.testing.sandbox import DropConnection, Request, Response, SandboxServer
from tests.remote.servers import CERTIFICATE, Clock, scene, use_tls

OK = Response.json({"price": "x"})
BUSY = Response(503, b"busy", {"Content-Type": "text/plain"})


def drop(_: Request) -> Response:
    raise DropConnection


# --- what is sent and what comes back -------------------------------------------------------------------------------


def test_requests_name_product_version_and_connector() -> None:
    with scene(OK) as world:
        world.session.get("/orders", {"page": "2", "status": "a,b"})
        (request,) = world.asked
        assert re.fullmatch(r"Crossdock/\d+\.\d+\.\d+\S* \(connector\.test\)", request.headers["user-agent"])
        assert request.headers["accept"] == "application/json"
        assert (request.path, request.query) == ("/orders", (("page", "2"), ("status", "a,b")))


def test_numbers_keep_every_digit() -> None:
    with scene(Response(200, b'{"price": 12.335999999999999, "rate": 1.10}')) as world:
        assert world.session.get("x").json() == {"price": Decimal("12.335999999999999"), "rate": Decimal("1.10")}


def test_a_packed_answer_is_unpacked() -> None:
    with scene(Response(200, gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"})) as world:
        assert world.session.get("x").json() == {"a": 1}
        assert "gzip" in world.asked[0].headers["accept-encoding"]


def test_the_connection_is_kept() -> None:
    with scene(OK, Response.json({"code": "x"}, 404), OK) as world:
        world.session.get("x")
        with pytest.raises(RefusedError):
            world.session.get("x")
        world.session.get("x")
        pools = world.session._client.get_adapter(world.server.url).poolmanager.pools  # type: ignore[attr-defined]
        assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - it is no dict


def test_closing_ends_connections_even_while_an_error_is_remembered() -> None:
    with scene(Response.json({"code": "x"}, 404)) as world:
        with pytest.raises(RefusedError) as refused:
            world.session.get("x")
        open_ones = world.server._listener._open
        assert len(open_ones) == 1
        world.session.close()
        deadline = time.monotonic() + 10
        while open_ones and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not open_ones, f"still open, and the error {refused.value} is still known"


def test_cookies_of_one_answer_are_not_sent_with_the_next_request() -> None:
    with scene(Response(200, b"1", {"Set-Cookie": "session=1"})) as world:
        world.session.get("x")
        world.session.get("x")
        assert "cookie" not in world.asked[1].headers


def test_the_remotes_clock_is_read_with_caution() -> None:
    with scene(
        Response(200, b"1", {"Date": "Tue, 05 Mar 2024 10:00:09 GMT"}), Response(200, b"1", {"Date": "soon"})
    ) as world:

        def slow(_: Request) -> Response:
            world.clock.time += 2.5  # the request takes that long
            return Response(200, b"1", {"Date": "Tue, 05 Mar 2024 10:00:09 GMT"})

        assert world.session.get("x").clock == "2024-03-05T10:00:09Z"
        assert world.session.get("x").clock is None
        world.script.steps.appendleft(slow)
        assert world.session.get("x").clock == "2024-03-05T10:00:06Z"


def test_a_document_is_sent_once_unless_sending_it_again_is_harmless() -> None:
    with scene(BUSY) as world:
        with pytest.raises(RetryableError):
            world.session.send("POST", "/orders", {"a": 1})
        assert [(request.method, request.body) for request in world.asked] == [("POST", b'{"a":1}')]
    with scene(BUSY, OK) as world:
        assert world.session.send("PUT", "/orders/1", {"a": 1}).status == 200
        assert world.asked[1].headers["content-type"] == "application/json"


# --- repetitions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 524])
def test_a_busy_remote_is_asked_again(status: int) -> None:
    with scene(Response(status, b"busy"), Response(status, b"busy"), OK) as world:
        assert world.session.get("x").status == 200
        assert world.clock.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    "failure", [drop, lambda _: OK.cut(3), Response(200, b"not packed", {"Content-Encoding": "gzip"})]
)
def test_a_broken_connection_or_answer_is_asked_for_again(failure: Response) -> None:
    with scene(failure, OK) as world:
        assert world.session.get("x").json() == {"price": "x"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 501])
def test_a_refusal_is_not_asked_for_again(status: int) -> None:
    with scene(Response.json({"code": "no", "message": "No."}, status)) as world:
        with pytest.raises(RefusedError) as caught:
            world.session.get("x")
        assert len(world.asked) == 1
        assert (caught.value.status, caught.value.code, caught.value.explanation) == (status, "no", "No.")


def test_the_wait_grows_and_varies_by_chance_and_is_bounded() -> None:
    clock = Clock()

    def fail() -> None:
        raise RetryableError("busy")

    for chance, expected in ((1.0, [0.5, 1, 2, 4, 8, 16, 32, 60, 60]), (0.0, [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30])):
        clock.slept.clear()
        with pytest.raises(RetryableError, match="busy; given up after 10 tries"):
            Patience(9, 10_000, clock.timing(chance))(fail)
        assert clock.slept == expected


@pytest.mark.parametrize(
    "header", ["7", " 7 ", formatdate(Clock().time + 7, usegmt=True), "Tue, 14 Nov 2023 23:13:27 +0100"]
)
def test_a_remote_that_says_when_to_come_back_is_obeyed(header: str) -> None:
    with scene(Response(429, b"", {"Retry-After": header}), OK) as world:
        world.session.get("x")
        assert world.clock.slept == [7.0]


@pytest.mark.parametrize("header", ["soon", "", "-5", "Fri, 99 Foo 2023"])
def test_a_remote_that_says_nonsense_about_it_is_not(header: str) -> None:
    with scene(Response(429, b"", {"Retry-After": header}), OK) as world:
        world.session.get("x")
        assert world.clock.slept == [0.5]


def test_who_is_told_to_come_back_too_late_gives_up_at_once_and_says_when() -> None:
    with scene(Response(503, b"", {"Retry-After": "3600"}), retry_budget="5m") as world:
        with pytest.raises(RetryableError) as caught:
            world.session.get("x")
        assert (caught.value.retry_after, world.clock.slept) == (3600.0, [])
        assert "it wants to be left alone for 3600 s, and 300 s are left for tries: import later" in str(caught.value)


def test_repetitions_end_with_the_number_or_with_the_time() -> None:
    with scene(BUSY) as world:
        with pytest.raises(RetryableError, match=r"gave 503.*given up after 4 tries in 4 s"):
            world.session.get("x")
        assert len(world.asked) == 4
    with scene(BUSY, retries=100, retry_budget="10s") as world:
        with pytest.raises(RetryableError, match="given up after 5 tries"):
            world.session.get("x")
        assert sum(world.clock.slept) <= 10
    with scene(BUSY) as world, pytest.raises(RetryableError, match=r"under maintenance$"):
        world.session.get("x", retries=0)


def test_repetitions_have_a_time_for_the_whole_run() -> None:
    with scene(BUSY, OK, BUSY, OK, BUSY, BUSY, OK, run_budget="1500ms") as world:
        for _ in range(2):
            assert world.session.get("x").json() == {"price": "x"}  # half a second is lost each time
        with pytest.raises(RetryableError, match=r"given up after 2 tries in 0 s; of run_budget, .*, 0 s were left"):
            world.session.get("x")
        assert sum(world.clock.slept) <= 1.5
        assert world.session.get("x").json() == {"price": "x"}  # what does not fail needs none


def test_an_answer_that_cannot_be_parsed_is_asked_for_again() -> None:
    page = Response(200, b'[{"id": 1}]')
    with scene(Response.html("<title>One moment</title>"), page.cut(4), Response(200, b'[{"id"'), page) as world:
        batch = world.session.read("x", lambda answer: split_page(answer.body))
        assert [item.remote_id for item in batch.items] == ["1"]


def test_a_page_for_people_with_status_200_ends_with_its_title_and_address() -> None:
    with scene(Response.html("<html><head><title>Checking your browser</title>"), retries=1) as world:
        with pytest.raises(RetryableError) as caught:
            world.session.read("/orders", lambda answer: answer.json())
        told = (
            f"GET {world.server.url}/orders: no JSON came (text/html; charset=UTF-8, 48 bytes): 'Checking your browser'"
        )
        assert str(caught.value) == f"{told}; given up after 2 tries in 0 s"


def test_requests_keep_their_distance() -> None:
    clock = Clock()
    throttle = Throttle(4, clock.timing())
    times = []
    for _ in range(5):
        throttle.wait()
        times.append(clock.time)
    assert all(later - earlier >= 0.2499 for earlier, later in itertools.pairwise(times))
    assert times[-1] - times[0] < 1.1


def test_the_configured_rate_holds_for_repetitions_too() -> None:
    with scene(BUSY, BUSY, OK, rate_limit=0.1) as world:
        world.session.get("x")
        assert world.clock.time - Clock().time >= 20


# --- limits of time and size ----------------------------------------------------------------------------------------


def test_a_silent_remote_is_not_waited_for_longer_than_configured() -> None:
    def silent(_: Request) -> Response:
        time.sleep(0.4)
        return OK

    with (
        scene(silent, retries=0, read_timeout="50ms") as world,
        pytest.raises(RetryableError, match="raise read_timeout"),
    ):
        world.session.get("x")


def test_an_answer_beyond_the_limit_is_refused_even_if_it_is_small_while_packed() -> None:
    packed = Response(200, gzip.compress(b"0" * (3 << 20)), {"Content-Encoding": "gzip"})
    with scene(packed, max_body_mb=1) as world, pytest.raises(PermanentError, match="larger than 1 MB"):
        world.session.get("x")


def test_an_answer_that_trickles_is_given_up() -> None:
    with scene(Response(200, b"0" * (1 << 20)), retry_budget="5s", retries=0) as world:
        ticks = itertools.count(0, 3)
        world.session._timing = type(world.session._timing)(monotonic=lambda: float(next(ticks)))
        with pytest.raises(RetryableError, match="comes too slowly"):
            world.session.get("x")


# --- redirects ------------------------------------------------------------------------------------------------------


def redirect(location: str, status: int = 301) -> Response:
    return Response(status, b"", {"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(status: int) -> None:
    with scene(redirect("/shop/orders/?page=1", status), OK) as world:
        assert world.session.get("/orders", {"page": "1"}).status == 200
        assert (world.asked[1].path, world.asked[1].query) == ("/shop/orders/", (("page", "1"),))


def test_a_redirect_without_query_keeps_the_parameters() -> None:
    with scene(redirect("/shop/orders/"), OK) as world:
        world.session.get("/orders", {"page": "1"})
        assert world.asked[1].query == (("page", "1"),)


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://www.shop.example/orders", "another host; .* set the connection's url to https://www.shop.example$"),
        ("ftp://127.0.0.1/x", "no address of a web server"),
        ("file:///etc/passwd", "no address of a web server"),
        ("/x", "in circles"),
    ],
)
def test_other_redirects_stop_with_a_remedy(location: str, told: str) -> None:
    with scene(redirect(location)) as world, pytest.raises(PermanentError, match=told):
        world.session.get("/x")


def test_a_chain_of_redirects_has_an_end() -> None:
    numbers = itertools.count()
    with scene(lambda _: redirect(f"/{next(numbers)}")) as world:
        with pytest.raises(PermanentError, match="in circles, 6 times"):
            world.session.get("/x")
        assert len(world.asked) == 6


def test_a_write_is_not_redirected() -> None:
    with scene(redirect("/y")) as world, pytest.raises(PermanentError, match="a PUT does not follow"):
        world.session.send("PUT", "/x", {})


# --- TLS and addresses ----------------------------------------------------------------------------------------------


def test_a_certificate_nobody_vouches_for_is_refused_with_a_remedy() -> None:
    with scene(OK) as world:
        server = SandboxServer(world.script)
        url = use_tls(server)
        with server, Session() as session:
            session.configure(base_url=url)
            with pytest.raises(PermanentError, match=r"not trusted; have it renewed, or .* ca_bundle"):
                session.get("x")
    assert world.asked == []


def test_a_private_authority_can_be_trusted() -> None:
    with scene(OK) as world:
        server = SandboxServer(world.script)
        url = use_tls(server)
        with server, Session(RemoteConfig(ca_bundle=CERTIFICATE)) as session:
            session.configure(base_url=url)
            assert session.get("x").status == 200


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example", "https://", "http://[bad", "http://x:99999"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with Session() as session, pytest.raises(PermanentError, match="is no address"):
        session.configure(base_url=url)


def test_a_port_nobody_listens_on_is_named() -> None:
    with scene(OK) as world:
        world.server.close()
        with pytest.raises(RetryableError, match="refuses the connection; check address and port"):
            world.session.get("x", retries=0)


def test_a_number_that_no_decimal_can_hold_is_no_json() -> None:
    with pytest.raises(RetryableError, match="no JSON came"):
        Answer("GET x", 200, {}, b'{"total": 1e99999999999999999999}', 0).json()


def test_what_is_no_json_is_shown_without_the_secrets_in_it() -> None:
    with scene(Response.html("<title>who is c4n4ry?</title>")) as world:
        world.session.configure(base_url=world.server.url, secrets=["c4n4ry"])
        answer = world.session.get("x")
    with pytest.raises(RetryableError, match=r"no JSON came .*who is \*\*\*\?") as caught:
        answer.json()
    assert "c4n4ry" not in str(caught.value)
