"""Random mappings as TOML text, and random payloads in which they find something.

The names of a payload say what they mostly hold: s and t texts, n numbers, o an object, l a list, m and meta_data
key/value lists, lines and parcels lists that may become sub-records. Any of them may hold something else at times.
"""

import json
import string
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from crossdock.mapping.mapper import Refusal

Texts = SearchStrategy[str]

NAMES = st.sampled_from(["s", "t", "n", "o", "l", "m"])
KEYS = ["_a", "_b", "_a#2", "x.y|%", ""]

# What a target wants: text, number, list.
TARGETS = {
    "displayId": "text",
    "customerNote": "text",
    "channel": "text",
    "placedAt": "text",
    "currency": "text",
    "pricesIncludeVat": "number",
    "discountCodes": "list",
    "totals.totalInclVat": "number",
    "totals.vatAmount": "number",
    "customer.remoteIdMap": "text",
    "customer.email": "text",
    "billingAddress.city": "text",
    "billingAddress.countryCode": "text",
}
ROW_TARGETS = {
    "sku": "text",
    "name": "text",
    "quantity": "number",
    "totalExclVat": "number",
    "productRemoteIdMap": "text",
    "type": "text",
    "gtin": "text",
}
PAYMENT_TARGETS = {"method": "text", "amount": "number", "paidAt": "text", "transactionId": "text"}

# {f} is a name that holds what is wanted, {k} a key of a key/value list, {c} a condition, {e} another such expression.
SCALAR_EXPRESSIONS = (
    "{f}",
    "{f}",
    "o.{f}",
    "o.o.{f}",
    "l[0].{f}",
    "l[-1].{f}",
    "lines[0].{f}",
    "lines[1].o.{f}",
    *(["meta_data[?key=='{k}'].value | [0]"] * 6),
    "meta_data[?key=='{k}'] | [0].value",
    "utc(meta_data[?key=='{k}'].value | [0])",
    "not_null(meta_data[?key=='{k}'].value | [0])",
    "meta_data[?key=='{k}'].label | [0]",
    "meta_data[?key=='{k}'].o.{f} | [0]",
    "meta_data[0].value",
    "meta_data[*].value | [0]",
    "o.m[?k=='{k}'].v | [0]",
    "l[0].m[?k=='{k}'].v | [0]",
    "lines[0].meta_data[?key=='{k}'].value | [0]",
    "lines[].meta_data[].value | [0]",
    "l[?{c}].{f} | [0]",
    "l[?{c}] | [0].{f}",
    "lines[?{c}].{f} | [0]",
    "l[*].{f} | [0]",
    "o.* | [0]",
    "* | [0]",
    "*.{f} | [0]",
    "*[].o.{f} | [0]",
    "*[*].{f} | [0]",
    "*[0].o.{f} | [0]",
    "*.*[].{f} | [0]",
    "@[].o.{f} | [0]",
    "l[].l[].{f} | [0]",
    *(["utc({f})", "nonzero({f})", "decimal({f})"] * 2),
    "not_null(o.{f})",
    "not_null(o.{f}, {f})",
    "reverse({f})",
    "({e} || {e})",
    "({e} && {e})",
    *(["nonzero({f}) || nonzero({f})", "{f} || nonzero(o.{f})", "o.{f} || {f}"] * 2),
    "[{e}, {e}] | [1]",
    "{{x: {e}, y: o}}.x",
    "merge(o, o.o).{f}",
    "values(o) | [0]",
    "sort_by(l, &n)[0].{f}",
    "to_array({e}) | [0]",
    "map(&{f}, l) | [0]",
    "upper({f})",
    "length({f})",
    "multiply(n, `2`)",
    "join('-', l[*].s)",
    "'fixed'",
    "`1.50`",
    "[`1`][0]",
)
LIST_EXPRESSIONS = (
    "l",
    "l[*]",
    "l[]",
    "l[*].{f}",
    "l[?{c}]",
    "l[?{c}].o",
    "l[].{f}",
    "l[1:]",
    "o.l",
    "lines",
    "lines[*]",
    "lines[].{f}",
    "lines[0].meta_data",
    "meta_data",
    "meta_data[*].value",
    "meta_data[*].[key, value]",
    "m",
    "o.m",
    "[{f}, o]",
    "[@]",
    "[o.o, {f}]",
    "o.*",
    "*",
    "*.{f}",
    "to_array(o)",
    "map(&{f}, l)",
    "reverse(l)",
    "sort_by(l, &n)",
    "l[*].{{x: {f}, y: o}}",
    "values(o)",
    '`["fixed"]`',
)
CONDITIONS = ("{f}", "{f}=='a'", "n > `1`", "!{f}")

RULES = (
    "{f}",
    "o.{f}",
    "o",
    "o[].{f}",
    "l[]",
    "l[].{f}",
    "l[].o.{f}",
    "lines[].{f}",
    "lines[].o.{f}",
    "meta.{k}",
    "o.bag.{k}",
    "lines[].meta.{k}",
    "meta_data[].label",
    "meta_data[].o.{f}",
    "meta_data[].o",
    "lines[].meta_data[].label",
    "lines",
    "lines[]",
    "meta_data",
)


def _mostly(usual: SearchStrategy[Any], odd: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.one_of(usual, usual, usual, usual, odd)


def _filled(template: str, parts: dict[str, Texts]) -> Texts:
    pieces = list(string.Formatter().parse(template))
    drawn = [
        st.tuples(st.just(literal), parts[name]).map("".join) if name else st.just(literal)
        for literal, name, _, _ in pieces
    ]
    return st.tuples(*drawn).map("".join)


def _one_of(templates: tuple[str, ...], parts: dict[str, Texts]) -> Texts:
    return st.sampled_from(templates).flatmap(lambda template: _filled(template, parts))


_keys = _mostly(st.just("_a"), st.sampled_from(["_b", "_a#2"]))


def _expressions(kind: str) -> Texts:
    """Expressions that mostly give what a target wants, one level of them in others."""
    names = {"text": ["s", "s", "t", "n"], "number": ["n", "n", "t"], "list": ["s", "t", "n", "o", "l", "m"]}[kind]
    basics: dict[str, Texts] = {"f": st.sampled_from(names), "k": _keys}
    basics["c"] = _one_of(CONDITIONS, basics)
    templates = LIST_EXPRESSIONS if kind == "list" else SCALAR_EXPRESSIONS
    inner = _one_of(tuple(text for text in templates if "{e}" not in text), basics)
    return _one_of(templates, {**basics, "e": inner})


EXPRESSIONS = {kind: _expressions(kind) for kind in ("text", "number", "list")}


@st.composite
def lines(draw: st.DrawFn, targets: dict[str, str], most: int = 7) -> str:
    """The lines of a table of fields."""
    chosen = draw(st.lists(st.sampled_from(sorted(targets)), unique=True, max_size=most))
    text = ""
    for target in chosen:
        source = json.dumps(draw(EXPRESSIONS[targets[target]]))
        keep = draw(st.sampled_from(["", "", "", "keep"]))
        text += f"{json.dumps(target)} = {f'{{ from = {source}, keep = true }}' if keep else source}\n"
    return text


@st.composite
def rules(draw: st.DrawFn) -> str:
    """The lines of a table of rules."""
    chosen = draw(st.lists(_one_of(RULES, {"f": NAMES, "k": _keys}), unique=True, max_size=2))
    return "".join(f"{json.dumps(rule)} = 'because'\n" for rule in chosen)


@st.composite
def mappings(draw: st.DrawFn) -> str:
    """A connector's mapping.toml of orders; it may have problems."""
    text = "[order]\nid = 'id'\n"
    text += draw(st.sampled_from(["", "reference = 's'\n", "reference = 'o.s'\n"]))
    text += f"[order.fields]\n{draw(lines(TARGETS))}"
    if draw(st.booleans()):
        text += "[order.keyValue.meta]\nlist = 'meta_data'\n" + draw(
            st.sampled_from(["", "sort = 'id'\n", "sort = 'id'\ndrop = { id = 'no use', label = 'again' }\n"])
        )
    if draw(st.booleans()):
        text += "[order.keyValue.bag]\nlist = 'o.m'\nkey = 'k'\nvalue = 'v'\n"
    if draw(st.booleans()):
        text += "[order.keyValue.list]\nlist = 'l[].m'\nprefix = 'meta'\nkey = 'k'\nvalue = 'v'\n"
    if draw(st.booleans()):
        text += (
            f"[order.rows.product]\nover = 'lines'\n{draw(st.sampled_from(['', 'id = `n`'.replace('`', chr(39))]))}\n"
        )
        own = draw(lines(ROW_TARGETS))
        text += f"[order.rows.product.fields]\n{own}"
        if '"type"' not in own:  # without one the block would be refused
            text += "type = \"'product'\"\n"
        if draw(st.booleans()):
            text += "[order.rows.product.keyValue.meta]\nlist = 'meta_data'\ndrop = { id = 'no use' }\n"
        if draw(st.booleans()):
            text += "[order.rows.product.drop]\nt = 'not needed'\n"
    if draw(st.booleans()):
        text += "[order.shipments.main]\nover = 'o.parcels'\n[order.shipments.main.fields]\ncarrier = 's'\n"
    if draw(st.booleans()):
        text += (
            f"[order.payments.main]\nover = '@'\n{draw(st.sampled_from(['', 'when = `s`'.replace('`', chr(39))]))}\n"
        )
        text += f"[order.payments.main.fields]\n{draw(lines(PAYMENT_TARGETS))}"
    if draw(st.booleans()):
        text += f"[order.drop]\n{draw(rules())}"
    if draw(st.booleans()):
        text += f"[order.redact]\n{draw(rules())}"
    return text


@st.composite
def overrides(draw: st.DrawFn) -> str:
    """What a connection adds in its plugins.toml: its rules silence the connector's lines."""
    head = "[connection.import.order"
    return (
        f"[[connection]]\n{head}.mapping]\n{draw(lines(TARGETS, most=2))}"
        f"{head}.drop]\n{draw(rules())}{head}.redact]\n{draw(rules())}"
    )


DECIMALS = st.sampled_from(["0", "0.00", "1.10", "12.335999999999999", "-0.0", "1E+3", "99999999999999999999.5"])
SCALARS: SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    DECIMALS.map(Decimal),
    st.sampled_from(
        ["", "a", "b", "1.10", "+5", "007", "SE", "UK", "2024-03-03T14:09:27", "2024-03-03T15:09:27.1234567+01:00"]
    ),
)


TEXTS = st.sampled_from(
    ["a", "b", "x", "", "1.10", "+5", "SE", "2024-03-03T14:09:27", "2024-03-03T15:09:27.1234567+01:00"]
)
NUMBERS = st.integers(-2, 12) | DECIMALS.map(Decimal)
ODD = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=4
)


def _entries(key: str, value: str) -> SearchStrategy[list[Any]]:
    entry = st.fixed_dictionaries(
        {key: _mostly(st.just("_a"), st.sampled_from(KEYS) | ODD), value: _mostly(_mostly(TEXTS, NUMBERS), ODD)},
        optional={"id": st.integers(0, 5), "label": SCALARS, "o": st.dictionaries(NAMES, SCALARS, max_size=2)},
    )
    return _mostly(st.lists(_mostly(entry, ODD), min_size=1, max_size=4), st.just([]))


def _objects(depth: int) -> SearchStrategy[dict[str, Any]]:
    inner: SearchStrategy[Any] = SCALARS if depth == 0 else _objects(depth - 1)
    larger: dict[str, SearchStrategy[Any]] = {
        "o": _mostly(inner, ODD),
        "l": _mostly(st.lists(inner, max_size=2), ODD),
        "meta_data": _mostly(_entries("key", "value"), ODD),
    }
    return st.fixed_dictionaries(
        {"s": _mostly(TEXTS, ODD), "n": _mostly(NUMBERS, ODD), **(larger if depth > 1 else {})},
        optional={
            **({} if depth > 1 else larger),
            "t": _mostly(TEXTS | NUMBERS, ODD),
            "m": _mostly(_entries("k", "v"), ODD),
            "meta": ODD,
            "odd.[name": ODD,
            "": SCALARS,
        },
    )


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    """A payload with an id."""
    payload = draw(_objects(2))
    payload["id"] = draw(st.integers(1, 9) | st.just("x1"))
    if draw(st.booleans()):
        payload["lines"] = draw(_mostly(st.lists(_mostly(_objects(1), ODD), max_size=3), ODD))
    if draw(st.booleans()) and isinstance(payload.get("o"), dict):
        payload["o"]["parcels"] = draw(_mostly(st.lists(_objects(0), max_size=2), ODD))
    return payload


@st.composite
def refusals(draw: st.DrawFn) -> set[Refusal]:
    """Targets that refused their values."""
    record = st.sampled_from(sorted(TARGETS)).map(lambda name: Refusal(None, None, name))
    rows = st.tuples(st.sampled_from(sorted(ROW_TARGETS)), st.integers(0, 2)).map(
        lambda pair: Refusal("rows.product", pair[1], f"rows.product.{pair[0]}")
    )
    return draw(st.sets(record | rows, max_size=2))
