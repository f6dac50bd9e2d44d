"""Proposes mapping lines for what payloads bring anew, as TOML to paste into a connection's mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from msgspec.structs import replace

from crossdock.drift.finding import Finding
from crossdock.drift.known import Step, Steps
from crossdock.drift.look import Difference
from crossdock.drift.place import Places
from crossdock.mapping.account import Accountant, LeafFate
from crossdock.mapping.definition import Block, Line, Mapping
from crossdock.mapping.fit import Misfit, fit
from crossdock.mapping.leaves import Path
from crossdock.records.fields import ELEMENT, SCALARS, RecordField, all_fields

_KEPT = frozenset({"localId", "created", "lastModified", "version"})
_ALIKE = 0.6
_IN_PLACE = "# in place of "
_FIELD = re.compile(r'(?:# )?("(?:[^"\\]|\\.)*") = ')
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
# What shops write in front of a name without meaning anything else by it.
_LEADING = {"wc", "woocommerce", "order", "billing", "shipping", "customer"}
_PARTS = {"billing": "billingAddress", "shipping": "shippingAddress", "customer": "customer"}


class Proposer:
    """Proposes lines for one mapping."""

    def __init__(self, mapping: Mapping, places: Places) -> None:
        self.mapping = mapping
        self.places = places
        self._accountant = Accountant(mapping)
        self._taken_up: set[str] = set()

    def of(self, payload: dict[str, Any]) -> Proposals:
        """Look at a payload that brings something new."""
        return Proposals(self, {fate.path: fate for fate in self._accountant.account(payload)})

    def lines_below(self, steps: Steps) -> list[str]:
        """List the mapping lines that take what stands at a place or below."""
        return list(dict.fromkeys(map(written, self.places.lines_below(steps))))

    def silencing(self, steps: Steps) -> str:
        """Write what silences the lines that take what stood at a place, as comments."""
        names = dict.fromkeys(line.name for line in self.places.lines_below(steps))
        lines = [f"# {_quoted(name)} = false  # if it stays away for good" for name in names]
        return "\n".join(lines) or f"# no line took {_shown(self.places.written(steps))}; nothing is to be changed"

    def takes_up(self, target: str) -> bool:
        """Whether a line for a field can be proposed: the first one, since a field has one line."""
        free = target not in self._taken_up
        self._taken_up.add(target)
        return free

    def renaming(self, steps: Steps, other: Steps) -> Renaming | None:
        """Write the line that takes what stands at ``other`` so that it takes what stands at ``steps`` as well.

        ``None`` where no line takes it. It is a comment where the line makes something of its own of the value.
        """
        lines = self.places.lines_at(other)
        if not lines:
            return None
        line, new, text = lines[0], self.expression(steps), None
        if isinstance(steps[-1], tuple):
            key, asked = self.filter(other)
            if line.expression.text.count(asked) == 1:
                text = line.expression.text.replace(asked, f"{self.filter(steps)[1]} || {key}")
        elif line.expression.text == self.expression(other) and "|" not in new:
            text = f"{new} || {line.expression.text}"
        proposal = f"{_quoted(line.name)} = {_quoted(text or new)}"
        before = f"{_IN_PLACE}{_shown(str(line.place))}: {_shown(line.expression.text)}"
        return Renaming(line.name, written(line), f"{before}\n{'' if text else '# '}{proposal}")

    def guess(self, steps: Steps, value: Any) -> str | None:
        """Find the field that a name means, if it is one without a line."""
        block, inner = self.places.block_at(steps)
        named = _name_of(inner[-1]) if inner else ""
        words = _words(named)
        parts = [_PARTS[word] for step in inner for word in _words(_name_of(step)) if word in _PARTS]
        while len(words) > 1 and words[0] in _LEADING:
            del words[0]
        taken = {line.name for line in self.mapping.all_lines}
        for field, name in self._fields(block):
            part, _dot, last = name.rpartition(".")
            full = f"{block.name}.{name}" if block else name
            meant = "".join(words) == last.lower() and (not parts or part in parts or not part)
            if meant and full not in taken and type(fit(field, value, "")) is not Misfit:
                return full
        return None

    def expression(self, steps: Steps) -> str:
        """Write the JMESPath of a place, from the record or the element of its block on."""
        _block, inner = self.places.block_at(steps)
        text, at = "", len(steps) - len(inner)
        for number, step in enumerate(inner):
            if isinstance(step, str):
                text += f".{step if _IDENTIFIER.fullmatch(step) else json.dumps(step)}"
            elif isinstance(step, int):
                text += ELEMENT
            else:
                there = steps[: at + number + 1]
                source = f"{text}[] | " if ELEMENT in text else text
                text = f"{source}{self.filter(there)[1]}].{self._list_at(there)[1]} | [0]"
        return text.removeprefix(".")

    def filter(self, steps: Steps) -> tuple[str, str]:
        """Write the condition for an entry of a key/value list, and how a filter with it begins."""
        key = _name_of(steps[-1]).replace("\\", "\\\\").replace("'", "\\'")
        condition = f"{self._list_at(steps)[0]}=='{key}'"
        return condition, f"[?{condition}"

    def _list_at(self, steps: Steps) -> tuple[str, str]:
        definition = self.places.list_at(steps[:-1])
        return (definition.key, definition.value) if definition else ("key", "value")

    def _fields(self, block: Block | None) -> Iterable[tuple[RecordField, str]]:
        lead = f"{block.target}{ELEMENT}." if block else ""
        for field in all_fields(self.mapping.record_type):
            name = field.text.removeprefix(lead)
            if field.text.startswith(lead) and ELEMENT not in name and field.kind in SCALARS and name not in _KEPT:
                yield field, name


class Renaming(NamedTuple):
    """The line of a field by another name: which it is, where it stands, and what to paste in its place."""

    target: str
    line: str
    proposal: str


class Proposals:
    """What can be proposed for the differences of one payload."""

    def __init__(self, proposer: Proposer, fates: dict[Path, LeafFate]) -> None:
        self._proposer = proposer
        self._fates = fates

    def lines(self, one: Difference) -> list[str]:
        """List the mapping lines that take what is different."""
        return [written(line) for line in self._proposer.places.lines_at(one.steps)]

    def line(self, one: Difference, missing: Sequence[Steps]) -> str:
        """Write the line to paste; a comment where none is needed, or with one to fill in where no field is meant.

        ``missing`` are places that payloads used to have and this run has not had yet.
        """
        fate = self._fates.get(one.path)
        if not _is_text(one.steps) or (one.kind == "path" and fate is None and one.value not in ({}, [])):
            return ""  # what is below a new object is proposed by itself
        if one.kind == "value" and (translation := self._translation(one)):
            return translation
        lines = (fate.lines if fate is not None else ()) or self._proposer.places.lines_at(one.steps)
        if lines:
            return "\n".join(_taken(line, one.value) for line in lines)
        if one.kind == "path":
            return self._mapping(one, fate, missing)
        kept = f"custom data {_quoted(fate.key)}" if fate is not None and fate.key is not None else "custom data"
        written_ = _shown(self._proposer.places.written(one.steps))
        return f"# no line is needed: {written_} is kept as {kept}, whatever it is"

    def _mapping(self, one: Difference, fate: LeafFate | None, missing: Sequence[Steps]) -> str:
        proposer = self._proposer
        expression = proposer.expression(one.steps)
        renaming = self._renamed(one.steps, missing)
        if renaming is not None and proposer.takes_up(renaming.target):
            return renaming.proposal
        target = None if ELEMENT in expression else proposer.guess(one.steps, one.value)
        if target is not None and proposer.takes_up(target):
            return f"{_quoted(target)} = {_quoted(expression)}"
        block, _inner = proposer.places.block_at(one.steps)
        field = f"{block.name}.FIELD" if block else "FIELD"
        key = fate.key if fate is not None and fate.key is not None else proposer.places.written(one.steps)
        return f"# {_quoted(field)} = {_quoted(expression)}  # until then it is kept as custom data {_quoted(key)}"

    def _renamed(self, steps: Steps, missing: Sequence[Steps]) -> Renaming | None:
        """Find the line of a path that is missing, if this one may be the same by another name."""
        for other in missing:
            if alike(steps, other) and (renaming := self._proposer.renaming(steps, other)):
                return renaming
        return None

    def _translation(self, one: Difference) -> str:
        """Write the line that translates a value, with the new one to be filled in."""
        for line in self._proposer.places.lines_at(one.steps):
            if "`{" in line.expression.text and line.field.choices and _is_text((str(one.value),)):
                word = json.dumps(str(one.value), ensure_ascii=False)
                text = line.expression.text.replace("`{", f'`{{{word}: "FILL-IN", ', 1)
                choices = ", ".join(line.field.choices)
                return f"# {_quoted(line.name)} = {_quoted(text)}  # FILL-IN is one of {choices}"
        return ""


def as_of_today(finding: Finding, places: Places) -> Finding:
    """Give a finding with those of its mapping lines that stand there today, and where they stand now.

    What it proposes in place of a line goes with that line, and what it proposes for a field without one as soon as the
    field has one, or the new path is taken by any.
    """
    if finding.kind == "path" and not finding.lines and places.lines_at(finding.steps):
        return replace(finding, proposal="")
    today, kept, proposal = places.mapping.all_lines, {}, finding.proposal
    for line in today:
        tail = f": {line.name} = {line.expression.text}"
        if before := next((one for one in finding.lines if one.endswith(tail)), None):
            kept[_quoted(line.name)] = written(line)
            proposal = proposal.replace(before.removesuffix(tail), str(line.place))
    taken = {_quoted(line.name) for line in today}
    left = [
        one
        for one in proposal.splitlines()
        if (field := _FIELD.match(one)) is None or (field[1] in kept if finding.lines else field[1] not in taken)
    ]
    if all(one.startswith(_IN_PLACE) for one in left):
        left = []
    return replace(finding, lines=list(kept.values()), proposal="\n".join(left))


def _taken(line: Line, value: Any) -> str:
    """Say how a line that is there takes a value."""
    if value is None:
        return f"# {_quoted(line.name)} stays empty where there is null: {_shown(str(line.place))}"
    fitted = fit(line.field, value, "")
    if type(fitted) is Misfit and line.expression.plain is not None:
        return f"# {_quoted(line.name)} cannot hold it: {_shown(fitted.reason)}; see {_shown(str(line.place))}"
    return f"# {_quoted(line.name)} takes it already: {_shown(str(line.place))}"


def beside(steps: Steps, other: Steps) -> bool:
    """Whether two places are side by side: two names of one object, or two keys of one key/value list."""
    return bool(steps and other) and steps[:-1] == other[:-1] and type(steps[-1]) is type(other[-1])


def alike(steps: Steps, other: Steps) -> bool:
    """Whether two places may be one by another name: side by side, and called nearly the same."""
    if not beside(steps, other):
        return False
    names = _name_of(steps[-1]), _name_of(other[-1])
    return names[0] != names[1] and SequenceMatcher(None, *names).ratio() >= _ALIKE


def written(line: Line) -> str:
    """Write a mapping line with its place."""
    return f"{line.place}: {line.name} = {line.expression.text}"


def _name_of(step: Step) -> str:
    return step if isinstance(step, str) else "" if isinstance(step, int) else step[0]


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


def _is_text(steps: Iterable[Step]) -> bool:
    """Whether all names can stand in a TOML file."""
    try:
        "".join(map(_name_of, steps)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(text: str) -> str:
    """Write a text as TOML does; it stays on its line, even in a comment."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in plain)


def _shown(text: str) -> str:
    """Write a text for a comment, on one line."""
    return _quoted(text)[1:-1].replace('\\"', '"')
