"""What a model finds wrong with a value, in our words: what must stand there, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from pydantic_core import ErrorDetails

from crossdock.pattern import WORDS
from crossdock.plural import counted
from crossdock.suggestion import closest

_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "decimal_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "date_type": "a date",
    "datetime_type": "a date and time",
    "time_type": "a time",
}
_INSTANCES = {"Decimal": "a number", "Path": "a path in quotes"}
_OWN_WORDS = ("value_error", "assertion_error")
_CHOICES = {"literal_error": "expected", "enum": "expected", "union_tag_invalid": "expected_tags"}
_LONGEST = 80


def kind_wanted(detail: ErrorDetails) -> str | None:
    """Name the kind of value that must stand there, as TOML has it; ``None`` if the kind is right."""
    if detail["type"] == "is_instance_of":
        return _INSTANCES.get(detail["ctx"]["class"])
    return _KINDS.get(detail["type"])


def own_words(detail: ErrorDetails) -> str | None:
    """Say it as the model's own validator does, if that found it."""
    return str(detail["ctx"]["error"]) if detail["type"] in _OWN_WORDS else None


def told(detail: ErrorDetails, value: object, found: str) -> str:
    """Say what must stand there, what does, and what was probably meant: ``must be ..., not ...``.

    Args:
        detail: what the model says.
        value: what stands there.
        found: how that is shown.
    """
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind in _CHOICES:
        choices = re.findall(r"'([^']*)'", context[_CHOICES[kind]])
        return f"must be {one_of(choices)}, not {found}{_perhaps(str(context.get('tag', value)), choices)}"
    if kind in {"string_too_long", "string_too_short"} and isinstance(value, str):
        return f"{_span(context, 'character')}, not {len(value)}"
    if kind in {"too_long", "too_short"}:
        return f"{_span(context, 'element')}, not {context['actual_length']}"
    if kind == "string_pattern_mismatch" and context["pattern"] in WORDS:
        return f"must be {WORDS[context['pattern']]}, not {found}"
    wanted = kind_wanted(detail)
    if wanted is not None:
        return f"must be {wanted}, not {found}"
    rule = re.sub(r"^(\w+ should|not) ", lambda match: "must be " if match[1] == "not" else "must ", detail["msg"])
    for long, short in (("greater than or equal to", "at least"), ("less than or equal to", "at most")):
        rule = rule.replace(long, short)
    return f"{rule}, not {found}" if rule.startswith("must ") else rule


def no_choice(word: str, choices: Sequence[str]) -> str:
    """Say that a word is none of those that may be chosen from."""
    return f"must be {one_of(choices)}, not {word!r}{_perhaps(word, choices)}"


def one_of(choices: Sequence[str]) -> str:
    """Name what may be chosen from: ``'a', 'b' or 'c'``."""
    *others, last = map(repr, choices)
    return f"{', '.join(others)} or {last}" if others else last


def shortened(value: object, longest: int = _LONGEST) -> str:
    """Write a scalar as people read it, and a text in quotes, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    text = repr(str(value))
    return text if len(text) <= longest else f"{text[: longest - 4]}...{text[0]}"


def in_json(detail: ErrorDetails) -> str:
    """Say what is wrong at a place in JSON, whose pointer is told beside it."""
    if detail["type"] in {"missing", "union_tag_not_found"}:
        return "must be given"
    value = detail["input"]
    if detail["type"] == "union_tag_invalid":
        named = detail["ctx"]["discriminator"].strip("'")
        value = value[named] if isinstance(value, Mapping) else detail["ctx"]["tag"]  # which is text in any case
    said = own_words(detail) or told(detail, value, shown_in_json(value)).replace("a table", "an object")
    return f"its name {said}" if detail["loc"][-1:] == ("[key]",) else said


def shown_in_json(value: object) -> str:
    """Write a value as JSON has it, shortened; of what holds others, say what it is."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"  # which JSON has not, and a plugin may write
        return f"a {kind}" if value else f"an empty {kind}"
    if isinstance(value, set | frozenset):
        return "a set"
    return shortened(value)


def _perhaps(word: str, choices: Sequence[str]) -> str:
    meant = closest(word, choices)
    return f"; did you mean {meant!r}?" if meant else ""


def _span(context: Mapping[str, Any], unit: str) -> str:
    edge, count = ("most", context["max_length"]) if "max_length" in context else ("least", context["min_length"])
    return f"must have at {edge} {counted(count, unit)}"
