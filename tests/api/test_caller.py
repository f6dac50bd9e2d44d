"""Who a request acts as: the connection of its token, and nobody else."""

from __future__ import annotations

import hmac
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Connection

from crossdock.api.caller import SECONDS_TRUSTED
from crossdock.store import Store
from crossdock.store.access.tokens import Token, Tokens
from crossdock.store.sql.backend import Rows
from crossdock.store.sql.database import Database

from .serving import CONFIG, ERP_ID, SHOP_ID, WMS_ID, Api, Client, read_config, served

EVENT = {"severity": "info", "summary": "through"}


@pytest.fixture(scope="module")
def api(shared_api: Api) -> Api:
    return shared_api


def refused(client: Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = client.get("/api/connection", headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    body = answer.json()
    assert body.pop("instance")
    assert body == {
        "type": "/problems/no-token",
        "title": "No valid token",
        "status": 401,
        "detail": "the request carries no token that is valid here",
        "remedy": "send Authorization: Bearer TOKEN; crossdock tokens create --connection NAME makes a token",
    }


def test_a_request_acts_as_the_connection_of_its_token(api: Api) -> None:
    for client, connection_id in ((api.shop, SHOP_ID), (api.erp, ERP_ID), (api.wms, WMS_ID)):
        assert client.post("/api/log/event", EVENT).json()["connectionId"] == connection_id


def test_every_token_that_is_not_valid_is_refused_with_the_same_words(api: Api) -> None:
    token = str(api.erp.token)
    _prefix, _token_id, secret = token.split("_", 2)
    for authorization in (
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        token,
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        f"Bearer {token} {token}",
        f"Bearer cdk_{'0' * 16}_{secret}",
        f"Bearer {token},Bearer {api.shop.token}",
        "Bearer ' OR 1=1 --",
        f"Bearer {'x' * 30_000}",
    ):
        refused(api.nobody, authorization)


def test_the_scheme_may_be_written_in_any_case(api: Api) -> None:
    assert api.nobody.get("/api/connection", headers={"Authorization": f"bEARER {api.erp.token}"}).status_code == 200


def test_a_token_in_the_address_or_the_body_is_no_token(api: Api) -> None:
    assert api.nobody.get(f"/api/connection?token={api.erp.token}&access_token={api.erp.token}").status_code == 401
    assert api.nobody.post("/api/log/event", EVENT | {"token": api.erp.token}).status_code == 401


def test_a_revoked_token_is_refused_a_second_later(api: Api) -> None:
    token, text = api.store.tokens.create(ERP_ID)
    sent = {"Authorization": f"Bearer {text}"}
    assert api.nobody.get("/api/connection", headers=sent).status_code == 200
    api.store.tokens.revoke(token.token_id)
    time.sleep(SECONDS_TRUSTED)
    refused(api.nobody, sent["Authorization"])


def test_a_token_is_looked_up_once_a_second(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    authenticate = Tokens.authenticate

    def count(self: Tokens, text: str) -> Token | None:
        asked.append(text)
        return authenticate(self, text)

    monkeypatch.setattr(Tokens, "authenticate", count)
    _token, text = api.store.tokens.create(ERP_ID)
    _other, others = api.store.tokens.create(SHOP_ID)
    for _ in range(5):
        assert api.nobody.get("/api/connection", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    assert api.nobody.get("/api/connection", headers={"Authorization": f"Bearer {others}"}).status_code == 200
    assert len(asked) <= 4
    assert set(asked) == {text, others}


def test_a_token_that_was_refused_is_looked_up_each_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    token, text = api.store.tokens.create(ERP_ID)
    with monkeypatch.context() as patch:
        patch.setattr(Tokens, "authenticate", lambda _self, _text: None)
        refused(api.nobody, f"Bearer {text}")
    assert api.nobody.get("/api/connection", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    api.store.tokens.revoke(token.token_id)


def test_a_token_whose_connection_is_gone_is_refused(api: Api) -> None:
    _token, text = api.store.tokens.create("5377568eb7e165e3b38af6eece4affff")
    refused(api.nobody, f"Bearer {text}")


def test_a_connection_that_is_taken_out_of_the_configuration_is_refused(url: str, tmp_path: Path) -> None:
    with Store.open(url) as store:
        _token, text = store.tokens.create(WMS_ID)
        config = read_config(tmp_path, CONFIG.partition(f'[[connection]]\nid = "{WMS_ID}"')[0])
        with served(config, store) as api:
            refused(api.nobody, f"Bearer {text}")


def test_a_header_that_names_another_connection_is_refused(api: Api) -> None:
    assert api.erp.get("/api/connection", headers={"X-ConnectionId": ERP_ID}).status_code == 200
    for claimed in (SHOP_ID, "erp", ERP_ID.upper(), "", f"{ERP_ID} "):
        answer = api.erp.get("/api/connection", headers={"x-connectionid": claimed})
        if claimed.strip() == ERP_ID:  # white space around a header's value is none of it
            assert answer.status_code == 200
            continue
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/another-connection")


def test_who_is_nobody_learns_nothing_about_connections(api: Api) -> None:
    assert api.nobody.get("/api/connection", headers={"X-ConnectionId": SHOP_ID}).status_code == 401
    assert api.nobody.post("/api/log/event", {"severity": 5}).status_code == 401
    unknown = api.nobody.get(f"/api/transfer-report/{'0' * 32}")
    assert unknown.status_code == 401


@pytest.mark.parametrize("revoked", [False, True])
def test_an_unknown_token_goes_every_step_that_a_wrong_secret_goes(
    api: Api, monkeypatch: pytest.MonkeyPatch, revoked: bool
) -> None:
    """Each step takes as long for any text; one that was left out would tell by its time which tokens there are."""
    steps: list[object] = []
    compare, run = hmac.compare_digest, Database.run

    def compared(one: bytes, other: bytes) -> bool:
        steps.append(("compared", len(one), len(other)))
        return compare(one, other)

    def asked(database: Database, connection: Connection, statement: ClauseElement, values: tuple[Any, ...]) -> Rows:
        steps.append(str(statement))
        return run(database, connection, statement, values)

    def steps_of(text: str) -> list[object]:
        steps.clear()
        assert api.store.tokens.authenticate(text) is None
        return list(steps)

    token, text = api.store.tokens.create(ERP_ID)
    if revoked:
        api.store.tokens.revoke(token.token_id)
    monkeypatch.setattr(hmac, "compare_digest", compared)
    monkeypatch.setattr(Database, "run", asked)
    wrong = steps_of(f"{text[:21]}{'a' * 43}")
    assert len(wrong) == 2
    assert wrong[-1] == ("compared", 32, 32)
    assert steps_of(f"cdk_{'0' * 16}_{'a' * 43}") == steps_of("no token at all") == wrong
