"""Every function does what its documentation says, and says what it refuses."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from crossdock.expressions.arithmetic import divide, round_half_up
from crossdock.expressions.expression import (
    FUNCTIONS,
    ExpressionArgumentError,
    ExpressionValueError,
    Function,
    Json,
    compile_expression,
)
from crossdock.expressions.functions import COMMERCE_FUNCTIONS
from crossdock.expressions.values import parse_json, to_text


def result(text: str, data: Json = None) -> Json:
    return compile_expression(text).search(data)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_documented_example_gives_the_documented_result(function: Function) -> None:
    expression, arrow, answer = function.example.rpartition(" -> ")
    assert arrow
    assert f"{function.name}(" in expression
    assert to_text(result(expression)) == to_text(parse_json(answer))


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [
        ("0", "1970-01-01T00:00:00Z"),
        ("1709474967", "2024-03-03T14:09:27Z"),
        ("1709474967.25", "2024-03-03T14:09:27.250000Z"),
        ("-1", "1969-12-31T23:59:59Z"),
    ],
)
def test_seconds_since_1970_are_a_time(seconds: str, moment: str) -> None:
    assert result(f"from_unix(`{seconds}`)") == moment
    assert result("from_unix(@)", seconds) == moment
    assert result("from_unix(divide(multiply(@, `1000`), `1000`))", seconds) == moment


@pytest.mark.parametrize("seconds", ["1e15", "-1e15", "1e999999", "9" * 5000])
def test_seconds_outside_the_calendar_are_refused(seconds: str) -> None:
    with pytest.raises(ExpressionValueError, match=r"outside the calendar|no decimal number"):
        result("from_unix(@)", seconds)


@pytest.mark.parametrize("function", COMMERCE_FUNCTIONS, ids=lambda function: function.name)
def test_null_goes_in_and_null_comes_out(function: Function) -> None:
    rest = {"translate": ", `{}`", "split": ", ','", "replace": ", 'a', 'b'", "round": ", `2`"}
    rest |= dict.fromkeys(["add", "subtract", "multiply", "divide"], ", `1`")
    assert result(f"{function.name}(@{rest.get(function.name, '')})", None) is None


TIMES: list[tuple[str, str]] = [
    ("2024-03-03T14:09:27", "2024-03-03T14:09:27Z"),
    ("2024-03-03 14:09:27", "2024-03-03T14:09:27Z"),
    ("2024-03-03T14:09:27Z", "2024-03-03T14:09:27Z"),
    ("2024-03-03t14:09:27z", "2024-03-03T14:09:27Z"),
    ("2024-03-03T14:09", "2024-03-03T14:09:00Z"),
    ("2024-03-03T14:09:27+01:00", "2024-03-03T13:09:27Z"),
    ("2024-03-03T14:09:27-0530", "2024-03-03T19:39:27Z"),
    ("2024-03-03T00:30:00+01", "2024-03-02T23:30:00Z"),
    ("2024-03-03T14:09:27.1", "2024-03-03T14:09:27.1Z"),
    ("2024-03-03T14:09:27.123456789+02:00", "2024-03-03T12:09:27.123456789Z"),
    ("2024-03-03T14:09:27,5Z", "2024-03-03T14:09:27.5Z"),
    ("2024-02-29T00:00:00", "2024-02-29T00:00:00Z"),
]


@pytest.mark.parametrize(("text", "answer"), TIMES)
def test_utc_reads_iso_8601(text: str, answer: str) -> None:
    assert result("utc(@)", text) == answer


ZONED: list[tuple[str, str, str]] = [
    ("2024-07-01T12:00:00", "Europe/Stockholm", "2024-07-01T10:00:00Z"),
    ("2024-01-01T00:30:00", "Europe/Stockholm", "2023-12-31T23:30:00Z"),
    ("2024-07-01T12:00:00Z", "Europe/Stockholm", "2024-07-01T12:00:00Z"),  # the text knows better
    ("2024-07-01T12:00:00+05:00", "Europe/Stockholm", "2024-07-01T07:00:00Z"),
    ("2024-10-27T02:30:00", "Europe/Stockholm", "2024-10-27T00:30:00Z"),  # the repeated hour: the first one
    ("2024-03-31T02:30:00", "Europe/Stockholm", "2024-03-31T01:30:00Z"),  # the skipped hour
]


@pytest.mark.parametrize(("text", "zone", "answer"), ZONED)
def test_a_time_without_offset_is_in_the_zone(text: str, zone: str, answer: str) -> None:
    assert result("utc(a, b)", {"a": text, "b": zone}) == answer


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2024-03-03",
        "0000-00-00 00:00:00",
        "2024-02-30T00:00:00",
        "2024-03-03T25:00:00",
        "2024-03-03T14:09:27+25:00",
        "2024-03-03T14:09:27+01:75",
        "0001-01-01T00:00:00+01:00",
        "2024-W10-7T00:00:00",
        "2024-03-03T14:09:27 Z",
        "٢٠٢٤-03-03T14:09:27",
    ],
)
def test_utc_refuses_what_is_no_moment(text: str) -> None:
    with pytest.raises(ExpressionValueError, match=r"utc\(\)"):
        result("utc(@)", text)


@pytest.mark.parametrize("zone", ["Europe/Stokholm", "../../etc/passwd", "/etc", "CE ST"])
def test_utc_refuses_a_zone_that_does_not_exist(zone: str) -> None:
    with pytest.raises(ExpressionValueError, match="no time zone is called"):
        result("utc('2024-03-03T14:09:27', @)", zone)


@given(
    st.integers(-(10**10), 10**10).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_offset_is_taken_off(moment: datetime, minutes: int) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{moment.replace(tzinfo=None).isoformat()}{sign}{size // 60:02}:{size % 60:02}"
    expected = moment - timedelta(minutes=minutes)
    assert result("utc(@)", text) == expected.replace(tzinfo=None).isoformat() + "Z"


CALCULATIONS: list[tuple[str, str]] = [
    ("add('0.1', '0.2')", "0.3"),
    ("add(`1`, `2`, '3.50')", "6.50"),
    ("add(`1`, `2`)", "3"),
    ("add('1', `null`)", "null"),
    ("add('1', '')", "null"),
    ("subtract('5', '5.00')", "0.00"),
    ("multiply('19.99', `3`)", "59.97"),
    ("multiply('1e-10', '1e-10')", "1E-20"),
    ("divide('10', '4')", "2.5"),
    ("divide(`1`, `3`)", "0.3333333333333333333333333333"),
    ("divide(`1`, `3`, `4`)", "0.3333"),
    ("divide(`1`, `8`, `2`)", "0.13"),
    ("divide('-1', `8`, `2`)", "-0.13"),
    ("divide(`1`, `0`)", "null"),
    ("divide(`1`, '0.00', `2`)", "null"),
    ("divide(`0`, `7`, `2`)", "0.00"),
    ("round('2.5', `0`)", "3"),
    ("round('-2.345', `2`)", "-2.35"),
    ("round(`7`, `2`)", "7.00"),
    ("decimal('12.335999999999999')", "12.335999999999999"),
    ("decimal(`7`)", "7"),
    ("decimal('')", "null"),
]


@pytest.mark.parametrize(("text", "answer"), CALCULATIONS)
def test_arithmetic_is_exact_on_numbers_and_decimal_strings(text: str, answer: str) -> None:
    assert to_text(result(text)) == answer


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6).filter(bool),
    st.integers(0, 8),
)
def test_a_quotient_is_the_true_one_rounded_once(dividend: Decimal, divisor: Decimal, places: int) -> None:
    quotient = divide(dividend, divisor, places)
    scaled = (abs(dividend.as_integer_ratio()[0]) * divisor.as_integer_ratio()[1] * 10**places) * 2
    unit = abs(divisor.as_integer_ratio()[0]) * dividend.as_integer_ratio()[1]
    expected = (scaled + unit) // (2 * unit)  # half up, in whole numbers
    assert quotient is not None
    assert abs(quotient) == Decimal(expected).scaleb(-places)
    assert quotient == round_half_up(quotient, places)


CODES: list[tuple[str, str]] = [
    ("country('se')", "SE"),
    ("country(' SE ')", "SE"),
    ("country('SWE')", "SE"),
    ("country('752')", "SE"),
    ("country(`4`)", "AF"),
    ("currency('eur')", "EUR"),
    ('translate(\'a\', `{"a": "b"}`)', "b"),
    ("lower('ÅÄÖ')", "åäö"),
    ("replace('a.b.c', '.', '')", "abc"),
]


@pytest.mark.parametrize(("text", "answer"), CODES)
def test_codes_and_texts_become_what_records_speak(text: str, answer: str) -> None:
    assert result(text) == answer


def test_translate_gives_null_for_what_the_table_lacks() -> None:
    assert result('translate(\'x\', `{"a": "b"}`)') is None


def test_json_in_a_string_keeps_every_digit() -> None:
    value = result("json(@)", '{"price": 1.10, "n": 12345678901234567890.123456789}')
    assert to_text(value) == '{"price":1.10,"n":12345678901234567890.123456789}'


REFUSALS: list[tuple[str, Json, str]] = [
    ("country('UK')", None, "'UK' is no ISO 3166-1 country code"),
    ("currency('€')", None, "'€' is no ISO 4217 currency code"),
    ("decimal('1,5')", None, "'1,5' is no decimal number"),
    ("decimal('nan')", None, "'nan' is no decimal number"),
    ("add('x', `1`)", None, "'x' is no decimal number"),
    ("round('1', `101`)", None, "from 0 to 100, got 101"),
    ("round('1', `-1`)", None, "from 0 to 100, got -1"),
    ("round('1', `1e999999999`)", None, "a whole one from 0 to 100"),
    ("round('1', `1.5`)", None, "a whole one from 0 to 100, got 1.5"),
    ("divide(`1e9000`, `3`, `2`)", None, "more than 4096 digits"),
    ("multiply(`1.1`, @)", Decimal("1." + "1" * 5000), "more than 4096 digits"),
    ("split('a', '')", None, "empty separator"),
    ("replace('a', '', 'b')", None, "nothing to look for"),
    ("json('{')", None, "'{' is no JSON"),
    ("json('NaN')", None, "NaN is no JSON number"),
    ("contains('a', `1`)", None, "a string can only contain a string, not number"),
    ("sort_by(@, &a)", [{"a": 1}, {"a": "x"}], "only numbers or only strings"),
    ("max_by(@, &a)", [{"a": None}], "gave null for an element"),
    ("merge(@, `1`)", {}, "merge"),
]


@pytest.mark.parametrize(("text", "data", "reason"), REFUSALS, ids=[text for text, _, _ in REFUSALS])
def test_a_value_a_function_cannot_work_on_is_refused_with_the_reason(text: str, data: Json, reason: str) -> None:
    with pytest.raises(ExpressionValueError) as caught:
        result(text, data)
    assert reason in str(caught.value)
    assert caught.value.function in text


WRONG_TYPES: list[tuple[str, str]] = [
    ("abs('1')", "abs() takes number as argument 1, got string"),
    ("abs(`true`)", "abs() takes number as argument 1, got boolean"),
    ('sum(`[1, "a"]`)', "sum() takes array[number] as argument 1, got array[number|string]"),
    ("sum(`null`)", "sum() takes array[number] as argument 1, got null"),
    ("join(',', `[1]`)", "join() takes array[string] as argument 2, got array[number]"),
    ("sort(`[1, true]`)", "sort() takes array[number]|array[string] as argument 1, got array[boolean|number]"),
    ("length(`1`)", "length() takes string|array|object as argument 1, got number"),
    ("map(&a, 'x')", "map() takes array as argument 2, got string"),
    ("utc(`1`)", "utc() takes string|null as argument 1, got number"),
    ("add('1', `true`)", "add() takes number|string|null as argument 2, got boolean"),
    ("add('1', '1', '1', `[]`)", "add() takes number|string|null as argument 4, got array"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_TYPES, ids=[text for text, _ in WRONG_TYPES])
def test_an_argument_of_the_wrong_type_is_refused_by_position(text: str, message: str) -> None:
    with pytest.raises(ExpressionArgumentError) as caught:
        result(text)
    assert str(caught.value) == message
    with pytest.raises(ExpressionArgumentError):
        compile_expression(text).trace(None)
