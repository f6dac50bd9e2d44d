"""`trace` gives the value of `search` and exactly the nodes of the input that reached it."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.expressions.expression import (
    ANY,
    Expression,
    ExpressionError,
    Json,
    Path,
    Pattern,
    compile_expression,
)
from crossdock.expressions.touches import covers
from tests.expressions.grammar import documents, expressions, lossless_expressions, objects

ORDER: Json = {
    "id": 7,
    "zero": 0,
    "note": None,
    "paid": "2024-03-03T14:09:27",
    "total": "12.50",
    "zone": "Europe/Stockholm",
    "billing": {"city": "Lund", "zip": None},
    "empty": [],
    "lines": [{"id": 2, "name": "b", "tags": ["x", "y"]}, {"id": 1, "name": None, "tags": []}],
    "meta": [{"key": "a", "value": 1}, {"key": "v", "value": None}, {"key": "v", "value": "SE1"}, {"key": "n"}],
}

TAKEN: list[tuple[str, set[Path]]] = [
    ("@", {()}),
    ("id", {("id",)}),
    ("note", {("note",)}),  # null, but it exists
    ("absent", set()),
    ("billing.absent", set()),
    ("id.absent", set()),
    ("billing", {("billing",)}),
    ("{a: billing.city, b: id}", {("billing", "city"), ("id",)}),
    ("[billing, billing.city]", {("billing",)}),  # only the highest
    ("absent.{a: @}", set()),
    ("lines[0]", {("lines", 0)}),
    ("lines[-1].id", {("lines", 1, "id")}),
    ("lines[5]", set()),
    ("lines[1:]", {("lines", 1)}),
    ("lines[*].name", {("lines", 0, "name")}),  # the projection leaves null out
    ("lines[*].[name]", {("lines", 0, "name"), ("lines", 1, "name")}),
    ("lines[].tags[]", {("lines", 0, "tags", 0), ("lines", 0, "tags", 1)}),
    ("billing.*", {("billing", "city")}),
    ("lines[?id > `1`].id", {("lines", 0, "id")}),
    ("lines[?id > `1`] | length(@)", set()),
    ("meta[?key=='v'].value | [0]", {("meta", 2, "value")}),
    ("meta[?key=='v'] | [0].value", {("meta", 1, "value")}),
    ("meta[?key=='n'] | [0].value", set()),
    ("meta[?key=='x'].value | [0]", set()),
    ("note || id", {("id",)}),
    ("id || note", {("id",)}),
    ("id && total", {("total",)}),  # id is only the condition
    ("empty && total", {("empty",)}),  # what is false is the result
    ("!id", set()),
    ("id == `7`", set()),
    ("'literal'", set()),
    ("length(lines)", set()),
    ("join(',', lines[0].tags)", set()),
    ("to_number(total)", set()),
    ("keys(billing)", set()),
    ("type(id)", set()),
    ("utc(paid)", {("paid",)}),
    ("utc(paid, not_null(zone, 'UTC'))", {("paid",)}),
    ("decimal(total)", {("total",)}),
    ("nonzero(id)", {("id",)}),
    ("nonzero(zero)", set()),  # null: the 0 did not arrive
    ("[nonzero(zero), nonzero(id)]", {("id",)}),
    ("reverse(lines)", {("lines",)}),
    ("reverse(lines)[0]", {("lines", 1)}),
    ("reverse(total)", {("total",)}),
    ("sort(lines[0].tags)", {("lines", 0, "tags")}),
    ("sort_by(lines, &id)[0]", {("lines", 1)}),
    ("sort_by(lines, &id)", {("lines",)}),
    ("not_null(note, total, id)", {("total",)}),
    ("not_null(note)", set()),
    ("to_array(total)", {("total",)}),
    ("to_array(lines)[1]", {("lines", 1)}),
    ("values(billing)", {("billing", "city"), ("billing", "zip")}),
    ('merge(billing, `{"city": "Malmö"}`)', {("billing", "zip")}),
    ("merge(billing, {zip: id})", {("billing", "city"), ("id",)}),
    ("merge(billing, empty)", {("billing", "city"), ("billing", "zip")}),
    ("map(&name, lines)", {("lines", 0, "name"), ("lines", 1, "name")}),
    ("map(&length(tags), lines)", set()),
    ("{a: {b: lines[0]}}.a.b.name", {("lines", 0, "name")}),
    ("[total, id] | [1]", {("id",)}),
]


def compiled(text: str) -> Expression:
    return compile_expression(text)


@pytest.mark.parametrize(("text", "paths"), TAKEN, ids=[text for text, _ in TAKEN])
def test_what_reaches_the_value_is_taken_and_nothing_else(text: str, paths: set[Path]) -> None:
    expression = compiled(text)
    value, taken = expression.trace(ORDER)
    assert value == expression.search(ORDER)
    assert taken == paths


TOUCHED: list[tuple[str, set[Pattern]]] = [
    ("@", {()}),
    ("a.b", {("a", "b")}),
    ("a[0].b", {("a", 0, "b")}),
    ("a[-1].b", {("a", ANY, "b")}),
    ("a[1:].b", {("a", ANY, "b")}),
    ("a[?b == c].d", {("a", ANY, "d")}),
    ("meta[?key=='v'].value | [0]", {("meta", ANY, "value")}),
    ("a.*.b", {("a", ANY, "b")}),
    ("a[].b", {("a", ANY, "b"), ("a", ANY, ANY, "b")}),
    ("a || b.c", {("a",), ("b", "c")}),
    ("{x: a, y: b.c}.y", {("b", "c")}),
    ("length(a)", set()),
    ("'a'", set()),
    ("a == b", set()),
    ("utc(a, b)", {("a",)}),
    ("merge(a, {x: b}).x", {("a", "x"), ("b",)}),
    ("merge(a, b)", {("a", ANY), ("b", ANY)}),
    ("map(&b, a)", {("a", ANY, "b")}),
]


@pytest.mark.parametrize(("text", "patterns"), TOUCHED, ids=[text for text, _ in TOUCHED])
def test_the_text_alone_tells_what_may_be_taken(text: str, patterns: set[Pattern]) -> None:
    assert compiled(text).touches == patterns


LONG: list[str] = [
    "a" + "[].a" * 50,
    "a" + "[].a" * 50 + " || b.c",
    " | ".join(["{a: @, b: @}"] * 50),
    " | ".join(["[@, @]"] * 50),
    "[" + ", ".join(f"a.f{number}" for number in range(600)) + "]",
]


@pytest.mark.parametrize("text", LONG, ids=[text[:12] for text in LONG])
def test_what_may_be_very_many_things_is_told_by_a_shorter_pattern(text: str) -> None:
    expression = compiled(text)
    data: Json = {"a": [[{"a": [{"a": 1}]}]], "f299": 3}
    _, taken = expression.trace(data)
    assert len(expression.touches) <= 500
    assert all(any(covers(pattern, path) for pattern in expression.touches) for path in taken)


def outcome(text: str, data: Json) -> str:
    try:
        return repr(compiled(text).search(data))
    except ExpressionError as error:
        return type(error).__name__


def traced_outcome(text: str, data: Json) -> str:
    try:
        return repr(compiled(text).trace(data)[0])
    except ExpressionError as error:
        return type(error).__name__


@settings(max_examples=600, deadline=None)
@given(expressions, documents)
def test_tracing_does_not_change_the_answer(text: str, data: Json) -> None:
    assert traced_outcome(text, data) == outcome(text, data)


def exists(data: Json, path: Path) -> bool:
    for step in path:
        if isinstance(data, dict) and step in data:
            data = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
            data = data[step]
        else:
            return False
    return True


@settings(max_examples=600, deadline=None)
@given(expressions | lossless_expressions, documents)
def test_whatever_is_taken_exists_is_highest_and_was_foreseen(text: str, data: Json) -> None:
    expression = compiled(text)
    try:
        _, taken = expression.trace(data)
    except ExpressionError:
        return
    for path in taken:
        assert exists(data, path)
        assert not any(path[:end] in taken for end in range(len(path)))
        assert any(covers(pattern, path) for pattern in expression.touches)


def characters(value: Json) -> Iterator[str]:
    """The strings in a value, however deep."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from characters(item)
        case dict():
            for item in value.values():
                yield from characters(item)


def numbered(data: Json, supply: Iterator[int]) -> Json:
    """The document with a different character in place of each string: reversing one does not change it."""
    match data:
        case str():
            return chr(next(supply))
        case list():
            return [numbered(item, supply) for item in data]
        case dict():
            return {name: numbered(item, supply) for name, item in data.items()}
        case _:
            return data


def at(data: Json, path: Path) -> Json:
    for step in path:
        data = data[step]  # type: ignore[index]  # the path was taken from it
    return data


@settings(max_examples=600, deadline=None)
@given(lossless_expressions, objects(st.just("n"), st.just("s"), depth=2))
def test_what_arrives_is_exactly_what_is_taken(text: str, template: Json) -> None:
    data = numbered(template, iter(range(0x4E00, 0x9000)))
    try:
        value, taken = compiled(text).trace(data)
    except ExpressionError:
        return
    assert set(characters(value)) == {found for path in taken for found in characters(at(data, path))}
