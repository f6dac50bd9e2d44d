"""Reads a mapping from TOML: the connector's ``mapping.toml``, then what a connection adds, replaces or silences."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from msgspec import Struct, field

from crossdock.errors import Problem
from crossdock.expressions.expression import ANY, Expression, ExpressionSyntaxError, compile_expression
from crossdock.expressions.syntax import is_constant
from crossdock.mapping.agreement import find_disagreements, without_silenced
from crossdock.mapping.definition import Block, DropRule, KeyValueList, Line, Mapping, Pattern
from crossdock.mapping.fit import constant_problem
from crossdock.mapping.paths import DEEPEST, PathError, read_pattern, read_rule
from crossdock.records.fields import ELEMENT, RecordField, UnknownFieldError, find_field, required
from crossdock.records.registry import RECORD_TYPES, SUB_RECORDS
from crossdock.suggestion import closest, did_you_mean
from crossdock.toml import TomlDocument

At: TypeAlias = tuple[str | int, ...]

_RECORD_KEYS = frozenset({"id", "reference", "modified", "fields", "keyValue", "drop", "redact"})
_IDENTITY_FIELDS = {"id": "remoteIdMap", "reference": "remoteRefMap"}
_BLOCK_KEYS = frozenset({"over", "id", "when", "fields", "keyValue", "drop", "redact"})
_OWN_TABLES = ("mapping", "drop", "redact")
_LIST_KEYS = frozenset({"list", "prefix", "key", "value", "sort", "drop"})


def build_mapping(
    record_type: str,
    module_id: str,
    base: TomlDocument,
    overrides: TomlDocument | None,
    path: At,
    problems: list[Problem],
) -> Mapping | None:
    """Build the mapping of one record type.

    Args:
        record_type: the table of ``base`` to read.
        module_id: the module under which values without a field are stashed.
        base: the connector's ``mapping.toml``.
        overrides: the connection's own file, if it has lines of its own.
        path: where its ``[connection.import.<type>]`` stands in ``overrides``; the sub-tables ``mapping``, ``drop``
            and ``redact`` are read there.
        problems: every problem found is added here, with its place.

    Returns:
        The mapping, or ``None`` if there were problems.
    """
    before = len(problems)
    builder = _Builder(record_type, problems)
    builder.read_connector(base)
    if overrides is not None:
        builder.read_overrides(overrides, path)
    if len(problems) > before:
        return None
    mapping = without_silenced(builder.finish(module_id), base.file)
    problems += find_disagreements(mapping, base.file)
    return mapping if len(problems) == before else None


class _DraftBlock(Struct):
    target: str
    id_name: str
    at: At
    document: TomlDocument
    over: tuple[str, ...] = ()
    id: Expression | None = None
    when: Expression | None = None


class _Builder(Struct):
    record_type: str
    problems: list[Problem]
    identity: dict[str, Expression] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    blocks: dict[str, _DraftBlock] = field(default_factory=dict)
    key_values: list[KeyValueList] = field(default_factory=list)
    rules: list[DropRule] = field(default_factory=list)
    sources: list[object] = field(default_factory=list)

    def finish(self, module_id: str) -> Mapping:
        blocks = tuple(
            Block(
                name,
                draft.target,
                draft.id_name,
                draft.over,
                draft.id,
                draft.when,
                tuple(line for line in self.lines.values() if line.name.startswith(f"{name}.")),
                draft.document.key_place(draft.at),
            )
            for name, draft in self.blocks.items()
        )
        own = tuple(
            line for line in self.lines.values() if not any(line.name.startswith(f"{name}.") for name in self.blocks)
        )
        return Mapping(
            record_type=self.record_type,
            module_id=module_id,
            id=self.identity["id"],
            reference=self.identity.get("reference"),
            modified=self.identity.get("modified"),
            lines=own,
            blocks=blocks,
            key_values=tuple(self.key_values),
            rules=tuple(self.rules),
            text=json.dumps(self.sources, ensure_ascii=False, sort_keys=True, default=str),
        )

    # -- the connector's own file ------------------------------------------------------------------------------

    def read_connector(self, document: TomlDocument) -> None:
        at: At = (self.record_type,)
        self._no_unknown(document, (), document.data, frozenset(RECORD_TYPES))
        table = document.data.get(self.record_type)
        if not isinstance(table, dict):
            self._say(document, (), f"there is no table [{self.record_type}]; a mapping needs one a record type")
            return
        self.sources.append(table)
        lists = SUB_RECORDS[self.record_type]
        self._no_unknown(document, at, table, _RECORD_KEYS | set(lists))
        for name in ("id", "reference", "modified"):
            if name in table and (expression := self._expression(document, (*at, name), table[name])):
                self.identity[name] = expression
                if name in _IDENTITY_FIELDS:
                    self._add_identity_line(document, (*at, name), _IDENTITY_FIELDS[name], expression)
        if "id" not in table:
            self._say(document, at, f'[{self.record_type}] needs id = "...", the path of the remote id')
        for target, id_name in lists.items():
            for name, block in self._table(document, (*at, target), table.get(target, {})).items():
                self._read_block(document, (*at, target, name), block, target, id_name)
        self._read_lines(document, (*at, "fields"), table.get("fields", {}), "")
        self._read_scope(document, at, table, ())

    def _read_block(self, document: TomlDocument, at: At, table: object, target: str, id_name: str) -> None:
        if not isinstance(table, dict):
            self._say(document, at, f"{at[-1]!r} must be a table, not {table!r}")
            return
        block: dict[str, Any] = table
        self._no_unknown(document, at, block, _BLOCK_KEYS)
        name = f"{target}.{at[-1]}"
        draft = self.blocks[name] = _DraftBlock(target, id_name, at, document)
        over = block.get("over")
        if not isinstance(over, str):
            self._say(document, at, f'block {name!r} needs over = "...": a list of the payload, or "@" for the payload')
        elif over != "@":
            steps = self._pattern(document, (*at, "over"), over)
            draft.over = tuple(step for step in steps if isinstance(step, str))
            if len(draft.over) < len(steps):
                lists = "without []; leave rows of lists in lists to the connector's finish"
                self._say(document, (*at, "over"), f"block {name!r} must be over a list that stands alone, {lists}")
        if "id" in block:
            draft.id = self._expression(document, (*at, "id"), block["id"])
            if draft.id is not None:
                self._add_identity_line(document, (*at, "id"), f"{name}.remoteIdMap", draft.id)
        if "when" in block:
            draft.when = self._expression(document, (*at, "when"), block["when"])
        self._read_lines(document, (*at, "fields"), block.get("fields", {}), f"{name}.")
        self._read_scope(document, at, block, (*draft.over, ANY) if draft.over else ())

    def _read_scope(self, document: TomlDocument, at: At, table: dict[str, Any], prefix: Pattern) -> None:
        for name, value in self._table(document, (*at, "keyValue"), table.get("keyValue", {})).items():
            self._read_key_value(document, (*at, "keyValue", name), value, prefix)
        for kind in ("drop", "redact"):
            self._read_rules(document, (*at, kind), table.get(kind, {}), prefix, redact=kind == "redact")

    def _read_key_value(self, document: TomlDocument, at: At, value: object, prefix: Pattern) -> None:
        table = self._table(document, at, value)
        self._no_unknown(document, at, table, _LIST_KEYS)
        if "list" not in table:
            self._say(document, at, 'a key/value list needs list = "...", its path in the payload')
            return
        texts: dict[str, Any] = {"prefix": at[-1], "key": "key", "value": "value", "sort": None, **table}
        drop = self._table(document, (*at, "drop"), texts.pop("drop", {}))
        reasons = [((*at, name), text) for name, text in texts.items()]
        reasons += [((*at, "drop", name), text) for name, text in drop.items()]
        for place, text in reasons:
            if text is not None and (not isinstance(text, str) or not text.strip()):
                self._say(document, place, f"{place[-1]!r} must be a text, not {text!r}")
                return
        pattern = self._pattern(document, (*at, "list"), texts["list"])
        self.key_values.append(
            KeyValueList(
                path=(*prefix, *pattern),
                prefix=texts["prefix"],
                place=document.key_place(at),
                key=texts["key"],
                value=texts["value"],
                sort=texts["sort"],
                drop=tuple(drop.items()),
            )
        )

    def _add_identity_line(self, document: TomlDocument, at: At, name: str, expression: Expression) -> None:
        target = self._target(document, at, name)
        if target is not None:
            self.lines[name] = Line(name, *target, expression, document.place(at))

    # -- the connection's own lines ------------------------------------------------------------------------------

    def read_overrides(self, document: TomlDocument, path: At) -> None:
        table: Any = document.data
        for step in path:
            known = isinstance(step, int) or (isinstance(table, dict) and step in table)
            table = table[step] if known else {}
        raw: dict[str, Any] = table if isinstance(table, dict) else {}
        own = {name: raw[name] if isinstance(raw.get(name), dict) else {} for name in _OWN_TABLES}
        self.sources.append(own)  # of what is no table the configuration has complained already
        self._read_lines(document, (*path, "mapping"), own["mapping"], "")
        self._read_rules(document, (*path, "drop"), own["drop"], (), redact=False)
        self._read_rules(document, (*path, "redact"), own["redact"], (), redact=True)

    # -- lines -----------------------------------------------------------------------------------------------------

    def _read_lines(self, document: TomlDocument, at: At, value: object, prefix: str) -> None:
        for key, source in self._table(document, at, value).items():
            name = prefix + key
            if source is False:  # silences the connector's line of that name
                silenced = self.lines.pop(name, None)
                if silenced is None:
                    self._say(document, (*at, key), f"there is no mapping line {name!r} to silence", key=True)
                elif required(silenced.field):
                    remedy = "give it another expression instead"
                    self._say(document, (*at, key), f"{name!r} cannot be silenced: it must have a value; {remedy}")
            elif line := self._line(document, (*at, key), name, source):
                self.lines[name] = line

    def _line(self, document: TomlDocument, at: At, name: str, source: object) -> Line | None:
        keep = False
        if isinstance(source, dict):
            if not any(closest(key, ("from", "keep")) for key in source):
                self._say(document, at, _quotes_hint(name, source), key=True)
                return None
            self._no_unknown(document, at, source, frozenset({"from", "keep"}))
            keep = source.get("keep", False)
            if not isinstance(keep, bool):
                self._say(document, (*at, "keep"), f"keep must be true or false, not {keep!r}")
            at, source = (*at, "from"), source.get("from")
        if not isinstance(source, str):
            self._say(document, at, f"{name!r} needs an expression: a text, {{ from = ..., keep = true }}, or false")
            return None
        target = self._target(document, at, name)
        expression = self._expression(document, at, source)
        if target is None or expression is None:
            return None
        field_, steps = target
        if steps == ("remoteIdMap",):
            self._say(document, at, f'{name!r} comes from id = "..." and cannot have a line of its own')
        elif is_constant(source) and (problem := constant_problem(field_, expression.search(None))):
            self._say(document, at, f"{name} cannot hold {source}: {problem}")
        return Line(name, field_, steps, expression, document.place(at), keep)

    def _target(self, document: TomlDocument, at: At, name: str) -> tuple[RecordField, tuple[str, ...]] | None:
        block = next((block for block in self.blocks if name.startswith(f"{block}.")), None)
        inner = name.removeprefix(f"{block}.") if block else name
        full = f"{self.blocks[block].target}[].{inner}" if block else name
        key_at = at[:-1] if at[-1] == "from" else at
        try:
            found = find_field(self.record_type, full)
        except UnknownFieldError as error:
            target, dot, _ = full.partition(".")
            blockless = dot and target in SUB_RECORDS[self.record_type]
            self._say(document, key_at, self._block_hint(name, target) if blockless else str(error), key=True)
            return None
        steps = tuple(inner.split("."))
        if ELEMENT in found.steps[2 if block else 0 :]:
            self._say(document, key_at, self._block_hint(name, found.steps[0]), key=True)
        elif found.kind == "object" or (found.kind == "list" and found.text in SUB_RECORDS[self.record_type]):
            self._say(document, key_at, f"{name!r} is a whole part of the record; map its fields one by one", key=True)
        elif len(steps) > 2 or found.kind == "customData" or inner in {"localId", "created", "lastModified", "version"}:
            self._say(document, key_at, f"{name!r} is kept by the platform and cannot be a mapping's target", key=True)
        else:
            return found, steps
        return None

    def _block_hint(self, name: str, target: str) -> str:
        blocks = [block for block in self.blocks if block.startswith(f"{target}.")]
        known = f" ({', '.join(blocks)})" if blocks else ""
        return f"{name!r} does not say which block of {target}{known}; write {target}.<block>.<field>"

    # -- drop and redact -------------------------------------------------------------------------------------------

    def _read_rules(self, document: TomlDocument, at: At, value: object, scope: Pattern, *, redact: bool) -> None:
        lists = {(*item.path[:-1], item.prefix): item.path for item in self.key_values}
        for key, reason in self._table(document, at, value).items():
            place = (*at, key)
            if isinstance(reason, dict) and reason:
                self._say(document, place, _quotes_hint(key, reason), key=True)
                continue
            try:
                pattern, entry = read_rule(key, scope, lists)
            except PathError as error:
                self._say(document, place, str(error), key=True)
                continue
            if isinstance(reason, str) and reason.strip():
                self.rules.append(DropRule(pattern, reason, document.key_place(place), redact, entry))
            elif reason is False and not redact:
                self._silence_rule(document, place, pattern, entry)
            else:
                self._say(document, place, f"{key!r} needs its reason as text: why may this be left out?")

    def _silence_rule(self, document: TomlDocument, at: At, pattern: Pattern, entry: str | None) -> None:
        silenced = [rule for rule in self.rules if (rule.pattern, rule.entry, rule.redact) == (pattern, entry, False)]
        if not silenced:
            self._say(document, at, f"there is no drop rule {at[-1]!r} to silence", key=True)
        self.rules = [rule for rule in self.rules if rule not in silenced]

    # -- small parts -----------------------------------------------------------------------------------------------

    def _pattern(self, document: TomlDocument, at: At, text: str) -> Pattern:
        try:
            return read_pattern(text)
        except PathError as error:
            self._say(document, at, str(error))
            return ()

    def _expression(self, document: TomlDocument, at: At, source: object) -> Expression | None:
        if not isinstance(source, str):
            self._say(document, at, f"this must be a JMESPath expression, not {source!r}")
            return None
        try:
            expression = compile_expression(source)
        except ExpressionSyntaxError as error:
            self.problems.append(document.place(at, error.offset).problem(error.message))
            return None
        if any(len(pattern) > DEEPEST for pattern in expression.touches):
            self._say(document, at, f"the expression leads more than {DEEPEST} levels deep")
            return None
        return expression

    def _table(self, document: TomlDocument, at: At, value: object) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self._say(document, at, f"{at[-1]!r} must be a table, not {value!r}")
        return {}

    def _no_unknown(
        self, document: TomlDocument, at: At, table: dict[str, Any], known: frozenset[str] | set[str]
    ) -> None:
        for name in sorted(set(table) - known):
            self._say(document, (*at, name), f"unknown key {name!r}{did_you_mean(name, known)}", key=True)

    def _say(self, document: TomlDocument, at: At, message: str, *, key: bool = False) -> None:
        place = document.key_place(at) if key else document.place(at)
        self.problems.append(place.problem(message))


def _quotes_hint(name: str, table: dict[str, Any]) -> str:
    """Tell what becomes of ``billing.phone = ...``: TOML reads a dot outside quotes as a table in a table."""
    inner: Any = table
    while isinstance(inner, dict) and inner and "from" not in inner:
        step, inner = next(iter(inner.items()))
        name = f"{name}.{step}"
    return f'a name with dots needs quotes: "{name}" = ...'
