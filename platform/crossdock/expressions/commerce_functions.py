"""The functions that orders need and JMESPath lacks: times to UTC, exact decimals, codes, tables, text.

Null in, null out: a field that a payload lacks is no error in any of them.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from crossdock.codes import ALPHA3, COUNTRIES, CURRENCIES, NUMERIC
from crossdock.expressions import arithmetic
from crossdock.expressions.date_times import from_unix, to_utc
from crossdock.expressions.function import Function, Parameter
from crossdock.expressions.standard_functions import number_of
from crossdock.expressions.values import Json, parse_json

Amount: TypeAlias = int | Decimal | str | None


def _nonzero(number: Amount) -> Json:
    return None if number == 0 else number


def _utc(text: str | None, zone: str | None = None) -> Json:
    return to_utc(text, zone) if text else None


def _from_unix(seconds: Amount) -> Json:
    number = _number(seconds)
    return None if number is None else from_unix(number)


def _decimal(value: Amount) -> Json:
    number = _number(value)
    return None if number is None else arithmetic.as_decimal(number)


def _number(value: Amount) -> arithmetic.Number | None:
    """The number that an argument means; None for null and the empty string."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return value
    number = number_of(value)
    if number is None:
        raise ValueError(f"{value[:40]!r} is no decimal number")
    return number


def _calculation(combine: Callable[[arithmetic.Number, arithmetic.Number], arithmetic.Number]) -> Callable[..., Json]:
    """The function over two or more amounts that combines them from left to right; null as soon as one is null."""

    def calculate(*amounts: Amount) -> Json:
        numbers = [_number(amount) for amount in amounts]
        result = numbers[0]
        for number in numbers[1:]:
            if result is None or number is None:
                return None
            result = combine(result, number)
        return result

    return calculate


def _divide(dividend: Amount, divisor: Amount, places: arithmetic.Number | None = None) -> Json:
    left, right = _number(dividend), _number(divisor)
    return None if left is None or right is None else arithmetic.divide(left, right, places)


def _round(amount: Amount, places: arithmetic.Number) -> Json:
    number = _number(amount)
    return None if number is None else arithmetic.round_half_up(number, places)


def _country(code: str | int | None) -> Json:
    if code is None or code == "":
        return None
    word = str(code).strip().upper()
    if word in COUNTRIES:
        return word
    known = ALPHA3.get(word) or NUMERIC.get(word.zfill(3))
    if known is None:
        raise ValueError(f"{word[:40]!r} is no ISO 3166-1 country code")
    return known


def _currency(code: str | None) -> Json:
    if not code:
        return None
    word = code.strip().upper()
    if word not in CURRENCIES:
        raise ValueError(f"{word[:40]!r} is no ISO 4217 currency code")
    return word


def _translate(word: str | None, table: dict[str, Json]) -> Json:
    return None if word is None else table.get(word)


def _json(text: str | None) -> Json:
    if text is None:
        return None
    try:
        return parse_json(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no JSON: {error}") from error


def _split(text: str | None, separator: str) -> Json:
    return None if text is None else list[Json](text.split(separator))


def _lower(text: str | None) -> Json:
    return None if text is None else text.lower()


def _upper(text: str | None) -> Json:
    return None if text is None else text.upper()


def _trim(text: str | None) -> Json:
    return None if text is None else text.strip()


def _replace(text: str | None, old: str, new: str) -> Json:
    if not old:
        raise ValueError("there is nothing to look for: the second argument is empty")
    return None if text is None else text.replace(old, new)


_TEXT = Parameter("text", "string|null")
_AMOUNT = Parameter("number", "number|string|null")
_OTHER = Parameter("other", "number|string|null")
_MORE = Parameter("more", "number|string|null", optional=True, repeats=True)

COMMERCE_FUNCTIONS = (
    Function(
        "utc",
        (_TEXT, Parameter("zone", "string|null", optional=True)),
        _utc,
        True,
        "An ISO 8601 date-time in UTC; one without offset is in the IANA zone, or UTC.",
        "utc('2024-03-03T15:09:27+01:00') -> \"2024-03-03T14:09:27Z\"",
    ),
    Function(
        "from_unix",
        (_AMOUNT,),
        _from_unix,
        False,
        "The time so many seconds after the beginning of 1970, in UTC; of milliseconds, divide them by 1000 first.",
        'from_unix(`1709474967`) -> "2024-03-03T14:09:27Z"',
    ),
    Function(
        "nonzero",
        (_AMOUNT,),
        _nonzero,
        True,
        "The number, or null for zero: many systems say 0 where they mean no id.",
        "nonzero(`0`) -> null",
    ),
    Function(
        "decimal",
        (_AMOUNT,),
        _decimal,
        True,
        "The exact decimal that a string or number says; null of null and of the empty string.",
        "decimal('1.10') -> 1.10",
    ),
    Function(
        "add",
        (_AMOUNT, _OTHER, _MORE),
        _calculation(arithmetic.add),
        False,
        "The exact sum of numbers or decimal strings.",
        "add('1.10', `2`) -> 3.10",
    ),
    Function(
        "subtract",
        (_AMOUNT, _OTHER),
        _calculation(arithmetic.subtract),
        False,
        "The first minus the second, exactly.",
        "subtract('1.10', `2`) -> -0.90",
    ),
    Function(
        "multiply",
        (_AMOUNT, _OTHER),
        _calculation(arithmetic.multiply),
        False,
        "The exact product.",
        "multiply('1.10', `3`) -> 3.30",
    ),
    Function(
        "divide",
        (_AMOUNT, _OTHER, Parameter("places", "number|null", optional=True)),
        _divide,
        False,
        "The quotient to so many decimal places (half up), or to 28 significant digits; null if the divisor is 0.",
        "divide('10', `3`, `2`) -> 3.33",
    ),
    Function(
        "round",
        (_AMOUNT, Parameter("places", "number")),
        _round,
        False,
        "The number with exactly so many decimal places, a half away from zero.",
        "round('2.345', `2`) -> 2.35",
    ),
    Function(
        "country",
        (Parameter("code", "string|number|null"),),
        _country,
        False,
        "The ISO 3166-1 alpha-2 code of an alpha-2 or alpha-3 code in any case, or a numeric one.",
        "country('swe') -> \"SE\"",
    ),
    Function("currency", (_TEXT,), _currency, False, "The ISO 4217 code in upper case.", "currency('sek') -> \"SEK\""),
    Function(
        "translate",
        (_TEXT, Parameter("table", "object")),
        _translate,
        False,
        "What a table has for a string; null if it has nothing.",
        """translate('wc-done', `{"wc-done": "completed"}`) -> "completed\"""",
    ),
    Function(
        "split",
        (_TEXT, Parameter("separator", "string")),
        _split,
        False,
        "The parts between the separators.",
        "split('a,b', ',') -> [\"a\", \"b\"]",
    ),
    Function("lower", (_TEXT,), _lower, False, "In lower case.", "lower('ÅB') -> \"åb\""),
    Function("upper", (_TEXT,), _upper, False, "In upper case.", "upper('åb') -> \"ÅB\""),
    Function("trim", (_TEXT,), _trim, False, "Without white space at both ends.", "trim(' a ') -> \"a\""),
    Function(
        "replace",
        (_TEXT, Parameter("old", "string"), Parameter("new", "string")),
        _replace,
        False,
        "With each occurrence of the one replaced by the other.",
        "replace('a-b', '-', '/') -> \"a/b\"",
    ),
    Function(
        "json",
        (_TEXT,),
        _json,
        False,
        "The value of a string that holds JSON text, every digit kept.",
        """json('{"a": 1.10}') -> {"a": 1.10}""",
    ),
)
