"""Whatever stands in the file: it is loaded, or every problem has a place in it; nothing else ever happens."""

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from crossdock.errors import ConfigError, Problem
from tests.config.loading import literal, load

VALID: dict[str, Any] = {
    "store": {"url": "sqlite:///x.db"},
    "retention": {"payloads": "90d", "runs": "forever"},
    "plugins": {"disable": ["elsewhere"], "paths": []},
    "connection": [
        {
            "id": "5377568eb7e165e3b38af6eece4a0001",
            "name": "demo",
            "connector": "shop",
            "settings": {
                "url": "https://shop.example",
                "consumer_key": {"env": "SHOP_KEY"},
                "consumer_secret": {"env": "SHOP_SECRET"},
                "statuses": ["completed"],
            },
            "remote": {"rate_limit": 5, "proxy": "http://p.example:1"},
            "import": {
                "order": {
                    "lookback": "10m",
                    "page_size": 5,
                    "manipulators": [
                        {"use": "set-text", "field": "channel", "value": "web", "when": "currency == 'SEK'"},
                        {"use": "set-text", "field": "channel", "value": "web", "others": ["currency"]},
                    ],
                    "mapping": {"channel": "source", "currency": {"from": "a", "keep": True}},
                    "drop": {"agent": "personal"},
                    "redact": {"ip": "personal"},
                },
                "product": {},
            },
        },
        {
            "id": "5377568eb7e165e3b38af6eece4a0002",
            "name": "other",
            "connector": "shop",
            "settings": {"url": "sandbox:"},
        },
    ],
}
_texts = st.sampled_from(
    ["", "x", "sandbox:", "10m", "order", "shop", "demo", "set-text", "a.b[0", "../x", "\u2028ü😀"]
)
_keys = st.sampled_from(["", "env", "file", "use", "when", "url", "order", "mapping", "id", "a.b", "ü"])
_values = st.recursive(
    st.one_of(
        st.integers(-(2**70), 2**70),
        st.booleans(),
        st.sampled_from([Decimal("1.5"), Decimal("-inf"), Decimal("nan"), date(1979, 5, 27)]),
        _texts,
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_keys, inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, inner in items for found in places(inner, (*path, key))]


def changed(path: tuple[str | int, ...], change: Callable[[Any, Any], None]) -> dict[str, Any]:
    data = copy.deepcopy(VALID)
    parent: Any = data
    for step in path[:-1]:
        parent = parent[step]
    change(parent, path[-1])
    return data


def check(folder: Path, data: dict[str, Any]) -> None:
    text = "\n".join(f"{key} = {literal(value)}" for key, value in data.items())
    lines = text.split("\n")
    for problem in problems(folder, text):
        assert problem.file.endswith("plugins.toml")
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.message == problem.message.strip()
        assert "canary" not in problem.message


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    try:
        config = load(folder, text)
    except ConfigError as error:
        return error.problems
    return config.problems


def test_the_file_as_it_was_is_valid(tmp_path: Path) -> None:
    text = "\n".join(f"{key} = {literal(value)}" for key, value in VALID.items())
    assert load(tmp_path, text).problems == ()


@pytest.mark.parametrize("path", places(VALID), ids=str)
def test_any_key_may_be_missing(tmp_path: Path, path: tuple[str | int, ...]) -> None:
    check(tmp_path, changed(path, lambda parent, key: parent.pop(key)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=st.sampled_from(places(VALID)), value=_values)
def test_any_value_may_be_another(tmp_path: Path, path: tuple[str | int, ...], value: object) -> None:
    check(tmp_path, changed(path, lambda parent, key: parent.__setitem__(key, value)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    path=st.sampled_from([path for path in places(VALID) if isinstance(path[-1], str)]),
    key=_keys | _texts,
    value=_values,
)
def test_any_key_may_be_added(tmp_path: Path, path: tuple[str | int, ...], key: str, value: object) -> None:
    check(tmp_path, changed(path, lambda parent, _key: parent.__setitem__(key, value)))
