"""How a connector's mapping looks to a person and to a program."""

from __future__ import annotations

from typing import Any

from crossdock.cli.output import print_heading, print_line, print_table
from crossdock.config.imports import connector_mapping
from crossdock.errors import ConfigError, Problem
from crossdock.mapping.build import build_mapping
from crossdock.mapping.definition import Line, Mapping, Pattern
from crossdock.plugins import ConnectorSpec
from crossdock.suggestion import did_you_mean


def mapping_of(spec: ConnectorSpec[Any], record_type: str) -> Mapping:
    """Read a connector's mapping of one record type.

    Raises:
        ConfigError: the connector does not offer the type, or its mapping is wrong.
    """
    if record_type not in spec.record_types:
        hint = did_you_mean(record_type, spec.record_types)
        raise ConfigError(f"connector {spec.name!r} offers no record type {record_type!r}{hint}")
    problems: list[Problem] = []
    mapping = build_mapping(record_type, spec.module_id, connector_mapping(spec), None, (), problems)
    if mapping is None:
        raise ConfigError(problems)
    return mapping


def show_mapping(mapping: Mapping) -> None:
    """Print a mapping as tables."""
    told = mapping_as_wire(mapping)
    print_line(f"how {mapping.module_id} maps {mapping.record_type}")
    for block in told["blocks"]:
        over = f", one for each of {block['over']}" if block["over"] else ""
        print_heading(f"{block['name'] or 'Fields'}{over}")
        rows = [(line["target"], line["place"], line["expression"]) for line in block["lines"]]
        print_table(("field", "where it stands", "from"), rows, indent=2)
    if told["keyValueLists"]:
        print_heading("Lists of keys and values, each entry custom data of its own")
        rows = [(one["path"], f"{one['prefix']}.<{one['key']}>", one["value"]) for one in told["keyValueLists"]]
        print_table(("list", "kept as", "value"), rows, indent=2)
    if told["rules"]:
        print_heading("Left out on purpose")
        rows = [(one["path"], "blotted out" if one["redact"] else "dropped", one["reason"]) for one in told["rules"]]
        print_table(("path", "how", "why"), rows, indent=2)
    print_line()
    print_line(f"Everything else is kept as custom data of module {mapping.module_id}.")


def mapping_as_wire(mapping: Mapping) -> dict[str, Any]:
    """Make the JSON of a mapping."""
    own: dict[str, Any] = {"name": None, "over": None, "lines": [_line(line) for line in mapping.lines]}
    blocks = [
        {"name": block.name, "over": ".".join(block.over) or None, "lines": [_line(line) for line in block.lines]}
        for block in mapping.blocks
    ]
    return {
        "recordType": mapping.record_type,
        "moduleId": mapping.module_id,
        "id": mapping.id.text,
        "reference": mapping.reference.text if mapping.reference else None,
        "modified": mapping.modified.text if mapping.modified else None,
        "blocks": [own, *blocks],
        "keyValueLists": [
            {"path": written(item.path), "prefix": item.prefix, "key": item.key, "value": item.value}
            for item in mapping.key_values
        ],
        "rules": [
            {
                "path": written(rule.pattern) + (f"[{rule.entry!r}]" if rule.entry else ""),
                "redact": rule.redact,
                "reason": rule.reason,
                "place": str(rule.place),
            }
            for rule in mapping.rules
        ],
    }


def written(pattern: Pattern) -> str:
    """Write a pattern over payloads as in plugins.toml: ``line_items[].meta_data``."""
    text = ""
    for step in pattern:
        text += f".{step}" if isinstance(step, str) else f"[{step}]" if isinstance(step, int) else "[]"
    return text.removeprefix(".")


def _line(line: Line) -> dict[str, Any]:
    return {
        "target": line.name,
        "expression": line.expression.text,
        "keep": line.keep,
        "place": f"{line.place.file.rpartition('/')[2]}:{line.place.line}",
    }
