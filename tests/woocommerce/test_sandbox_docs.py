"""What docs/sandbox.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

import requests

from crossdock.testing.sandbox import SandboxServer
from crossdock_woocommerce.sandbox import KEYS

from .shop_client import API, running

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    (example,) = re.findall(r"^## In tests\n\n```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    exec(example, names)
    assert isinstance(names["server"], SandboxServer)


def test_the_keys_are_the_documented_ones() -> None:
    rows = re.findall(r"\| `(ck_\w+)` \| `(cs_\w+)` \| ([\w ]+) \|", PAGE)
    assert [(key, secret, may.replace(" and ", "_")) for key, secret, may in rows] == [
        (key.key, key.secret, key.permissions) for key in KEYS
    ]


def test_the_curl_line_works() -> None:
    path = re.search(r"http://127\.0\.0\.1:8080(\S+)'", PAGE)
    assert path is not None
    assert path[1].startswith(API)
    with running() as shop:
        answer = requests.get(
            shop.server.url + path[1],
            auth=("ck_sandbox_read", "cs_sandbox_read"),
            headers={"X-Forwarded-Proto": "https"},
            timeout=5,
        )
        answer.close()
        assert set(answer.json()[0]) == {"id", "status", "total", "_links"}
