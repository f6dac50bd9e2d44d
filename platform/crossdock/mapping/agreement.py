"""Whether the parts of a mapping agree with each other: what cannot be told from one line of it alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from msgspec.structs import replace

from crossdock.errors import Problem
from crossdock.expressions.expression import ANY
from crossdock.mapping.definition import Block, DropRule, KeyValueList, Line, Mapping, Pattern
from crossdock.mistake import one_of
from crossdock.records.fields import ELEMENT, RecordField, all_fields, required

_PLAIN = re.compile(r"[^%|.\[\s]+")


def without_silenced(mapping: Mapping, base: str) -> Mapping:
    """Leave out the connector's lines that take what a connection's own rule drops: the connection wins.

    Args:
        mapping: the mapping.
        base: the connector's file.
    """
    own = [rule for rule in mapping.rules if rule.place.file != base]
    if not own:
        return mapping

    def kept(lines: tuple[Line, ...], scope: Pattern) -> tuple[Line, ...]:
        return tuple(
            line
            for line in lines
            if line.place.file != base or required(line.field) or not _dropping(mapping, line, scope, own)
        )

    blocks = tuple(replace(block, lines=kept(block.lines, _scope(block.over))) for block in mapping.blocks)
    return replace(mapping, lines=kept(mapping.lines, ()), blocks=blocks)


def find_disagreements(mapping: Mapping, base: str) -> Iterator[Problem]:
    """Yield every problem between the parts of a mapping, at the place to mend.

    Args:
        mapping: the mapping.
        base: the connector's file.
    """
    yield from _blocks(mapping)
    yield from _lists(mapping)
    yield from _rules(mapping)
    yield from _lines(mapping, base)


def _blocks(mapping: Mapping) -> Iterator[Problem]:
    for block in mapping.blocks:
        if not _PLAIN.fullmatch(block.name.partition(".")[2]):
            yield block.place.problem(f"{block.name!r}: the name of a block is one plain word")
        if block.over and block.when is not None:
            yield block.place.problem(
                f"block {block.name!r} is over a list, so each element makes a part; when = ... is for blocks over '@'"
            )
        for field in _indispensable(mapping.record_type, block):
            if not any(line.field == field for line in block.lines):
                name, example = field.steps[-1], f"\"'{field.choices[0]}'\""
                yield block.place.problem(
                    f"block {block.name!r} has no line for {name!r}, which all {block.target} must have; give it one, "
                    f"such as {name} = {example} ({one_of(field.choices)})"
                )
    for one, other in combinations(mapping.blocks, 2):
        if one.over and one.over == other.over:
            yield other.place.problem(
                f"block {other.name!r} is over the same list as {one.name!r}; an element can become one part only"
            )


def _indispensable(record_type: str, block: Block) -> Iterator[RecordField]:
    """Walk the fields that a part must have, each one of a choice, and that only a line can give it."""
    for field in all_fields(record_type):
        if field.steps[:-1] == (block.target, ELEMENT) and field.steps[-1] != block.id_name and required(field):
            yield field


def _lists(mapping: Mapping) -> Iterator[Problem]:
    overs = {block.over: block.name for block in mapping.blocks if block.over}
    for item in mapping.key_values:
        if not item.path or item.path[-1] is ANY:
            yield item.place.problem("the list of a key/value list must have a name of its own, so it cannot end in []")
        if item.path in overs:
            yield item.place.problem(f"this list makes the parts of block {overs[item.path]!r} already")  # type: ignore[index]
        if not _PLAIN.fullmatch(item.prefix):
            yield item.place.problem(f"prefix {item.prefix!r} must be one plain word: it stands in custom data keys")
        if item.key == item.value:
            yield item.place.problem(f"key and value of an entry cannot be the same field {item.key!r}")
        for name in {name for name, _reason in item.drop} & {item.key, item.value}:
            yield item.place.problem(
                f"{name!r} cannot be dropped: without it the entry is lost; drop meta.<key> instead"
            )
    for one, other in combinations(mapping.key_values, 2):
        if one.path == other.path:
            yield other.place.problem(f"this list is a key/value list already, since {one.place}")
        elif _leads_into(one, other.path) or _leads_into(other, one.path):
            yield other.place.problem("a key/value list cannot lie inside another one")
        elif (one.path[:-1], one.prefix) == (other.path[:-1], other.prefix):
            yield other.place.problem(
                f"the key/value list at {one.place} has the prefix {one.prefix!r} as well; give one of them another"
            )


def _rules(mapping: Mapping) -> Iterator[Problem]:
    for rule in mapping.rules:
        for item in mapping.key_values:
            behind = len(item.path) + 1
            if (
                rule.entry is None
                and _leads_into(item, rule.pattern)
                and rule.pattern[behind] in (item.key, item.value)
            ):
                yield rule.place.problem(
                    f"a rule cannot take key or value out of an entry; to drop one, write {item.prefix}.<key>"
                )


def _lines(mapping: Mapping, base: str) -> Iterator[Problem]:
    scopes = [(mapping.lines, ()), *((block.lines, _scope(block.over)) for block in mapping.blocks)]
    for lines, scope in scopes:
        for line in lines:
            rule = _dropping(mapping, line, scope, mapping.rules)
            if rule is not None and rule.place.file != base == line.place.file:
                yield rule.place.problem(
                    f"{line.name!r} is made of this ({line.place}) and must have a value; leave the rule out, or give "
                    f"{line.name!r} another expression in mapping"
                )
            elif rule is not None:
                silence = line.place.file != base == rule.place.file and not rule.redact
                remedy = "silence that rule with false in drop" if silence else "remove one of the two"
                yield line.place.problem(
                    f"{line.name!r} takes what is {'redacted' if rule.redact else 'dropped'} at {rule.place}; {remedy}"
                )


def _scope(over: tuple[str, ...]) -> Pattern:
    return (*over, ANY) if over else ()


def _dropping(
    mapping: Mapping, line: Line, scope: Pattern, rules: tuple[DropRule, ...] | list[DropRule]
) -> DropRule | None:
    """The rule that always drops what a line takes; only for lines that name one place."""
    expression, lookup = line.expression, line.expression.key_value
    path = lookup.list_path if lookup else expression.unary[1] if expression.unary else expression.plain
    for rule in rules:
        if path is None or not _covers(rule.pattern, (*scope, *path)):
            continue
        if rule.entry is None:
            return rule
        definition = next(item for item in mapping.key_values if item.path == rule.pattern)
        if lookup is not None and (lookup.key_field, lookup.key) == (definition.key, rule.entry):
            return rule
    return None


def _covers(pattern: Pattern, path: Pattern) -> bool:
    return len(pattern) <= len(path) and all(
        want is ANY or want == step for want, step in zip(pattern, path, strict=False)
    )


def _leads_into(item: KeyValueList, pattern: Pattern) -> bool:
    """Whether a pattern goes on behind the elements of a key/value list."""
    return len(pattern) > len(item.path) + 1 and _covers(item.path, pattern) and pattern[len(item.path)] is ANY
