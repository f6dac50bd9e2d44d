"""Secrets are recognised wherever a model has them: in tables, in lists, in models within."""

from pydantic import BaseModel, SecretStr

from crossdock.config.reference import secret_values


class Login(BaseModel):
    user: str
    password: SecretStr


class Model(BaseModel):
    url: str
    key: SecretStr | None = None
    headers: dict[str, SecretStr] = {}
    tokens: tuple[SecretStr, ...] = ()
    login: Login | None = None
    logins: list[Login] = []


def test_secrets_are_found_in_every_form() -> None:
    data = {
        "url": "https://shop.example",
        "key": {"env": "A"},
        "headers": {"X-Key": {"env": "B"}, "X-Plain": "c"},
        "tokens": ["d", {"file": "e"}],
        "login": {"user": "me", "password": "f"},
        "logins": [{"user": "me", "password": {"env": "G"}}],
        "unknown": "h",
    }
    assert list(secret_values(Model, data)) == [
        (("key",), {"env": "A"}),
        (("headers", "X-Key"), {"env": "B"}),
        (("headers", "X-Plain"), "c"),
        (("tokens", 0), "d"),
        (("tokens", 1), {"file": "e"}),
        (("login", "password"), "f"),
        (("logins", 0, "password"), {"env": "G"}),
    ]
