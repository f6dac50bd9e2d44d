"""Expressions of a simple shape are recognised, so that the mapper can take the short way."""

from typing import Any

import jmespath
import pytest
from hypothesis import given, strategies as st

from crossdock.expressions.expression import KeyValueLookup, Path, compile_expression

PLAIN: list[tuple[str, Path | None]] = [
    ("id", ("id",)),
    ("billing.first_name", ("billing", "first_name")),
    ('billing."first-name"', ("billing", "first-name")),
    ("lines[0].tags[1]", ("lines", 0, "tags", 1)),
    ("@", ()),
    ("@.id", ("id",)),
    ("[0]", (0,)),
    ("a | b.c", ("a", "b", "c")),
    ("(a).b", ("a", "b")),
    ("lines[-1]", None),
    ("lines[*].id", None),
    ("lines[0:1]", None),
    ("a || b", None),
    ("'a'", None),
    ("utc(a)", None),
]


@pytest.mark.parametrize(("text", "path"), PLAIN, ids=[text for text, _ in PLAIN])
def test_a_path_of_fields_and_indexes_is_plain(text: str, path: Path | None) -> None:
    assert compile_expression(text).plain == path


UNARY: list[tuple[str, tuple[list[str], Path] | None]] = [
    ("utc(date)", (["utc"], ("date",))),
    ("utc(billing.date)", (["utc"], ("billing", "date"))),
    ("not_null(decimal(total))", (["not_null", "decimal"], ("total",))),
    ("utc(date, zone)", None),  # two arguments
    ("length(lines)", None),  # loses what it counts
    ("utc(lower(date))", None),
    ("values(billing)", None),  # loses the names
    ("date", None),  # no function at all
]


@pytest.mark.parametrize(("text", "chain"), UNARY, ids=[text for text, _ in UNARY])
def test_lossless_functions_around_a_path_are_a_chain(text: str, chain: tuple[list[str], Path] | None) -> None:
    unary = compile_expression(text).unary
    assert chain == (unary and ([function.name for function in unary[0]], unary[1]))


ALTERNATIVES: list[tuple[str, list[tuple[list[str], Path]] | None]] = [
    ("a || b", [([], ("a",)), ([], ("b",))]),
    ("nonzero(a) || not_null(decimal(b.c))", [(["nonzero"], ("a",)), (["not_null", "decimal"], ("b", "c"))]),
    ("a || b || c", None),
    ("a || 'b'", None),
    ("@ || b", None),
    ("upper(a) || b", None),
    ("a && b", None),
]


@pytest.mark.parametrize(("text", "chains"), ALTERNATIVES, ids=[text for text, _ in ALTERNATIVES])
def test_one_value_or_another_is_an_alternative(text: str, chains: list[tuple[list[str], Path]] | None) -> None:
    alternative = compile_expression(text).alternative
    found = alternative and [([function.name for function in functions], path) for functions, path in alternative]
    assert found == chains


V = KeyValueLookup(("meta",), "key", "_vat", "value", skips_null=True)
FIRST = KeyValueLookup(("meta",), "key", "_vat", "value", skips_null=False)
LOOKUPS: list[tuple[str, KeyValueLookup | None]] = [
    ("meta[?key=='_vat'].value | [0]", V),
    ("meta[?'_vat'==key].value | [0]", V),
    ('meta[?key==`"_vat"`].value | [0]', V),
    ("(meta[?key=='_vat'].value)[0]", V),
    ("meta[?key=='_vat'] | [0].value", FIRST),
    ("a.b[?name=='x'].val | [0]", KeyValueLookup(("a", "b"), "name", "x", "val", skips_null=True)),
    ("[?key=='x'].value | [0]", KeyValueLookup((), "key", "x", "value", skips_null=True)),
    ("meta[?key=='_vat'].value | [1]", None),
    ("meta[?key=='_vat'].value", None),
    ("meta[?key=='_vat'] | [0]", None),
    ("meta[?key!='_vat'].value | [0]", None),
    ("meta[?key==`1`].value | [0]", None),
    ("meta[?key==other].value | [0]", None),
    ("meta[?a.key=='_vat'].value | [0]", None),
    ("meta[*].value | [0]", None),
]


@pytest.mark.parametrize(("text", "lookup"), LOOKUPS, ids=[text for text, _ in LOOKUPS])
def test_the_value_of_a_key_in_a_list_is_a_look_up(text: str, lookup: KeyValueLookup | None) -> None:
    assert compile_expression(text).key_value == lookup


entries = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {}, optional={"key": st.sampled_from(["x", "y", 1, None]), "value": st.sampled_from(["a", "", 0, None])}
        ),
        st.sampled_from([None, "x", 3]),
    ),
    max_size=5,
)


@given(entries | st.sampled_from([None, "x", {}]), st.booleans())
def test_a_look_up_gives_what_the_library_gives(meta: Any, skips_null: bool) -> None:
    text = "meta[?key=='x'].value | [0]" if skips_null else "meta[?key=='x'] | [0].value"
    expression = compile_expression(text)
    assert expression.key_value is not None
    assert expression.search({"meta": meta}) == expression.trace({"meta": meta})[0]
    assert expression.search({"meta": meta}) == jmespath.search(text, {"meta": meta})
