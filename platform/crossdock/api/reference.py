"""The reference as HTML, made from the OpenAPI document: whole in itself, without scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from crossdock.api.problem_types import ProblemType

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { padding: .7rem; overflow-x: auto; background: #8882; border-radius: .3rem; max-height: 30rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid #8886; }
h3 code { background: #8882; padding: .1rem .4rem; border-radius: .3rem; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
details { margin: .5rem 0; } summary { cursor: pointer; }
"""
_CODE = re.compile(r"`([^`]*)`")


def page_of(document: dict[str, Any]) -> str:
    """Write the whole reference."""
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            by_tag.setdefault((operation.get("tags") or ["Other"])[0], []).extend(_operation(verb, path, operation))
    contents = "".join(f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in by_tag)
    sections = (f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>{"".join(parts)}' for tag, parts in by_tag.items())
    schemas = "".join(_schema(name, schema) for name, schema in document["components"]["schemas"].items())
    info = document["info"]
    return _page(
        f"{info['title']} {info['version']}: the HTTP API",
        f"<p>{escape(info['summary'])}</p>"
        '<p>Programs read the same as <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
        f'<ul>{contents}<li><a href="#schemas">Schemas</a></li></ul>{"".join(sections)}'
        f'<h2 id="schemas">Schemas</h2>{schemas}',
    )


def problem_page(name: str, kind: ProblemType) -> str:
    """Write the page about one type of problem."""
    return _page(
        f"{kind.title} ({name})",
        f"<p>Status <code>{kind.status}</code></p><p>{_text(kind.meaning)}</p>"
        f"<p><strong>What to do:</strong> {_text(kind.remedy)}</p>"
        '<p><a href="../docs">The reference</a></p>',
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def _operation(verb: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    identity = _anchor(f"{verb} {path}")
    yield f'<h3 id="{identity}"><code>{verb.upper()} {escape(path)}</code> {_text(operation["summary"])}</h3>'
    if description := operation.get("description"):
        yield "".join(f"<p>{_text(part)}</p>" for part in description.split("\n\n"))
    if not operation.get("security"):
        yield "<p>Needs no token.</p>"
    if parameters := operation.get("parameters"):
        named = (
            (f"<code>{escape(one['name'])}</code>", one["in"], _text(one.get("description", ""))) for one in parameters
        )
        yield _table(("parameter", "in", "what it is"), named)
    if body := operation.get("requestBody"):
        for kind, content in body["content"].items():
            yield f"<p>Body: <code>{escape(kind)}</code> {_named(content['schema'])}</p>"
            yield from _examples("Body", content)
    rows = ((f"<code>{status}</code>", _text(found["description"])) for status, found in operation["responses"].items())
    yield _table(("status", "what it means"), rows)
    for status, found in operation["responses"].items():
        for content in found.get("content", {}).values():
            yield from _examples(f"Answer {status}", content)


def _examples(what: str, content: dict[str, Any]) -> Iterator[str]:
    for name, example in content.get("examples", {}).items():
        yield f"<details><summary>{what}: {escape(name)}</summary>{_json(example['value'])}</details>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    return (
        f'<details id="schema-{_anchor(name)}"><summary><code>{escape(name)}</code> '
        f"{_text(schema.get('description', ''))}</summary>{_json(schema)}</details>"
    )


def _named(schema: dict[str, Any]) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    return f'<a href="#schema-{_anchor(name)}">{escape(name)}</a>' if name else ""


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _json(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
