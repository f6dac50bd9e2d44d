"""Which fields an expression asks for is told from its text, as far as it is certain where it looks."""

import pytest

from crossdock.expressions.asked import asked_fields


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a.b.c", ["a", "a.b", "a.b.c"]),
        ('a == "b" && !(c.d) || `1`', ["a", "b", "c", "c.d"]),
        ("rows[?sku == 'x' && contains(tags, 'y')].name", ["rows", "rows.[].name", "rows.[].sku", "rows.[].tags"]),
        ("rows[].taxes[].rate", ["rows", "rows.[].taxes"]),
        ("rows[0].sku", ["rows", "rows.[]", "rows.[].sku"]),
        ("rows[1:].sku", ["rows", "rows.[].sku"]),
        ("length(rows) > `1`", ["rows"]),
        ("@ | a | b", ["a", "a.b"]),
        ("{x: a, y: [b.c]}", ["a", "b", "b.c"]),
        # what is made on the way has fields of its own
        ("{x: a}.x", ["a"]),
        ("sort_by(rows, &sku)[0].name", ["rows"]),
        ("rows[*].sku | [0].x", ["rows", "rows.[].sku"]),
        ("a.*.b", []),
        ("@", []),
    ],
)
def test_fields_are_named_by_the_steps_that_lead_to_them(text: str, asked: list[str]) -> None:
    assert [".".join(steps) for steps in asked_fields(text)] == asked
