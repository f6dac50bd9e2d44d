"""Random expressions, and random documents in which they find something.

A field's name says what it mostly holds: n and m numbers, s and t strings, ns, ss and os arrays of numbers, strings
and objects, o an object, x anything. So an expression that is put together from `TEMPLATES` by kind mostly works,
while `_wild` follows the grammar and nothing else.
"""

import string
from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from crossdock.expressions.expression import Json

Texts = SearchStrategy[str]

STRINGS = st.sampled_from(["", "a", "b", "x", "10", "-3", "a b", "é"])
NUMBERS = st.integers(-3, 12)
NAMES = st.sampled_from(["n", "m", "s", "t", "ns", "ss", "os", "o", "x"])

# What is made of what: {kind} stands for an expression of that kind. Nothing is lost in these.
LOSSLESS: Mapping[str, tuple[str, ...]] = {
    "n": ("n", "m", "{o}.n", "{ns}[0]", "{ns}[-1]", "{os}[1].m", "({n} || {n})", "not_null({n}, {n})", "({o} | {n})"),
    "s": ("s", "t", "{o}.s", "{ss}[0]", "{ss}[1]", "{os}[0].t", "({s} || {n})", "not_null({s}, {s})", "reverse({s})"),
    "ns": (
        "ns",
        "{os}[*].n",
        "{os}[?{if}].m",
        "[{n}, {n}]",
        "sort({ns})",
        "reverse({ns})",
        "{ns}[1:]",
        "{ns}[::-1]",
        "map(&n, {os})",
        "{o}.ns",
        "{os}[].ns[]",
        "to_array({n})",
        "{ns}[?{if}]",
        "{o}.*",
    ),
    "ss": (
        "ss",
        "{os}[*].s",
        "{os}[?{if}].t",
        "[{s}, {s}, {n}]",
        "sort({ss})",
        "{ss}[:-1]",
        "map(&s, {os})",
        "{os}[].ss[]",
        "values({o})",
        "{o}.[s, t]",
    ),
    "os": (
        "os",
        "{os}[?{if}]",
        "{os}[0:2]",
        "{os}[?{if}].{{n: {n}, s: {s}}}",
        "sort_by({os}, &n)",
        "sort_by({os}, &s)",
        "reverse({os})",
        "[{o}, {o}]",
        "{os}[].os[]",
        "to_array({o})",
        "map(&{o}, {os})",
        "({os} | {os})",
        "{os}[*].o",
        "[{os}, {os}][]",
    ),
    "o": (
        "o",
        "@",
        "{os}[0]",
        "{os}[-2]",
        "({os} | [0])",
        "{{n: {n}, s: {s}, os: {os}}}",
        "merge({o}, {o})",
        "({o} && {o})",
        "{o}.o",
        "{o}.{{n: n, ss: {ss}, x: {x}}}",
        "not_null(x, {o})",
    ),
    "x": ("x", "{n}", "{s}", "{ns}", "{ss}", "{os}", "{o}", "*", "[*]", "({x} || {x})", "({o} | {x})", "[{x}, {x}]"),
}

LOSSY: Mapping[str, tuple[str, ...]] = {
    "n": (
        "`1`",
        "`7`",
        "length({x})",
        "length({s})",
        "sum({ns})",
        "sum({os}[*].n)",
        "max({ns})",
        "min({ns})",
        "max_by({os}, &n).m",
        "abs({n})",
        "ceil({n})",
        "floor({n})",
        "to_number({x})",
        "to_number({s})",
    ),
    "s": ("'a'", "'10'", "`x`", "join('-', {ss})", "join({s}, {ss})", "to_string({x})", "type({x})", "max({ss})"),
    "ns": ("`[3, 1, 2]`", "{os}[*].length(x)", "[sum({ns}), {n}]"),
    "ss": ("keys({o})", '`["b", "a"]`', "map(&type(@), {os})", "{os}[*].to_string(@)"),
    "os": ("`[]`", '`[{{"n": 1}}, {{"n": true}}]`', "[max_by({os}, &n), min_by({os}, &s)]"),
    "o": ("`{{}}`", '`{{"n": 2, "x": [1, null]}}`', "min_by({os}, &m)", "{o}.{{n: length(@), s: type(x)}}"),
    "x": ("{if}", "`null`", "`[1, [true]]`", "[{if}, {if}]"),
}

CONDITIONS = (
    *(f"{{{kind}}} {sign} {{{kind}}}" for kind in "nsx" for sign in ("==", "!=", "<", "<=", ">", ">=")),
    "{x}",
    "!{x}",
    "({if} && {if})",
    "({if} || {if})",
    "contains({ss}, {s})",
    "contains({ns}, {n})",
    "contains({s}, {s})",
    "starts_with({s}, {s})",
    "ends_with({s}, {s})",
    "{n} < {s}",
    "{ns} == {ns}",
    "{o} != {o}",
)


def _filled(template: str, kinds: Mapping[str, Texts]) -> Texts:
    """The template with an expression of its kind in each place."""
    pieces = list(string.Formatter().parse(template))
    parts = [
        st.tuples(st.just(literal), kinds[kind]).map("".join) if kind else st.just(literal)
        for literal, kind, _, _ in pieces
    ]
    return st.tuples(*parts).map("".join)


def _expressions(depth: int, *, lossy: bool) -> dict[str, Texts]:
    """Expressions of each kind, with at most so many levels of templates in templates."""
    tables = [LOSSLESS, LOSSY] if lossy else [LOSSLESS]
    templates = {kind: [text for table in tables for text in table[kind]] for kind in LOSSLESS}
    leaves = {kind: st.sampled_from([text for text in templates[kind] if "{" not in text]) for kind in templates}
    leaves["if"] = leaves["x"]
    for _ in range(depth):
        below = leaves
        leaves = {kind: st.one_of([_filled(text, below) for text in templates[kind]]) for kind in templates}
        leaves["if"] = st.one_of([_filled(text, below) for text in CONDITIONS])
    return leaves


def _wild(inner: Texts) -> Texts:
    step = st.one_of(
        NAMES.map(".{}".format),
        NAMES.map('."{}"'.format),
        st.integers(-4, 4).map("[{}]".format),
        st.sampled_from(["[*]", "[]", ".*", "[1:]", "[::2]", "[-3:-1]", "[:2:-1]"]),
        inner.map("[?{}]".format),
        inner.map(" == {}".format),
        inner.map(" < {}".format),
        inner.map(" | {}".format),
        inner.map(" || {}".format),
        inner.map(" && {}".format),
        inner.map(".[{}]".format),
        st.tuples(NAMES, inner).map(".{{{0[0]}: {0[1]}}}".format),
        st.sampled_from(["type", "to_string", "to_array", "length", "keys", "sort", "sum"]).map(".{}(@)".format),
    )
    return st.tuples(inner, step).map("".join) | inner.map("({})".format) | inner.map("!{}".format)


_literals = st.sampled_from(["'a'", "`1`", "`0`", "`true`", "`null`", "`[]`", '`[1, "a"]`', "`bare`", "@", "*", "[]"])

expressions: Texts = _expressions(3, lossy=True)["x"] | st.recursive(NAMES | _literals, _wild, max_leaves=8)
"""Any expression of the standard that makes no decimals (so neither `avg` nor a literal with a point)."""

lossless_expressions: Texts = _expressions(3, lossy=False)["x"]
"""Expressions whose result was wholly taken from the input: no literals, no function that loses anything."""


def objects(numbers: SearchStrategy[Json], strings: SearchStrategy[Json], depth: int) -> SearchStrategy[Json]:
    """Objects with the fields that the expressions look for, each of them missing or odd at times."""
    scalars = st.none() | st.booleans() | numbers | strings
    inner: SearchStrategy[Json] = scalars if depth == 0 else objects(numbers, strings, depth - 1)

    def mostly(kind: SearchStrategy[Json]) -> SearchStrategy[Json]:
        return st.one_of(kind, kind, kind, kind, scalars)

    usual: dict[str, SearchStrategy[Json]] = {
        "n": mostly(numbers),
        "s": mostly(strings),
        "os": mostly(st.lists(inner, max_size=4)),
        "o": mostly(inner),
    }
    rarer: dict[str, SearchStrategy[Json]] = {
        "m": mostly(numbers),
        "t": mostly(strings),
        "ns": mostly(st.lists(numbers, max_size=4)),
        "ss": mostly(st.lists(strings, max_size=4)),
        "x": mostly(inner) | st.lists(st.lists(scalars, max_size=2).map(list[Json]), max_size=2),
    }
    return st.fixed_dictionaries(usual, optional=rarer)


documents: SearchStrategy[Json] = objects(NUMBERS, STRINGS, depth=2)
"""Documents without decimals."""
