"""JSON values with exact decimals, and what JMESPath says about them: type, truth, equality, text.

A JSON number is an `int` or a `decimal.Decimal`, never a float; a float that strays in from elsewhere is still
treated as the number it is.
"""

import json
from collections.abc import Callable
from decimal import Decimal, DecimalException
from types import NoneType
from typing import TypeAlias

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"
Search: TypeAlias = Callable[[Json], Json]

NUMBERS = frozenset({int, Decimal, float})

_TYPE_NAMES = {
    NoneType: "null",
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}

# Longer runs of digits are refused by int(), as a guard of Python's against quadratic time.
_LONGEST_INT = 4000


def type_name(value: Json) -> str:
    """What JMESPath calls the type of a value."""
    return _TYPE_NAMES.get(type(value), "unknown")


def is_true(value: Json) -> bool:
    """Whether a value counts as true: everything except null, false, "", [] and {}; 0 is true."""
    return bool(value) or type(value) in NUMBERS


def is_comparable(value: Json) -> bool:
    """Whether `<` and its kind may be asked: numbers and strings, a boolean is neither."""
    return type(value) is str or type(value) in NUMBERS


def equals(left: Json, right: Json) -> bool:
    """JMESPath's `==`: 1 equals 1.0, but true does not equal 1.

    Inside lists and objects a boolean equals 0 or 1, as it does in the `jmespath` library, which this must match.
    """
    if type(left) is bool or type(right) is bool:
        return left is right
    return left == right


def parse_json(text: str) -> Json:
    """Parse JSON text, keeping every digit of a number.

    Raises:
        ValueError: the text is no JSON; `NaN` and `Infinity` are none either.
        RecursionError: it is nested too deep.
    """
    try:
        value: Json = json.loads(text, parse_float=Decimal, parse_int=_whole, parse_constant=_no_number)
    except DecimalException as error:
        raise ValueError("a number in it is beyond every range") from error
    return value


def to_text(value: Json) -> str:
    """Compact JSON text of a value, as `to_string()` gives it: a decimal keeps its digits."""
    match value:
        case str():
            return json.dumps(value)
        case list():
            return "[" + ",".join([to_text(item) for item in value]) + "]"
        case dict():
            return "{" + ",".join([f"{json.dumps(key)}:{to_text(item)}" for key, item in value.items()]) + "}"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value)


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _LONGEST_INT else Decimal(digits)


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")
