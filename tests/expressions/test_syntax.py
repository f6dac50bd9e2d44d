"""A bad expression is refused when it is compiled, with the place inside it; no text crashes the interpreter."""

import pytest
from hypothesis import given, strategies as st

from crossdock.expressions.expression import ExpressionError, ExpressionSyntaxError, Json, compile_expression

MISTAKES: list[tuple[str, int, str]] = [
    ("", 0, "empty; write @"),
    ("a.", 2, "ends too early"),
    ("a[?b=='x'", 9, "ends too early"),
    ("a..b", 2, "'.'"),
    ("a b", 2, "unexpected token: 'b'"),
    ("a[?b=='x]", 6, "unclosed ' delimiter"),
    ("a = b", 2, "unknown token '='; write == to compare"),
    ("a is null", 2, "unexpected token: 'is'; write == to compare"),
    ("a == 'b' and c", 9, "unexpected token: 'and'; write && for and"),
    ("a == 'b' or c", 9, "unexpected token: 'or'; write || for or"),
    ("a <> 'b'", 3, "unexpected token: '>'; write != for what differs"),
    ("a in ['x']", 2, "unexpected token: 'in'; write contains(LIST, VALUE)"),
    ("a > 100", 4, "unexpected token: 100; a number stands in backticks: `100`"),
    ("a == -1.50", 5, "unexpected token: -1; a number stands in backticks: `-1.50`"),
    ("a + b", 2, "unknown token +; write add(A, B)"),
    ("a * b", 2, "unexpected token: '*'; write multiply(A, B)"),
    ("a == “b”", 5, "unknown token “; a text stands in straight single quotes: 'x'"),
    ('a | `{"b"`', 4, "no JSON"),
    ("a.b-c", 3, "unknown token '-'; write subtract(A, B), and a name that has a '-' in double quotes"),
    ("a || lenght(b)", 5, "there is no function lenght(); did you mean length()?"),
    ("zzz(b)", 0, "there is no function zzz(); there are abs, add,"),
    ("a.length(b, c)", 2, "cannot be called with 2 argument(s)"),
    ("a.{b: join(',')}", 6, "join(string glue, array[string] strings) cannot be called with 1 argument(s)"),
    ("not_null()", 0, "cannot be called with 0 argument(s)"),
    ("utc(a, b, c)", 0, "utc(string|null text[, string|null zone]) cannot be called with 3 argument(s)"),
    ("sort_by(a, b)", 0, "write it with a leading &"),
    ("abs(&a)", 0, "&expression can only be an argument of a function that takes one"),
    ("&a", 0, "&expression can only"),
    ("a[::0]", 0, "the step of a slice cannot be 0"),
    ("[" + "9" * 5000 + "]", 0, "a number in it is impossible"),
]


@pytest.mark.parametrize(("text", "offset", "message"), MISTAKES, ids=[text[:20] for text, _, _ in MISTAKES])
def test_a_mistake_is_named_with_its_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_expression(text)
    assert message in caught.value.message
    assert caught.value.offset == offset
    assert caught.value.text == text
    assert str(caught.value).endswith(f"at offset {offset} of {text!r}")


MONSTERS = {
    "parentheses": "(" * 20000 + "a" + ")" * 20000,
    "brackets": "[" * 20000,
    "nots": "!" * 20000 + "a",
    "pipes": "a" + "|a" * 20000,
    "ors": "a" + "||a" * 20000,
    "projections": "a" + "[*]" * 20000,
    "flattens": "a" + "[]" * 20000,
    "filters": "a[?" * 20000,
    "calls": "not_null(" * 20000 + "a" + ")" * 20000,
    "literal": "`" + "[" * 200000 + "]" * 200000 + "`",
    "exprefs": "map(&" * 5000,
    "hashes": "{a:" * 20000,
}


@pytest.mark.parametrize("text", MONSTERS.values(), ids=MONSTERS)
def test_an_expression_nested_beyond_reason_is_a_syntax_error(text: str) -> None:
    with pytest.raises(ExpressionSyntaxError):
        compile_expression(text)


DEEP_BUT_FINE = ["(" * 40 + "a" + ")" * 40, "a" + ".b" * 5000, "a" + " || a" * 150, "a" + "[*].b" * 60, "!" * 100 + "a"]


@pytest.mark.parametrize("text", DEEP_BUT_FINE, ids=[text[:12] for text in DEEP_BUT_FINE])
def test_what_compiles_can_be_evaluated(text: str) -> None:
    data: Json = None
    for _ in range(150):
        data = {"a": [data], "b": [data]}
    expression = compile_expression(text)
    assert expression.trace(data)[0] == expression.search(data)


def nested(depth: int) -> Json:
    data: Json = 1
    for _ in range(depth):
        data = [data]
    return data


@pytest.mark.parametrize("text", ["to_string(@)", "a == b", "a != b", "contains(c, b)"])
def test_data_nested_beyond_reason_is_an_error_not_a_crash(text: str) -> None:
    data: Json = {"a": nested(100_000), "b": nested(100_000), "c": [nested(100_000)]}
    with pytest.raises(ExpressionError, match=r"nested too deep|recursion"):
        compile_expression(text).search(data)


@given(st.text(alphabet="ab@.*[]?(){}:,|&!=<>'`\"\\-01 \n\té", max_size=30))
def test_any_text_compiles_or_is_a_syntax_error(text: str) -> None:
    try:
        expression = compile_expression(text)
    except ExpressionSyntaxError as error:
        offset = error.offset
    else:
        offset = 0
        assert expression.text == text
    assert 0 <= offset <= len(text)
