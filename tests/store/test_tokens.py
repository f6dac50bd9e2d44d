"""Tokens: shown once, kept as a hash, compared without telling anything."""

from __future__ import annotations

import hmac
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from crossdock.store import Store
from crossdock.store.access import tokens
from crossdock.store.access.tokens import Token, UnknownTokenError
from tests.databases import Slate

ERP = "5377568eb7e165e3b38af6eece4a0002"


def test_a_token_is_what_it_was_made_for(store: Store) -> None:
    token, text = store.tokens.create(ERP)
    operator, other = store.tokens.create(ERP, "operator")
    assert store.tokens.authenticate(text) == token
    assert store.tokens.authenticate(other) == operator
    assert (token.connection_id, token.role, operator.role) == (ERP, "connection", "operator")


def test_tokens_are_listed_without_their_secrets_the_oldest_first(store: Store) -> None:
    made = [store.tokens.create(ERP)[0] for _ in range(3)]
    assert sorted(store.tokens.list(), key=lambda token: token.token_id) == sorted(made, key=lambda one: one.token_id)
    assert [token.created for token in store.tokens.list()] == sorted(token.created for token in made)
    assert set(Token.__struct_fields__) == {"token_id", "connection_id", "role", "created", "revoked"}


def test_a_revoked_token_is_refused_at_once_and_stays_listed(store: Store) -> None:
    token, text = store.tokens.create(ERP)
    revoked = store.tokens.revoke(token.token_id)
    assert revoked.revoked is not None
    assert store.tokens.authenticate(text) is None
    assert store.tokens.revoke(token.token_id) == revoked
    assert store.tokens.list() == [revoked]


def test_what_is_not_there_cannot_be_revoked(store: Store) -> None:
    with pytest.raises(UnknownTokenError, match="no token 'abc'; crossdock tokens list"):
        store.tokens.revoke("abc")


def test_any_other_secret_and_any_other_id_is_refused(store: Store) -> None:
    _token, text = store.tokens.create(ERP)
    _other, strange = store.tokens.create(ERP)
    prefix, token_id, secret = text.split("_", 2)
    _, _, others = strange.split("_", 2)
    swapped = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for wrong in (
        "",
        token_id,
        f"{prefix}_{token_id}_",
        f"{prefix}_{token_id}_{others}",
        f"{prefix}_{'0' * 16}_{secret}",
        f"{prefix}_{token_id}_{swapped}",
        f"{text}\n",
        f" {text}",
        text.upper(),
        text.replace("cdk", "cdj"),
    ):
        assert store.tokens.authenticate(wrong) is None


def test_nothing_of_a_secret_is_in_the_store(store: Store, url: str) -> None:
    _token, text = store.tokens.create(ERP)
    with store._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM tokens").all()
    assert text.split("_", 2)[2] not in repr(rows)


@pytest.mark.parametrize("kind", ["unknown", "misspelt", "revoked", "valid"])
def test_each_check_compares_one_hash_in_constant_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    token, text = store.tokens.create(ERP)
    if kind == "revoked":
        store.tokens.revoke(token.token_id)
    shown = {"unknown": f"cdk_{'0' * 16}_{'a' * 43}", "misspelt": "anything"}.get(kind, text)
    lengths = []

    def compare(one: bytes, other: bytes) -> bool:
        lengths.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(tokens, "hmac", SimpleNamespace(compare_digest=compare))
    store.tokens.authenticate(shown)
    assert lengths == [(32, 32)]


@given(text=st.text(max_size=80))
def test_no_text_breaks_the_check(slate: Slate, text: str) -> None:
    with slate.store() as store:
        assert store.tokens.authenticate(text) is None
