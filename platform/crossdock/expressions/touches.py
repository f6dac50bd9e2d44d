"""What an expression may take, told from its text alone: patterns that cover every path it can take at run time."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from itertools import takewhile
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct, field

from crossdock.expressions.functions import FUNCTIONS
from crossdock.expressions.shapes import Path
from crossdock.expressions.syntax import Node


class Wildcard(Enum):
    """The step of a pattern that stands for any index or name."""

    ANY = "*"


ANY: Final = Wildcard.ANY
Pattern: TypeAlias = tuple[str | int | Wildcard, ...]


def touches(node: Node) -> frozenset[Pattern]:
    """The patterns of every path through which a node may take a value; `()` is the whole input."""
    return frozenset(_reach(node, _Reach(frozenset({()}))).patterns())


def covers(pattern: Pattern, path: Path) -> bool:
    """Whether a pattern stands for a path or for a node above it."""
    return len(pattern) <= len(path) and all(step is ANY or step == at for step, at in zip(pattern, path, strict=False))


# A few words can make a value that may be very many things (`[].a[].a[].a...`): then a shorter pattern has to do.
_MOST_PARTS = 500


class _Reach(Struct, frozen=True):
    """Everything that a value may be.

    Attributes:
        nodes: patterns of the nodes of the input that it may be, whole.
        under: patterns of nodes that it may be or lie below, where to be exact would mean too many of them.
        spread: patterns of the nodes whose fields it may have, if it is an object that was merged.
        fields: what its fields may be, if it is an object that the expression made.
        items: what its elements may be, if it is an array that the expression made.
    """

    nodes: frozenset[Pattern] = frozenset()
    under: frozenset[Pattern] = frozenset()
    spread: frozenset[Pattern] = frozenset()
    fields: "Mapping[str, _Reach]" = field(default_factory=lambda: MappingProxyType({}))
    items: "_Reach | None" = None

    def patterns(self) -> set[Pattern]:
        """All patterns in it, however deep."""
        found = {*self.nodes, *self.under, *_below(self.spread, ANY)}
        for inner in (*self.fields.values(), *([self.items] if self.items else [])):
            found |= inner.patterns()
        return found

    def size(self) -> int:
        """How many parts it has, however deep."""
        inner = [*self.fields.values(), *([self.items] if self.items else [])]
        return len(self.nodes) + len(self.under) + len(self.spread) + sum(1 + reach.size() for reach in inner)

    def named(self, name: str) -> "_Reach":
        """What its field of a name may be."""
        return _join([_Reach(_below(self.nodes | self.spread, name), self.under), self.fields.get(name, _NOTHING)])

    def any_field(self) -> "_Reach":
        """What any of its fields may be."""
        return _join([_Reach(_below(self.nodes | self.spread, ANY), self.under), *self.fields.values()])

    def element(self, index: int | Wildcard) -> "_Reach":
        """What its element at an index, or any, may be."""
        return _join([_Reach(_below(self.nodes, index), self.under), self.items or _NOTHING])


_NOTHING = _Reach()


def _below(patterns: Iterable[Pattern], step: str | int | Wildcard) -> frozenset[Pattern]:
    return frozenset((*pattern, step) for pattern in patterns)


def _join(reaches: Iterable[_Reach]) -> _Reach:
    """What a value may be that is one of several."""
    reaches = list({id(reach): reach for reach in reaches if reach is not _NOTHING}.values())
    if len(reaches) == 1:
        return reaches[0]
    names = {name for reach in reaches for name in reach.fields}
    items = [reach.items for reach in reaches if reach.items]
    return _Reach(
        frozenset().union(*(reach.nodes for reach in reaches)),
        frozenset().union(*(reach.under for reach in reaches)),
        frozenset().union(*(reach.spread for reach in reaches)),
        {name: _join(reach.fields[name] for reach in reaches if name in reach.fields) for name in names},
        _join(items) if items else None,
    )


def _reach(node: Node, given: _Reach) -> _Reach:
    """What a node may be, if its input may be what is given; nothing for whatever is only looked at."""
    rule = _RULES.get(node.kind)
    return _NOTHING if rule is None else _bounded(rule(node, given))


def _bounded(reach: _Reach) -> _Reach:
    """The same, or if it has too many parts, everything below the node that all of them have in common."""
    if reach.size() <= _MOST_PARTS:
        return reach
    patterns = reach.patterns()
    return _Reach(under=frozenset({_common_prefix(patterns)} if patterns else ()))


def _common_prefix(patterns: Iterable[Pattern]) -> Pattern:
    steps = zip(*patterns, strict=False)
    return tuple(step for step, *_ in takewhile(lambda alike: len(set(alike)) == 1, steps))


def _sequence(node: Node, given: _Reach) -> _Reach:
    for child in node.children:
        given = _reach(child, given)
    return given


def _index(node: Node, given: _Reach) -> _Reach:
    return given.element(node.value if isinstance(node.value, int) and node.value >= 0 else ANY)


def _projection(node: Node, given: _Reach) -> _Reach:
    base, each = node.children[:2]
    return _Reach(items=_reach(each, _reach(base, given).element(ANY)))


def _value_projection(node: Node, given: _Reach) -> _Reach:
    base, each = node.children
    return _Reach(items=_reach(each, _reach(base, given).any_field()))


def _flatten(node: Node, given: _Reach) -> _Reach:
    item = _reach(node.children[0], given).element(ANY)
    return _Reach(items=_join([item, item.element(ANY)]))


def _any_child(node: Node, given: _Reach) -> _Reach:
    return _join(_reach(child, given) for child in node.children)


def _multi_select_dict(node: Node, given: _Reach) -> _Reach:
    return _Reach(fields={str(pair.value): _reach(pair.children[0], given) for pair in node.children})


def _function(node: Node, given: _Reach) -> _Reach:
    function = FUNCTIONS[str(node.value)]
    if not function.lossless:
        return _NOTHING
    if function.name == "map":
        each, array = node.children
        return _Reach(items=_reach(each.children[0], _reach(array, given).element(ANY)))
    reaches = [_reach(child, given) for child in node.children]
    return _LOSSLESS.get(function.name, _first_argument)(reaches)


def _first_argument(arguments: list[_Reach]) -> _Reach:
    return _Reach(under=frozenset(arguments[0].patterns()))


def _moved(arguments: list[_Reach]) -> _Reach:
    """The same elements in another order."""
    return _Reach(arguments[0].nodes, arguments[0].under, items=arguments[0].element(ANY))


def _merge(arguments: list[_Reach]) -> _Reach:
    joined = _join(arguments)
    return _Reach(under=joined.under, spread=joined.nodes | joined.spread, fields=joined.fields)


def _to_array(arguments: list[_Reach]) -> _Reach:
    (value,) = arguments
    return _Reach(value.nodes, value.under, items=_join([value, value.items or _NOTHING]))


_LOSSLESS: dict[str, Callable[[list[_Reach]], _Reach]] = {
    "merge": _merge,
    "not_null": _join,
    "reverse": _moved,
    "sort": _moved,
    "sort_by": _moved,
    "to_array": _to_array,
    "values": lambda arguments: _Reach(items=arguments[0].any_field()),
}

# Comparisons, `!` and literals are missing: nothing is taken through them.
_RULES: dict[str, Callable[[Node, _Reach], _Reach]] = {
    "and_expression": _any_child,
    "current": lambda _, given: given,
    "field": lambda node, given: given.named(str(node.value)),
    "filter_projection": _projection,
    "flatten": _flatten,
    "function_expression": _function,
    "identity": lambda _, given: given,
    "index": _index,
    "index_expression": _sequence,
    "multi_select_dict": _multi_select_dict,
    "multi_select_list": lambda node, given: _Reach(items=_any_child(node, given)),
    "or_expression": _any_child,
    "pipe": _sequence,
    "projection": _projection,
    "slice": lambda _, given: _Reach(items=given.element(ANY)),
    "subexpression": _sequence,
    "value_projection": _value_projection,
}
