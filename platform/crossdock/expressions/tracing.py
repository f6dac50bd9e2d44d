"""The same evaluation once more, with the account of which nodes of the input the value was taken from.

A value travels together with its source. What an expression merely looks at, and what goes through a function that
loses it, is evaluated without one.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from msgspec import Struct

from crossdock.expressions.evaluate import apply, compile_condition, compile_node
from crossdock.expressions.function import Function
from crossdock.expressions.functions import FUNCTIONS
from crossdock.expressions.shapes import KeyValueLookup, Path, key_value_lookup, plain_path
from crossdock.expressions.standard_functions import sort_key
from crossdock.expressions.syntax import Node
from crossdock.expressions.values import Json, Search, is_true


class Parts(Struct, frozen=True):
    """The source of a value that the expression put together.

    Attributes:
        children: the sources of its elements or fields; of a scalar, those it was made of.
        origin: the node of which all children are there, if there is one.
    """

    children: "list[Source] | dict[str, Source]"
    origin: Path | None = None


Source: TypeAlias = Path | Parts | None
"""Where a value comes from: a node of the input, as it stands there; parts; or None: nothing of the input."""

Traced: TypeAlias = tuple[Json, Source]
Tracer: TypeAlias = Callable[[Json, Source], Traced]

_NOTHING: Traced = (None, None)


def taken(source: Source) -> frozenset[Path]:
    """The paths of the highest nodes that a source names."""
    if type(source) is tuple:
        return frozenset((source,))
    paths: set[Path] = set()
    seen: set[int] = set()
    waiting = [source]
    while waiting:
        one = waiting.pop()
        if type(one) is tuple:
            paths.add(one)
        elif isinstance(one, Parts) and one.origin is not None:
            paths.add(one.origin)
        elif isinstance(one, Parts) and id(one) not in seen:
            seen.add(id(one))
            waiting += one.children.values() if isinstance(one.children, dict) else one.children
    return frozenset(path for path in paths if not any(path[:end] in paths for end in range(len(path))))


def trace_node(node: Node) -> Tracer:
    """The function that evaluates a node on an input and its source."""
    path = plain_path(node)
    if path is not None:
        return _path(path)
    lookup = key_value_lookup(node)
    if lookup is not None:
        return _key_value(lookup)
    compiler = _TRACERS.get(node.kind)
    return _untraced(compile_node(node)) if compiler is None else compiler(node)


def _untraced(search: Search) -> Tracer:
    return lambda data, _: (search(data), None)


def _child(source: Source, key: str | int) -> Source:
    if isinstance(source, Parts):
        return source.children[key]  # type: ignore[index]  # shaped like the value, in which the key was just found
    return None if source is None else (*source, key)


def _elements(items: list[Json], source: Source) -> Iterable[Traced]:
    return ((item, _child(source, index)) for index, item in enumerate(items))


def _collected(traced: Iterable[Traced], origin: Path | None = None) -> Traced:
    """An array of these, and its source."""
    both = list(traced)
    return [value for value, _ in both], Parts([source for _, source in both], origin)


def _origin(source: Source) -> Path | None:
    return source.origin if isinstance(source, Parts) else source


def _path(path: Path) -> Tracer:
    def trace(data: Json, source: Source) -> Traced:
        for step in path:
            if type(data) is dict:
                if step not in data:
                    return _NOTHING
                data = data[step]
            elif type(data) is list and type(step) is int and step < len(data):
                data = data[step]
            else:
                return _NOTHING
            source = _child(source, step)
        return data, source

    return trace


def _key_value(lookup: KeyValueLookup) -> Tracer:
    entries_of, key_field, key = _path(lookup.list_path), lookup.key_field, lookup.key
    value_field, skips_null = lookup.value_field, lookup.skips_null

    def trace(data: Json, source: Source) -> Traced:
        entries, origin = entries_of(data, source)
        if type(entries) is list:
            for index, entry in enumerate(entries):
                if type(entry) is dict and entry.get(key_field) == key:
                    value = entry.get(value_field)
                    if value is not None or not skips_null:
                        exists = value is not None or value_field in entry
                        return value, _child(_child(origin, index), value_field) if exists else None
        return _NOTHING

    return trace


def _index(node: Node) -> Tracer:
    index = cast("int", node.value)

    def trace(data: Json, source: Source) -> Traced:
        if type(data) is list and -len(data) <= index < len(data):
            return data[index], _child(source, index % len(data))
        return _NOTHING

    return trace


def _slice(node: Node) -> Tracer:
    part = node.part or slice(None)

    def trace(data: Json, source: Source) -> Traced:
        if type(data) is not list:
            return _NOTHING
        return _collected((data[index], _child(source, index)) for index in range(len(data))[part])

    return trace


def _sequence(node: Node) -> Tracer:
    steps = [trace_node(child) for child in node.children]

    def trace(data: Json, source: Source) -> Traced:
        for step in steps:
            data, source = step(data, source)
        return data, source

    return trace


def _projection(node: Node) -> Tracer:
    """Projections and filters: what is left of each element that passes, nulls left out."""
    base, each = trace_node(node.children[0]), trace_node(node.children[1])
    condition = compile_condition(node.children[2]) if node.kind == "filter_projection" else None

    def trace(data: Json, source: Source) -> Traced:
        items, origin = base(data, source)
        if type(items) is not list:
            return _NOTHING
        results = [
            each(item, _child(origin, index))
            for index, item in enumerate(items)
            if condition is None or condition(item)
        ]
        return _collected(result for result in results if result[0] is not None)

    return trace


def _value_projection(node: Node) -> Tracer:
    base, each = trace_node(node.children[0]), trace_node(node.children[1])

    def trace(data: Json, source: Source) -> Traced:
        fields, origin = base(data, source)
        if type(fields) is not dict:
            return _NOTHING
        results = [each(item, _child(origin, name)) for name, item in fields.items()]
        return _collected(result for result in results if result[0] is not None)

    return trace


def _flatten(node: Node) -> Tracer:
    base = trace_node(node.children[0])

    def trace(data: Json, source: Source) -> Traced:
        items, origin = base(data, source)
        if type(items) is not list:
            return _NOTHING
        merged: list[Traced] = []
        for item, inner in _elements(items, origin):
            if type(item) is list:
                merged.extend(_elements(item, inner))
            else:
                merged.append((item, inner))
        return _collected(merged)

    return trace


def _multi_select_list(node: Node) -> Tracer:
    parts = [trace_node(child) for child in node.children]
    return lambda data, source: _NOTHING if data is None else _collected(part(data, source) for part in parts)


def _multi_select_dict(node: Node) -> Tracer:
    parts = [(str(pair.value), trace_node(pair.children[0])) for pair in node.children]

    def trace(data: Json, source: Source) -> Traced:
        if data is None:
            return _NOTHING
        both = {name: part(data, source) for name, part in parts}
        children = {name: inner for name, (_, inner) in both.items()}
        return {name: value for name, (value, _) in both.items()}, Parts(children)

    return trace


def _or(node: Node) -> Tracer:
    left, right = map(trace_node, node.children)

    def trace(data: Json, source: Source) -> Traced:
        result = left(data, source)
        return result if is_true(result[0]) else right(data, source)

    return trace


def _and(node: Node) -> Tracer:
    left, right = map(trace_node, node.children)

    def trace(data: Json, source: Source) -> Traced:
        result = left(data, source)
        return right(data, source) if is_true(result[0]) else result

    return trace


def _function(node: Node) -> Tracer:
    function = FUNCTIONS[str(node.value)]
    if not function.lossless:
        return _untraced(compile_node(node))
    return _LOSSLESS.get(function.name, _first_argument)(function, node.children)


def _first_argument(function: Function, arguments: tuple[Node, ...]) -> Tracer:
    """A function from whose result its first argument can be told; the others are merely looked at."""
    first, others = trace_node(arguments[0]), [compile_node(other) for other in arguments[1:]]
    run = apply(function, len(arguments))

    def trace(data: Json, source: Source) -> Traced:
        value, inner = first(data, source)
        result = run(value, *[other(data) for other in others])
        # Nothing can be told from null any more, as of nonzero(`0`); only a null itself arrives as one.
        return result, Parts([inner]) if result is not None or value is None else None

    return trace


def _reverse(function: Function, arguments: tuple[Node, ...]) -> Tracer:
    argument, run = trace_node(arguments[0]), apply(function, 1)

    def trace(data: Json, source: Source) -> Traced:
        value, inner = argument(data, source)
        result = run(value)
        if type(value) is not list:
            return result, Parts([inner])
        return _collected(reversed(list(_elements(value, inner))), _origin(inner))

    return trace


def _sort(function: Function, arguments: tuple[Node, ...]) -> Tracer:
    """`sort` and `sort_by`: the elements move, and their sources with them."""
    argument, run = trace_node(arguments[0]), apply(function, len(arguments))
    by = [compile_node(expression.children[0]) for expression in arguments[1:]]
    key = by[0] if by else None

    def trace(data: Json, source: Source) -> Traced:
        value, inner = argument(data, source)
        result = run(value, *by)
        if type(value) is not list or type(result) is not list:
            return result, Parts([inner])
        keys = value if key is None else [*map(sort_key(key), value)]
        order = sorted(range(len(value)), key=keys.__getitem__)  # type: ignore[arg-type]  # run() has compared them
        return result, Parts([_child(inner, index) for index in order], _origin(inner))

    return trace


def _not_null(_: Function, arguments: tuple[Node, ...]) -> Tracer:
    tracers = [trace_node(argument) for argument in arguments]

    def trace(data: Json, source: Source) -> Traced:
        results = [tracer(data, source) for tracer in tracers]
        return next((result for result in results if result[0] is not None), _NOTHING)

    return trace


def _to_array(_: Function, arguments: tuple[Node, ...]) -> Tracer:
    argument = trace_node(arguments[0])

    def trace(data: Json, source: Source) -> Traced:
        result = argument(data, source)
        return result if type(result[0]) is list else _collected([result])

    return trace


def _values(function: Function, arguments: tuple[Node, ...]) -> Tracer:
    argument, run = trace_node(arguments[0]), apply(function, 1)

    def trace(data: Json, source: Source) -> Traced:
        value, inner = argument(data, source)
        result = run(value)
        return result, Parts([_child(inner, name) for name in value] if type(value) is dict else [])

    return trace


def _merge(function: Function, arguments: tuple[Node, ...]) -> Tracer:
    tracers, run = [trace_node(argument) for argument in arguments], apply(function, len(arguments))

    def trace(data: Json, source: Source) -> Traced:
        results = [tracer(data, source) for tracer in tracers]
        merged = run(*[value for value, _ in results])
        survivors: dict[str, Source] = dict.fromkeys(merged) if type(merged) is dict else {}
        for value, inner in results:
            if type(value) is dict:
                survivors.update({name: _child(inner, name) for name in value})
        return merged, Parts(survivors)

    return trace


def _map(function: Function, arguments: tuple[Node, ...]) -> Tracer:
    each, argument = trace_node(arguments[0].children[0]), trace_node(arguments[1])

    def trace(data: Json, source: Source) -> Traced:
        value, inner = argument(data, source)
        function.check(1, value)
        return _collected(each(*element) for element in _elements(value if type(value) is list else [], inner))

    return trace


_LOSSLESS: dict[str, Callable[[Function, tuple[Node, ...]], Tracer]] = {
    "map": _map,
    "merge": _merge,
    "not_null": _not_null,
    "reverse": _reverse,
    "sort": _sort,
    "sort_by": _sort,
    "to_array": _to_array,
    "values": _values,
}

# Comparisons, `!` and literals are missing: nothing is taken through them.
_TRACERS: dict[str, Callable[[Node], Tracer]] = {
    "and_expression": _and,
    "filter_projection": _projection,
    "flatten": _flatten,
    "function_expression": _function,
    "index": _index,
    "index_expression": _sequence,
    "multi_select_dict": _multi_select_dict,
    "multi_select_list": _multi_select_list,
    "or_expression": _or,
    "pipe": _sequence,
    "projection": _projection,
    "slice": _slice,
    "subexpression": _sequence,
    "value_projection": _value_projection,
}
