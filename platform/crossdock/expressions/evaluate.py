"""From syntax tree to a Python function: an expression is compiled once, and run on every record.

A function never changes its input, but its result may share parts with it.
"""

from collections.abc import Callable, Sequence
from typing import cast

from crossdock.expressions.expression_errors import ExpressionError, ExpressionValueError
from crossdock.expressions.function import Function
from crossdock.expressions.functions import FUNCTIONS
from crossdock.expressions.shapes import KeyValueLookup, Path, key_value_lookup, plain_path
from crossdock.expressions.syntax import Node
from crossdock.expressions.values import Json, Search, equals, is_comparable, is_true

# What the implementations of functions raise when a value of the right type is impossible, and what Python does.
_FAILURES = (ValueError, TypeError, ArithmeticError, RecursionError)


def compile_node(node: Node) -> Search:
    """The function that evaluates a node on an input."""
    path = plain_path(node)
    if path is not None:
        return compile_path(path)
    lookup = key_value_lookup(node)
    if lookup is not None:
        return _key_value(lookup)
    return _COMPILERS[node.kind](node)


def compile_path(path: Path) -> Search:
    """The function that follows fields and indexes; null where there is nothing."""
    match path:
        case ():
            return _itself
        case (str(field),):
            return lambda data: data.get(field) if type(data) is dict else None
        case (str(first), str(second)):
            return _two_fields(first, second)
    return _many_steps(path)


def _itself(data: Json) -> Json:
    return data


def _two_fields(first: str, second: str) -> Search:
    def search(data: Json) -> Json:
        if type(data) is dict:
            inner = data.get(first)
            if type(inner) is dict:
                return inner.get(second)
        return None

    return search


def _many_steps(path: Path) -> Search:
    def search(data: Json) -> Json:
        for step in path:
            if type(data) is dict:
                data = data.get(step)  # type: ignore[arg-type]  # an index finds nothing among names
            elif type(data) is list and type(step) is int and step < len(data):
                data = data[step]
            else:
                return None
        return data

    return search


def _key_value(lookup: KeyValueLookup) -> Search:
    entries_of, key_field, key = compile_path(lookup.list_path), lookup.key_field, lookup.key
    value_field, skips_null = lookup.value_field, lookup.skips_null

    def search(data: Json) -> Json:
        entries = entries_of(data)
        if type(entries) is list:
            for entry in entries:
                if type(entry) is dict and entry.get(key_field) == key:
                    value = entry.get(value_field)
                    if value is not None or not skips_null:
                        return value
        return None

    return search


def _index(node: Node) -> Search:
    index = cast("int", node.value)

    def search(data: Json) -> Json:
        return data[index] if type(data) is list and -len(data) <= index < len(data) else None

    return search


def _slice(node: Node) -> Search:
    part = node.part or slice(None)
    return lambda data: data[part] if type(data) is list else None


def _sequence(node: Node) -> Search:
    """One step after the other, each on the result of the one before."""
    steps = [compile_node(child) for child in node.children]
    if len(steps) == 2:
        first, second = steps
        return lambda data: second(first(data))

    def search(data: Json) -> Json:
        for step in steps:
            data = step(data)
        return data

    return search


def _projection(node: Node) -> Search:
    base, each = map(compile_node, node.children)

    def search(data: Json) -> Json:
        items = base(data)
        if type(items) is not list:
            return None
        return [value for item in items if (value := each(item)) is not None]

    return search


def _value_projection(node: Node) -> Search:
    base, each = map(compile_node, node.children)

    def search(data: Json) -> Json:
        fields = base(data)
        if type(fields) is not dict:
            return None
        return [value for item in fields.values() if (value := each(item)) is not None]

    return search


def _filter_projection(node: Node) -> Search:
    base, each = map(compile_node, node.children[:2])
    condition = compile_condition(node.children[2])

    def search(data: Json) -> Json:
        items = base(data)
        if type(items) is not list:
            return None
        return [value for item in items if condition(item) and (value := each(item)) is not None]

    return search


def _flatten(node: Node) -> Search:
    base = compile_node(node.children[0])

    def search(data: Json) -> Json:
        items = base(data)
        if type(items) is not list:
            return None
        merged: list[Json] = []
        for item in items:
            if type(item) is list:
                merged.extend(item)
            else:
                merged.append(item)
        return merged

    return search


def _multi_select_list(node: Node) -> Search:
    parts = [compile_node(child) for child in node.children]
    return lambda data: None if data is None else [part(data) for part in parts]


def _multi_select_dict(node: Node) -> Search:
    parts = [(str(pair.value), compile_node(pair.children[0])) for pair in node.children]
    return lambda data: None if data is None else {name: part(data) for name, part in parts}


def _or(node: Node) -> Search:
    left, right = map(compile_node, node.children)

    def search(data: Json) -> Json:
        value = left(data)
        return value if is_true(value) else right(data)

    return search


def _and(node: Node) -> Search:
    left, right = map(compile_node, node.children)

    def search(data: Json) -> Json:
        value = left(data)
        return right(data) if is_true(value) else value

    return search


def _not(node: Node) -> Search:
    condition = compile_condition(node.children[0])
    return lambda data: not condition(data)


def compile_condition(node: Node) -> Callable[[Json], bool]:
    """The function that tells whether a node counts as true."""
    search = compile_node(node)
    if node.kind == "comparator":
        return search  # type: ignore[return-value]  # a comparison gives true, false or null
    return lambda data: is_true(search(data))


def _comparator(node: Node) -> Search:
    left, right = map(compile_node, node.children)
    literal = node.children[1]
    if node.value == "eq" and literal.kind == "literal" and isinstance(literal.value, str):
        string = literal.value
        return lambda data: left(data) == string
    compare = _COMPARISONS[str(node.value)]

    def search(data: Json) -> Json:
        try:
            return compare(left(data), right(data))
        except RecursionError as error:
            raise ExpressionError("the values of a comparison are nested too deep") from error

    return search


def _ordering(compare: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool | None]:
    """An ordering that gives null for values that have no order: not two numbers, not two strings."""

    def ordered(left: Json, right: Json) -> bool | None:
        if is_comparable(left) and is_comparable(right) and (type(left) is str) is (type(right) is str):
            return compare(left, right)
        return None

    return ordered


_COMPARISONS: dict[str, Callable[[Json, Json], bool | None]] = {
    "eq": equals,
    "ne": lambda left, right: not equals(left, right),
    "lt": _ordering(lambda left, right: left < right),  # type: ignore[operator]  # of one kind, see _ordering
    "lte": _ordering(lambda left, right: left <= right),  # type: ignore[operator]
    "gt": _ordering(lambda left, right: left > right),  # type: ignore[operator]
    "gte": _ordering(lambda left, right: left >= right),  # type: ignore[operator]
}


def _literal(node: Node) -> Search:
    value = node.value
    return lambda _: value


def _expression_argument(node: Node) -> Search:
    """An `&expression` is no value: the function receives it as something to call."""
    expression = compile_node(node.children[0])
    return lambda _: expression  # type: ignore[return-value]  # only a function that asks for it gets it


def _function(node: Node) -> Search:
    function = FUNCTIONS[str(node.value)]
    return call(function, [compile_node(child) for child in node.children])


def call(function: Function, arguments: Sequence[Search]) -> Search:
    """The function that evaluates the arguments, checks their types and calls.

    It raises:
        ExpressionArgumentError: an argument has the wrong type.
        ExpressionValueError: the function cannot work on these values.
    """
    if len(arguments) == 1:
        return _call_with_one(function, arguments[0])
    run = apply(function, len(arguments))
    return lambda data: run(*[argument(data) for argument in arguments])


def _call_with_one(function: Function, argument: Search) -> Search:
    """What `call` gives, without the cost of any number of arguments: most calls have one."""
    run, name, check, classes = function.run, function.name, function.check, function.parameter(0).classes

    def search(data: Json) -> Json:
        value = argument(data)
        if classes is not None and type(value) not in classes:
            check(0, value)
        try:
            return run(value)
        except _FAILURES as error:
            raise ExpressionValueError(name, str(error)) from error

    return search


def apply(function: Function, count: int) -> Callable[..., Json]:
    """The function on so many evaluated arguments, with the check of their types."""
    run, name, check = function.run, function.name, function.check
    checks = [(index, classes) for index in range(count) if (classes := function.parameter(index).classes) is not None]

    def checked(*values: Json) -> Json:
        for index, classes in checks:
            if type(values[index]) not in classes:
                check(index, values[index])
        try:
            return run(*values)
        except _FAILURES as error:
            raise ExpressionValueError(name, str(error)) from error

    return checked


_COMPILERS: dict[str, Callable[[Node], Search]] = {
    "and_expression": _and,
    "comparator": _comparator,
    "expref": _expression_argument,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "function_expression": _function,
    "index": _index,
    "index_expression": _sequence,
    "literal": _literal,
    "multi_select_dict": _multi_select_dict,
    "multi_select_list": _multi_select_list,
    "not_expression": _not,
    "or_expression": _or,
    "pipe": _sequence,
    "projection": _projection,
    "slice": _slice,
    "subexpression": _sequence,
    "value_projection": _value_projection,
}
