"""No token, and no secret of the configuration, comes out again: not in an answer, not in the log, not on disk."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from crossdock.cli.logs import OneLine
from crossdock.config import Config, Redactor, load_config
from crossdock.errors import PermanentError
from crossdock.store import Store, StoreLostError
from tests.api.serving import ERP_ID, SHOP_ID, Api, served

SECRETS = {"KEY": "ck_canary_key_7", "SECRET": "cs_canary_secret_7", "HOOK": "canary-webhook-secret-7"}
CONFIG = f"""\
[[connection]]
id = "{SHOP_ID}"
name = "shop"
connector = "woocommerce"
[connection.settings]
url = "https://shop.example"
consumer_key = {{ env = "KEY" }}
consumer_secret = {{ env = "SECRET" }}
webhook_secret = {{ env = "HOOK" }}
[connection.import.order]

[[connection]]
id = "{ERP_ID}"
name = "erp"
connector = "api"

[[connection]]
id = "5377568eb7e165e3b38af6eece4a0003"
name = "wms"
connector = "api"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secrets")


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[Api]:
    (folder / "plugins.toml").write_text(CONFIG)
    config = load_config(folder / "plugins.toml", SECRETS)
    with Store.open(f"sqlite:///{folder / 'crossdock.db'}") as store, served(config, store) as found:
        yield found


@pytest.fixture
def log(api: Api) -> Iterator[StringIO]:
    """What stands on stderr, as ``crossdock serve`` writes it."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Redactor(api.config.secrets))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def forbidden(api: Api) -> set[str]:
    """Everything that must be seen nowhere: secrets, and those of tokens, as they are and as they are kept."""
    tokens = {str(client.token).split("_", 2)[2] for client in (api.shop, api.erp, api.wms, api.operator)}
    return tokens | set(SECRETS.values()) | {base64.b64encode(one.encode()).decode() for one in SECRETS.values()}


def requests_of_all_kinds(api: Api) -> Iterator[requests.Response]:
    """Right ones, wrong ones, and ones in which somebody has put a token where it does not belong."""
    token = str(api.erp.token)
    order = api.erp.post("/api/order", {"remoteIdMap": {ERP_ID: "1"}})
    path = order.headers.get("Location", "/api/order")
    yield order
    for method, inside, body in (
        ("GET", "", None),
        ("PUT", "", {"channel": 5, "customData": {"x": 1}}),
        ("PUT", "/customdata", {f"{SHOP_ID}|x-a|b": {"type": "bool", "value": True}}),
        ("DELETE", "", None),
        ("GET", "/customdata-history", None),
    ):
        yield api.erp(method, path + inside, body)
    for place in ("/api/connection", "/api/order?remoteId=x&cursor=y", "/openapi.json", "/docs", "/nowhere", "/ready"):
        yield api.erp.get(place)
    yield api.nobody.get(f"/api/connection?token={token}")
    yield api.nobody.get(f"/api/{token}/connection")
    yield api.erp.get(f"/api/order/{quote(token).replace('_', '%5F')}")
    yield api.nobody.get("/health", headers={"X-Request-Id": token})
    yield api.nobody.get("/api/connection", headers={"Authorization": f"Basic {token}"})
    yield api.nobody.get("/api/connection", headers={"Authorization": f"Bearer {token}x"})
    yield api.erp.get("/api/connection", headers={"X-ConnectionId": SHOP_ID})
    payload = b'{"id": 7}'
    signature = base64.b64encode(hmac.new(SECRETS["HOOK"].encode(), payload, hashlib.sha256).digest()).decode()
    for given in ({}, {"X-WC-Webhook-Signature": "forged"}, {"X-WC-Webhook-Signature": signature}):
        yield api.nobody("POST", "/hooks/shop", data=payload, headers=given)
    yield api.nobody("POST", "/hooks/shop", data=b"webhook_id=7", headers={"Content-Type": "text/plain"})


def test_no_secret_is_in_any_answer_or_in_the_log(api: Api, log: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = list(requests_of_all_kinds(api))
    with monkeypatch.context() as patch:
        message = f"https://{SECRETS['KEY']}:{SECRETS['SECRET']}@shop.example does not answer"
        patch.setattr("crossdock.store.imports.transfers.Transfers.latest", failing(PermanentError(message)))
        answers.append(api.erp.get("/api/connection"))
        assert answers[-1].status_code == 500
    assert len({answer.status_code for answer in answers}) >= 7
    text = written(log, len(answers))
    assert "Traceback" in text
    assert text.count("_[redacted] ") == 1
    seen = [text, *(f"{answer.headers}{answer.text}" for answer in answers)]
    assert [secret for secret in forbidden(api) for one in seen if secret in one] == []


def failing(error: Exception) -> object:
    def fail(*_arguments: object) -> None:
        raise error

    return fail


def written(log: StringIO, count: int) -> str:
    """The log, when the lines of so many requests are there; each is written when its answer is out."""
    for _ in range(500):
        if sum(" ms " in line for line in log.getvalue().splitlines()) >= count:
            return log.getvalue()
        time.sleep(0.01)
    raise AssertionError(log.getvalue())


def test_where_the_store_is_concerns_no_caller(api: Api, log: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one without a token, who is told of a store that cannot be reached all the same."""
    error = StoreLostError("postgresql://db.internal/records", "connection to server at 10.1.2.3 refused")
    monkeypatch.setattr("crossdock.store.access.tokens.Tokens.authenticate", failing(error))
    monkeypatch.setattr("crossdock.store.imports.transfers.Transfers.latest", failing(error))
    for client in (api.nobody, api.erp):
        headers = {"Authorization": f"Bearer cdk_{'0' * 16}_{'a' * 43}", "X-Request-Id": "lost"}
        answer = client.get("/api/connection", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")
        assert "internal" not in answer.text
        assert "10.1.2.3" not in answer.text
    assert "request lost has to come again: the store 'postgresql://db.internal/records'" in written(log, 2)


def test_no_token_is_on_disk(api: Api, folder: Path) -> None:
    """Only its hash; whoever steals the store cannot call the API."""
    kept = b"".join(file.read_bytes() for file in folder.iterdir())
    for client in (api.shop, api.erp, api.operator):
        _form, token_id, secret = str(client.token).split("_", 2)
        assert token_id.encode() in kept
        assert secret.encode() not in kept
        assert hashlib.sha256(secret.encode()).digest() in kept
    for secret in SECRETS.values():
        assert secret.encode() not in kept


def test_a_configuration_does_not_say_its_secrets(api: Api) -> None:
    config: Config = api.config
    assert [secret for secret in SECRETS.values() if secret in f"{config!r}{config}"] == []
