"""The functions of the JMESPath standard, on exact decimals."""

import decimal
import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from crossdock.expressions.arithmetic import average, total
from crossdock.expressions.function import EXPRESSION, Function, Parameter
from crossdock.expressions.values import Json, Search, to_text, type_name

Number = int | Decimal

# Beyond this many digits an integral decimal stays a decimal: as an int it could fill the memory (1e999999999).
_LARGEST_EXPONENT = 400


def _abs(number: Number) -> Json:
    # abs() of a decimal would round it to the context's precision.
    return number.copy_abs() if isinstance(number, Decimal) else abs(number)


def _ceil(number: Number) -> Json:
    return _integral(number, ROUND_CEILING) if isinstance(number, Decimal) else math.ceil(number)


def _floor(number: Number) -> Json:
    return _integral(number, ROUND_FLOOR) if isinstance(number, Decimal) else math.floor(number)


def _integral(number: Decimal, rounding: str) -> Json:
    whole = number.to_integral_value(rounding=rounding)
    return whole if whole.adjusted() > _LARGEST_EXPONENT else int(whole)


def _contains(subject: list[Json] | str, search: Json) -> Json:
    if isinstance(subject, list):
        return search in subject
    if not isinstance(search, str):
        raise TypeError(f"a string can only contain a string, not {type_name(search)}")
    return search in subject


def _join(glue: str, strings: list[str]) -> Json:
    return glue.join(strings)


def _map(expression: Search, array: list[Json]) -> Json:
    return [expression(item) for item in array]


def _max(array: list[Decimal]) -> Json:
    return max(array, default=None)


def _min(array: list[Decimal]) -> Json:
    return min(array, default=None)


def _max_by(array: list[Json], expression: Search) -> Json:
    return max(array, key=sort_key(expression), default=None)


def _min_by(array: list[Json], expression: Search) -> Json:
    return min(array, key=sort_key(expression), default=None)


def _sort(array: list[Decimal]) -> Json:
    return list[Json](sorted(array))


def _sort_by(array: list[Json], expression: Search) -> Json:
    return sorted(array, key=sort_key(expression))


def sort_key(expression: Search) -> Callable[[Json], Decimal]:
    """The key by which `sort_by`, `max_by` and `min_by` compare: numbers or strings, never both.

    The declared result stands for "whatever compares with its like"; a string is as good.
    """
    seen = ""

    def key(item: Json) -> Decimal:
        nonlocal seen
        value = expression(item)
        kind = type_name(value)
        if kind not in ("number", "string") or seen not in ("", kind):
            raise ValueError(f"the expression must give only numbers or only strings, gave {kind} for an element")
        seen = kind
        return value  # type: ignore[return-value]  # a string sorts just as well

    return key


def _merge(first: dict[str, Json], *others: Json) -> Json:
    merged = dict(first)
    for other in others:
        # An empty list passes, as in the library: it is what PHP makes of an empty object.
        merged.update(other)  # type: ignore[arg-type]  # anything else raises, which is the answer
    return merged


def _not_null(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def _reverse(value: list[Json] | str) -> Json:
    return value[::-1]


def _to_array(value: Json) -> Json:
    return value if isinstance(value, list) else [value]


def _to_number(value: Json) -> Json:
    if isinstance(value, str):
        return number_of(value)
    return value if type_name(value) == "number" else None


def number_of(text: str) -> Number | None:
    """The exact number that a text says; None if it says none, or one without an end such as `nan`."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = Decimal(text)
    except decimal.DecimalException:
        return None
    return number if number.is_finite() else None


def _to_string(value: Json) -> Json:
    return value if isinstance(value, str) else to_text(value)


_ANY = Parameter("value")
_NUMBER = Parameter("number", "number")
_NUMBERS = Parameter("numbers", "array[number]")
_SORTABLE = Parameter("values", "array[number]|array[string]")
_ARRAY = Parameter("array", "array")
_OBJECT = Parameter("object", "object")
_EXPRESSION = Parameter("expression", EXPRESSION)
_STRING = Parameter("string", "string")


def _keys(value: dict[str, Json]) -> Json:
    return list(value)


def _values(value: dict[str, Json]) -> Json:
    return list(value.values())


STANDARD_FUNCTIONS = (
    Function("abs", (_NUMBER,), _abs, False, "The number without its sign.", "abs(`-1.50`) -> 1.50"),
    Function("avg", (_NUMBERS,), average, False, "The mean; null of an empty array.", "avg(`[1, 2]`) -> 1.5"),
    Function("ceil", (_NUMBER,), _ceil, False, "The next whole number upwards.", "ceil(`1.01`) -> 2"),
    Function(
        "contains",
        (Parameter("subject", "array|string"), Parameter("search")),
        _contains,
        False,
        "Whether an array has the element, or a string the part.",
        "contains('abc', 'b') -> true",
    ),
    Function(
        "ends_with",
        (_STRING, Parameter("suffix", "string")),
        str.endswith,
        False,
        "Whether the string ends so.",
        "ends_with('abc', 'bc') -> true",
    ),
    Function("floor", (_NUMBER,), _floor, False, "The next whole number downwards.", "floor(`1.99`) -> 1"),
    Function(
        "join",
        (Parameter("glue", "string"), Parameter("strings", "array[string]")),
        _join,
        False,
        "The strings as one, with the glue between them.",
        """join(', ', `["a", "b"]`) -> "a, b\"""",
    ),
    Function("keys", (_OBJECT,), _keys, False, "The names of an object's fields.", """keys(`{"a": 1}`) -> ["a"]"""),
    Function(
        "length",
        (Parameter("subject", "string|array|object"),),
        len,
        False,
        "How many characters, elements or fields.",
        "length('abc') -> 3",
    ),
    Function(
        "map",
        (_EXPRESSION, _ARRAY),
        _map,
        True,
        "The expression's result for each element, nulls included; takes what the expression takes.",
        """map(&a, `[{"a": 1}, {}]`) -> [1, null]""",
    ),
    Function("max", (_SORTABLE,), _max, False, "The largest; null of an empty array.", "max(`[1, 2.5]`) -> 2.5"),
    Function(
        "max_by",
        (_ARRAY, _EXPRESSION),
        _max_by,
        False,
        "The element for which the expression is largest; null of an empty array.",
        """max_by(`[{"a": 1}, {"a": 2}]`, &a) -> {"a": 2}""",
    ),
    Function(
        "merge",
        (_OBJECT, Parameter("more", optional=True, repeats=True)),
        _merge,
        True,
        "One object with the fields of all; the last one wins.",
        """merge(`{"a": 1}`, `{"b": 2}`) -> {"a": 1, "b": 2}""",
    ),
    Function("min", (_SORTABLE,), _min, False, "The smallest; null of an empty array.", "min(`[1, 2.5]`) -> 1"),
    Function(
        "min_by",
        (_ARRAY, _EXPRESSION),
        _min_by,
        False,
        "The element for which the expression is smallest; null of an empty array.",
        """min_by(`[{"a": 1}, {"a": 2}]`, &a) -> {"a": 1}""",
    ),
    Function(
        "not_null",
        (Parameter("values", repeats=True),),
        _not_null,
        True,
        "The first argument that is not null; only that one is taken.",
        "not_null(a, 'b') -> \"b\"",
    ),
    Function(
        "reverse",
        (Parameter("subject", "string|array"),),
        _reverse,
        True,
        "The elements or characters from last to first.",
        "reverse(`[1, 2]`) -> [2, 1]",
    ),
    Function("sort", (_SORTABLE,), _sort, True, "In ascending order.", "sort(`[2, 1.5]`) -> [1.5, 2]"),
    Function(
        "sort_by",
        (_ARRAY, _EXPRESSION),
        _sort_by,
        True,
        "In ascending order of what the expression gives for each element.",
        """sort_by(`[{"a": 2}, {"a": 1}]`, &a) -> [{"a": 1}, {"a": 2}]""",
    ),
    Function(
        "starts_with",
        (_STRING, Parameter("prefix", "string")),
        str.startswith,
        False,
        "Whether the string begins so.",
        "starts_with('abc', 'ab') -> true",
    ),
    Function("sum", (_NUMBERS,), total, False, "The exact sum; 0 of an empty array.", "sum(`[0.1, 0.20]`) -> 0.30"),
    Function(
        "to_array", (_ANY,), _to_array, True, "An array of the value, unless it is one.", "to_array('a') -> [\"a\"]"
    ),
    Function(
        "to_number",
        (_ANY,),
        _to_number,
        False,
        "The exact number that a string says; null if it says none.",
        "to_number('1.10') -> 1.10",
    ),
    Function(
        "to_string",
        (_ANY,),
        _to_string,
        False,
        "A string as it is, anything else as JSON text; a decimal keeps its digits.",
        'to_string(`1.10`) -> "1.10"',
    ),
    Function("type", (_ANY,), type_name, False, "The name of the value's type.", 'type(`1.10`) -> "number"'),
    Function("values", (_OBJECT,), _values, True, "The values of an object's fields.", """values(`{"a": 1}`) -> [1]"""),
)
