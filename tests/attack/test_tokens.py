"""Confusion about who calls: a request has one token, acts as its connection, and nothing it says changes that."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from crossdock.api.record_descriptions import FIRST
from crossdock.store.access.tokens import Tokens
from tests.api.serving import ERP_ID, SHOP_ID, WMS_ID, Api

WHO = "/api/log/event"
EVENT = {"severity": "info", "summary": "here"}


def told(api: Api, *headers: tuple[str, str], path: str = WHO, body: Any = EVENT) -> tuple[int, dict[str, Any]]:
    """POST with headers exactly as given, some of them perhaps twice."""
    address = urlsplit(api.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    text = json.dumps(body).encode()
    try:
        connection.putrequest("POST", path)
        for name, value in (*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(text)))):
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(text)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_of_two_tokens_none_is_meant(attacked: Api) -> None:
    erp, operator = f"Bearer {attacked.erp.token}", f"Bearer {attacked.operator.token}"
    for tokens in ((erp, operator), (operator, erp), (erp, erp), (erp, ""), ("", erp), (erp, "Basic eDp5")):
        status, problem = told(attacked, *(("Authorization", one) for one in tokens))
        assert (status, problem["type"]) == (401, "/problems/no-token")


@pytest.mark.parametrize("claims", [(ERP_ID, SHOP_ID), (SHOP_ID, ERP_ID), (ERP_ID, ""), (f"{ERP_ID},{SHOP_ID}",)])
def test_every_claim_of_a_connection_has_to_agree(attacked: Api, claims: tuple[str, ...]) -> None:
    token = ("Authorization", f"Bearer {attacked.erp.token}")
    status, problem = told(attacked, token, *(("X-ConnectionId", claim) for claim in claims))
    assert (status, problem["type"]) == (403, "/problems/another-connection")
    assert told(attacked, token, ("X-ConnectionId", ERP_ID), ("x-connectionid", ERP_ID))[0] == 201


@pytest.mark.parametrize(
    "form",
    [
        "bearer {}",
        "BEARER   {}",
        "Bearer {} ",
    ],
)
def test_the_scheme_in_any_case_and_white_space_around_the_token_mean_the_same(attacked: Api, form: str) -> None:
    status, event = told(attacked, ("Authorization", form.format(attacked.erp.token)))
    assert (status, event["connectionId"]) == (201, ERP_ID)


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "Token {}",
        "Bearer{}",
        "Bearer:{}",
        'Bearer "{}"',
        "Bearer\xa0{}",
        "Bearer \xa0{}",
        "Bearer {}\x85x",
        "Bearer {},",
        "Bearer {}=",
        "Bearer Bearer {}",
    ],
)
def test_what_is_only_like_a_token_is_none(attacked: Api, form: str) -> None:
    assert told(attacked, ("Authorization", form.format(attacked.erp.token)))[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        ("X-Forwarded-User", "operator"),
        ("X-Role", "operator"),
        ("X-Original-URL", "/health"),
        ("X-HTTP-Method-Override", "GET"),
        ("Cookie", "token={}"),
        ("Proxy-Authorization", "Bearer {}"),
        ("X-Authorization", "Bearer {}"),
        ("X-Api-Key", "{}"),
        ("Authentication", "Bearer {}"),
    ],
)
def test_no_other_header_lets_anybody_in(attacked: Api, headers: tuple[str, str]) -> None:
    name, value = headers
    assert told(attacked, (name, value.format(attacked.operator.token)))[0] == 401


def test_parts_of_two_tokens_are_none(attacked: Api) -> None:
    ours, theirs = (str(one.token).split("_", 2) for one in (attacked.erp, attacked.operator))
    for mixed in (
        (theirs[1], ours[2]),
        (ours[1], theirs[2]),
        (ours[1].upper(), ours[2]),
        (ours[1], ours[2].swapcase()),
    ):
        assert told(attacked, ("Authorization", f"Bearer cdk_{'_'.join(mixed)}"))[0] == 401


def test_a_role_is_that_of_the_token_and_not_of_its_connection(attacked: Api) -> None:
    """ERP has two tokens; the one that is no operator's does not become one by what it says."""
    path = f"/api/order/{FIRST}"
    assert attacked.erp.delete(f"{path}?force=true&role=operator").status_code == 403
    unowned = {"|x-crm|tier": {"type": "string", "value": "gold"}}
    for headers in ({}, {"X-ConnectionId": ERP_ID}, {"X-Role": "operator"}):
        assert attacked.erp.patch(f"{path}/customdata", unowned, headers=headers).status_code == 403
    assert attacked.operator.patch(f"{path}/customdata", unowned).status_code == 200
    assert attacked.operator.patch(f"{path}/customdata", {"|x-crm|tier": None}).status_code == 200


def test_an_operator_owns_nothing_of_the_connection_it_is_called_after(attacked: Api) -> None:
    """So that nothing is lost by mistake: its PUT replaces unowned entries; whoever else's it means, it names."""
    path = f"/api/order/{FIRST}/customdata"
    own = f"{ERP_ID}|x-erp|kept"
    assert attacked.erp.patch(path, {own: {"type": "bool", "value": True}}).status_code == 200
    assert attacked.operator.put(path, {}).status_code == 200
    assert own in attacked.erp.get(path).json()


def test_an_answer_kept_for_one_token_is_nobody_elses(attacked: Api) -> None:
    """Idempotency keys can be guessed; the record that one token made with a key stays between it and us."""
    key = {"Idempotency-Key": "order-1"}
    made = {
        name: client.post("/api/customer", {"email": "a@example.com"}, headers=key).json()["localId"]
        for name, client in (("erp", attacked.erp), ("wms", attacked.wms), ("operator", attacked.operator))
    }
    assert len(set(made.values())) == 3


def test_a_revoked_token_stays_revoked(attacked: Api) -> None:
    token, text = attacked.store.tokens.create(WMS_ID)
    attacked.store.tokens.revoke(token.token_id)
    attacked.store.tokens.revoke(token.token_id)
    assert attacked.store.tokens.authenticate(text) is None
    assert told(attacked, ("Authorization", f"Bearer {text}"))[0] == 401
    assert attacked.store.tokens.authenticate(str(attacked.wms.token)) is not None


def test_the_secret_of_a_revoked_token_is_compared_like_any_other(
    attacked: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No way out of the check is shorter: each hashes once and compares once. (Its time: test_caller.py.)"""
    compared: list[int] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(len(one) - len(other))
        return one == other

    monkeypatch.setattr("crossdock.store.access.tokens.hmac.compare_digest", compare)
    token, text = attacked.store.tokens.create(WMS_ID)
    attacked.store.tokens.revoke(token.token_id)
    for one in (text, f"cdk_{'0' * 16}_{'a' * 43}", f"{text[:21]}{'a' * 43}", "nonsense", "", str(attacked.erp.token)):
        attacked.store.tokens.authenticate(one)
    assert compared == [0] * 6
    assert isinstance(attacked.store.tokens, Tokens)
