"""Decimals are numbers: exact in literals, comparisons and functions, and never a float on the way."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from crossdock.expressions.expression import ExpressionValueError, Json, compile_expression
from crossdock.expressions.values import parse_json

DOCUMENT = parse_json(
    """{
      "price": 12.335999999999999, "one": 1, "exact": 1.0, "short": 1.10, "neg": -2.5, "text": "1.10", "yes": true,
      "mixed": [2, 1.5, 10], "precise": [0.1, 0.20], "big": 1e30, "long": 0.1234567890123456789012345678901234567890,
      "rows": [{"p": 10.5, "n": "b"}, {"p": 9, "n": "a"}], "words": ["b", "a"], "null": null
    }"""
)

ANSWERS: list[tuple[str, str]] = [
    # every digit of a literal and of a payload is kept
    ("`1.10`", "1.10"),
    ("`12.335999999999999`", "12.335999999999999"),
    ("price", "12.335999999999999"),
    ('`{"a": [0.10]}`.a[0]', "0.10"),
    # comparisons are by value, whatever the notation, and a boolean is no number
    ("one == exact", "true"),
    ("short == `1.1`", "true"),
    ("short != `1.1`", "false"),
    ("short == '1.10'", "false"),
    ("yes == one", "false"),
    ("one == yes", "false"),
    ("yes == exact", "false"),
    ("yes == `true`", "true"),
    ("price > `12.3359`", "true"),
    ("price < `12.336`", "true"),
    ("neg <= `-2.50`", "true"),
    ("one < big", "true"),
    ("mixed == `[2.0, 1.50, 10]`", "true"),
    # what has no order gives null
    ("one < text", "null"),
    ("text < `2`", "null"),
    ("yes < `2`", "null"),
    ("null < `2`", "null"),
    ("words > mixed", "null"),
    ("text > '1.0'", "true"),  # two strings have one
    # 0 is no falsehood, in any notation
    ("`0.0` || 'none'", "0.0"),
    ("!`0.00`", "false"),
    # functions
    ("sum(precise)", "0.30"),
    ("sum(mixed)", "13.5"),
    ("sum(`[]`)", "0"),
    ("avg(precise)", "0.15"),
    ("avg(`[1, 2]`)", "1.5"),
    ("avg(`[1, 1, 2]`)", "1.333333333333333333333333333"),
    ("avg(`[]`)", "null"),
    ("max(mixed)", "10"),
    ("min(mixed)", "1.5"),
    ("sort(mixed)", "[1.5, 2, 10]"),
    ("sort_by(rows, &p)[0].n", '"a"'),
    ("max_by(rows, &p).n", '"b"'),
    ("min_by(rows, &p).n", '"a"'),
    ("abs(neg)", "2.5"),
    ("abs(long)", "0.1234567890123456789012345678901234567890"),
    ("ceil(neg)", "-2"),
    ("floor(neg)", "-3"),
    ("ceil(price)", "13"),
    ("floor(long)", "0"),
    ("ceil(`1e500`)", "1E+500"),
    ("type(price)", '"number"'),
    ("contains(mixed, `1.50`)", "true"),
    ("to_string(short)", '"1.10"'),
    ("to_string(precise)", '"[0.1,0.20]"'),
    ("to_number(text)", "1.10"),
    ("to_number('12.335999999999999')", "12.335999999999999"),
    ("to_number('7')", "7"),
    ("to_number(short)", "1.10"),
    ("to_number('nan')", "null"),
    ("to_number('Infinity')", "null"),
    ("to_number('1,5')", "null"),
    ("rows[?p > `9.5`].n | [0]", '"b"'),
]


def shown(value: Json) -> str:
    """JSON text with the digits as they are."""
    match value:
        case list():
            return "[" + ", ".join(shown(item) for item in value) + "]"
        case Decimal():
            return str(value)
        case str():
            return f'"{value}"'
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case _:
            return str(value)


@pytest.mark.parametrize(("text", "answer"), ANSWERS, ids=[text for text, _ in ANSWERS])
def test_a_decimal_is_an_exact_number(text: str, answer: str) -> None:
    assert shown(compile_expression(text).search(DOCUMENT)) == answer


def test_a_whole_number_stays_an_int() -> None:
    assert type(compile_expression("sum(@)").search([1, 2])) is int
    assert type(compile_expression("ceil(@)").search(Decimal("1.5"))) is int
    assert type(compile_expression("to_number(@)").search("7")) is int
    assert type(compile_expression("`7`").search(None)) is int


decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=20)


@given(st.lists(decimals, min_size=1, max_size=8))
def test_a_sum_loses_no_digit(amounts: list[Decimal]) -> None:
    total = compile_expression("sum(@)").search([*amounts])
    assert isinstance(total, Decimal)
    assert Fraction(total) == sum(map(Fraction, amounts))


@given(decimals)
def test_text_and_number_are_the_same_digits_back_and_forth(amount: Decimal) -> None:
    assert str(compile_expression("to_number(to_string(@))").search(amount)) == str(
        amount if amount.as_tuple().exponent else int(amount)
    )


def test_a_result_with_too_many_digits_is_refused_not_rounded() -> None:
    with pytest.raises(ExpressionValueError, match="more than 4096 digits"):
        compile_expression("sum(@)").search([Decimal("1e5000"), Decimal("1e-5000")])


def test_a_float_that_strays_in_counts_as_the_digits_it_shows() -> None:
    assert compile_expression("sum(@)").search([0.1, Decimal("0.2")]) == Decimal("0.3")  # type: ignore[list-item]
    assert compile_expression("a > `0.05`").search({"a": 0.1}) is True  # type: ignore[dict-item]
