"""The OpenAPI document tells the truth: its examples are executed, its problems are those of the sources."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

import crossdock.api
from crossdock.api.app import build_app
from crossdock.api.problem_types import PROBLEM_TYPES
from crossdock.api.services import Services
from crossdock.config import Config
from crossdock.store import Store

from .prepared import prepare
from .serving import Api, Client
from .transferred import prepare_runs

ERRORS = Path(__file__).parents[2] / "docs" / "errors.md"
MARK = "<!-- from here on generated: UPDATE_DOCS=1 pytest tests/api/test_openapi.py -->\n"
SOURCES = Path(next(iter(crossdock.api.__path__)))
VERBS = ("get", "put", "post", "patch", "delete")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for verb in VERBS:
            if verb in item:
                yield verb, path, item[verb]


@pytest.fixture
def document(config: Config, store: Store) -> dict[str, Any]:
    return build_app(Services(config, store)).openapi()


def test_every_operation_has_an_id_a_summary_and_an_example(document: dict[str, Any]) -> None:
    found = list(operations(document))
    assert len({operation["operationId"] for _verb, _path, operation in found}) == len(found)
    assert [path for _verb, path, operation in found if not operation["summary"]] == []
    assert [f"{verb} {path}" for verb, path, operation in found if not operation.get("x-exchanges")] == []


def test_every_example_gets_the_documented_answer(api: Api, document: dict[str, Any]) -> None:
    prepare(api.store)
    prepare_runs(api.store)
    assert [
        failure
        for verb, path, operation in operations(document)
        for exchange in operation["x-exchanges"]
        if (failure := _failure(api, verb, path, operation, exchange)) is not None
    ] == []


def _failure(api: Api, verb: str, path: str, operation: dict[str, Any], exchange: dict[str, Any]) -> str | None:
    answer = _sent(getattr(api, exchange["caller"]), verb, path, operation, exchange)
    if answer.status_code != exchange["status"]:
        return f"{verb} {path} {exchange['name']}: {answer.status_code}, not {exchange['status']}: {answer.text}"
    shown = _example(operation["responses"][str(exchange["status"])], exchange["name"])
    if shown is not None and _outline(shown) != _outline(answer.json()):
        return f"{verb} {path} {exchange['name']}: {_outline(answer.json())}, not {_outline(shown)}"
    return None


def _sent(
    client: Client, verb: str, path: str, operation: dict[str, Any], exchange: dict[str, Any]
) -> requests.Response:
    places = {one["name"]: one["in"] for one in operation.get("parameters", ())}
    by_place: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for name, value in exchange["parameters"].items():
        by_place[places[name]][name] = value
    for name, value in by_place["path"].items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = content.get("examples", {}).get(exchange["name"], {}).get("value")
    return client(verb.upper(), path, body, headers=by_place["header"], params=by_place["query"])


def _example(response: dict[str, Any], name: str) -> Any:
    for content in response.get("content", {}).values():
        return content.get("examples", {}).get(name, {}).get("value")
    return None


def _outline(value: Any) -> Any:
    """The names in a document, without the values, which are another's on another day."""
    if isinstance(value, dict):
        return {name: _outline(inner) for name, inner in sorted(value.items())}
    return [_outline(inner) for inner in value[:1]] if isinstance(value, list) else None


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    names = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document))
    assert set(names) - set(document["components"]["schemas"]) == set()


def test_every_problem_of_the_sources_is_in_the_catalogue_and_the_other_way_round() -> None:
    used = {}
    for file in SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem" and len(node.args) >= 3:
                status, kind, title = (getattr(argument, "value", None) for argument in node.args[:3])
                used[str(kind)] = (status, title)
    assert used == {kind: (described.status, described.title) for kind, described in PROBLEM_TYPES.items()}


def test_each_type_of_problem_has_a_page_that_loads_nothing(api: Api) -> None:
    for kind, described in PROBLEM_TYPES.items():
        page = api.nobody.get(f"/problems/{kind}")
        assert page.status_code == 200
        assert described.title in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert api.nobody.get("/problems/no-such").status_code == 404


def test_the_reference_shows_every_operation_and_loads_nothing(api: Api, document: dict[str, Any]) -> None:
    page = api.nobody.get("/docs").text
    assert [path for _verb, path, _operation in operations(document) if path not in page] == []
    assert re.findall(r"<script|<link|src=|https?:", page) == []
    assert api.nobody.get("/openapi.json").json() == json.loads(json.dumps(document))


def test_whoever_opens_the_address_in_a_browser_gets_the_reference(api: Api) -> None:
    answer = api.nobody.get("/")
    assert (answer.status_code, answer.url) == (200, f"{api.url}/docs")


def test_every_type_of_problem_is_documented() -> None:
    text = ERRORS.read_text("utf-8")
    written, mark, _ = text.partition(MARK)
    assert mark
    rows = (
        f"| `{kind}` | {described.status} | {described.title} | {described.meaning} {described.remedy} |\n"
        for kind, described in PROBLEM_TYPES.items()
    )
    head = "| name | status | title | what it means, and what to do |\n|---|---|---|---|\n"
    wanted = f"{written}{MARK}\n{head}{''.join(rows)}"
    if "UPDATE_DOCS" in os.environ:
        ERRORS.write_text(text := wanted, "utf-8")
    assert text == wanted
