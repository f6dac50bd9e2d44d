"""The manual page of a manipulator, derived from its settings model and its examples: for ``show`` and for the docs."""

from __future__ import annotations

import json
from typing import Any

from crossdock.config.describe import describe
from crossdock.plugins import Example, Fail, Ignore, ManipulatorSpec
from crossdock.records import Working, encode_record

_WIDEST_RECORD = 100


def describe_manipulator(spec: ManipulatorSpec[Any]) -> str:
    """Write the manual page of a manipulator as Markdown: what it does, its settings, its examples."""
    return "\n".join(
        [
            f"## {spec.name}",
            "",
            f"{spec.title[:1].upper()}{spec.title[1:]}. {_scope(spec)}",
            "",
            *_settings(spec),
            *(line for example in spec.examples for line in _example(spec.name, example)),
        ]
    )


def example_toml(name: str, example: Example) -> str:
    """Write an example as it stands in ``manipulators = [...]`` of ``plugins.toml``."""
    settings = [f'use = "{name}"', *(line for line in example.toml.splitlines() if line.strip())]
    return f"{{ {', '.join(settings)} }}"


def _scope(spec: ManipulatorSpec[Any]) -> str:
    records = ("every record type",) if spec.record_types is None else sorted(spec.record_types)
    return f"For {' and '.join(records)}, on {' and '.join(sorted(spec.directions, reverse=True))}."


def _settings(spec: ManipulatorSpec[Any]) -> list[str]:
    if not spec.settings.model_fields:
        return ["It has no settings."]
    lines = ["| setting | what may stand there | without it | what it is for |", "|---|---|---|---|"]
    for key in describe(spec.settings):
        default = "**required**" if key.required else f"`{key.default}`" if key.default else ""
        cells = (f"`{key.key}`", key.kind, default, key.text)
        lines.append(f"| {' | '.join(_escaped(cell) for cell in cells)} |")
    return lines


def _example(name: str, example: Example) -> list[str]:
    subject = "" if example.record_type == "order" else f" ({example.record_type})"
    return [
        "",
        f"**Example{subject}:** {example.title}.",
        "",
        "```toml",
        example_toml(name, example),
        "```",
        "",
        "```json",
        *_record(example.before),
        "```",
        "",
        *_after(example.after),
    ]


def _after(after: Working | Ignore | Fail) -> list[str]:
    if isinstance(after, Ignore):
        return [f"is ignored: {after.reason}."]
    if isinstance(after, Fail):
        return [f"goes to quarantine: {after.reason}."]
    return ["becomes", "", "```json", *_record(after), "```"]


def _record(record: Working) -> list[str]:
    """Show a record as it is on the wire: in one line if it is short, else with a line per element of its lists."""
    wire = json.loads(encode_record(record))
    line = _json(wire)
    if len(line) <= _WIDEST_RECORD:
        return [line]
    fields = [
        f'  "{name}": {_list(value) if isinstance(value, list) else _json(value)}' for name, value in wire.items()
    ]
    return ["{", ",\n".join(fields), "}"]


def _list(items: list[Any]) -> str:
    return "[\n" + ",\n".join(f"    {_json(item)}" for item in items) + "\n  ]" if items else "[]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")
