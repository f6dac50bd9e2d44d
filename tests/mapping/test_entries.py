"""The quick way through a key/value list gives what the closer look gives, whatever lines take and rules drop of it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.mapping import entries, shape
from crossdock.mapping.mapper import Refusal
from crossdock.mapping.prove import prove
from crossdock.mapping.shape import WORTH_IT
from crossdock.records.wire import Working
from tests.mapping.building import mapper_of
from tests.mapping.mappings import SCALARS

Way = Callable[..., bool]
KEYS = ["a", "b", "c", "a#2"]
TARGETS = ["channel", "customerNote", "totals.vatAmount", "billingAddress.city", "placedAt", "discountCodes"]
PAYMENT_TARGETS = ["method", "amount"]
ROW_TARGETS = ["name", "quantity"]


@st.composite
def _lines(draw: st.DrawFn, targets: list[str], keys: list[str]) -> str:
    text = ""
    for target in draw(st.lists(st.sampled_from(targets), unique=True, min_size=1)):
        look_up = draw(st.sampled_from(["[?key=='{}'].value | [0]", "[?key=='{}'] | [0].value"]))
        source = f'"meta_data{look_up.format(draw(st.sampled_from(keys)))}"'
        text += f'"{target}" = {draw(st.sampled_from([source, f"{{ from = {source}, keep = true }}"]))}\n'
    return text


_DROPPED = "drop = { id = 'no use', more = 'again' }\n"
_LIST = st.sampled_from([_DROPPED, f"sort = 'id'\n{_DROPPED}", "sort = 'id'\ndrop = { id = 'no use' }\n"])


@st.composite
def _mappings(draw: st.DrawFn) -> str:
    """Mappings whose lines take entries of lists of the record, of a payment that is not always made, and of rows."""
    dropped = draw(st.lists(st.sampled_from(KEYS[:2]), unique=True))
    left = [key for key in KEYS if key not in dropped]
    return f"""
[order]
id = 'id'
[order.fields]
{draw(_lines(TARGETS, left))}
[order.keyValue.meta]
list = 'meta_data'
{draw(_LIST)}
[order.payments.main]
over = '@'
when = 'paid'
[order.payments.main.fields]
{draw(_lines(PAYMENT_TARGETS, left))}
[order.rows.product]
over = 'lines'
[order.rows.product.fields]
type = "'product'"
{draw(_lines(ROW_TARGETS, left))}
[order.rows.product.keyValue.meta]
list = 'meta_data'
{draw(_LIST)}
[order.drop]
{"".join(f"'{at}meta.{key}' = 'because'{chr(10)}" for at in ("", "lines[].") for key in dropped)}
"""


_INNER = st.sampled_from([["x", ""], {"s": {"t": "x"}, "n": None}, [], {}])
_VALUES = st.one_of(SCALARS, st.sampled_from(["x", "2024-03-03T14:09:27Z"]), _INNER, _INNER, _INNER)
_ENTRY = st.fixed_dictionaries(
    {"id": st.integers(0, 3), "key": st.sampled_from(KEYS), "value": _VALUES}, optional={"more": _VALUES}
)
_LISTS = st.lists(_ENTRY, max_size=6) | st.lists(_ENTRY, min_size=2, max_size=4, unique_by=lambda entry: entry["key"])
_ODD_LISTS = st.lists(
    _ENTRY | st.sampled_from([7, {"key": "a"}, {"key": None, "value": 1}, {"value": "x"}]), max_size=3
)


@st.composite
def _payloads(draw: st.DrawFn) -> Working:
    lists = st.one_of(_LISTS, _LISTS, _LISTS, _ODD_LISTS)
    rows = [{"id": number, "meta_data": draw(lists)} for number in range(draw(st.integers(0, 2)))]
    return {"id": 1, "paid": draw(st.booleans()), "meta_data": draw(lists), "lines": rows}


_REFUSALS = st.sets(
    st.sampled_from([Refusal(None, None, "channel"), Refusal("rows.product", 0, "rows.product.name")]), max_size=1
)


def _mapped(text: str, payloads: list[Working], refusals: set[Refusal], way: Way) -> list[Any]:
    """All that a mapper says of payloads, in its order, with one way through the usual list."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (entries, shape):
            patch.setattr(module, "walk_usual", way)
        mapper = mapper_of(text)
        said: list[Any] = []
        for payload in payloads:
            mapped = mapper.map(payload, refusals)
            said.append((repr(mapped.record), mapped.ledger, mapped.warnings, prove(mapper, payload, mapped)))
        return [*said, [line.name for line in mapper.dead_lines]]


@given(_mappings(), st.lists(_payloads(), min_size=1, max_size=3), _REFUSALS)
def test_the_quick_way_through_a_list_gives_what_the_closer_look_gives(
    text: str, payloads: list[Working], refusals: set[Refusal]
) -> None:
    again = [*payloads, *payloads[:1] * WORTH_IT]  # then its shape's walk is generated
    quick = _mapped(text, again, refusals, entries.walk_usual)
    assert quick == _mapped(text, again, refusals, lambda *_: False)
    assert not any(findings for *_, findings in quick[:-1])


@pytest.mark.parametrize(("keys", "usual"), [("cab", True), ("c", True), ("acc", True), ("aca", False), ("bb", False)])
def test_a_list_is_usual_unless_an_entry_that_is_taken_or_dropped_comes_twice(keys: str, usual: bool) -> None:
    text = """
    [order]
    id = "id"
    [order.fields]
    channel = "meta_data[?key=='a'].value | [0]"
    [order.keyValue.meta]
    list = "meta_data"
    [order.drop]
    "meta.b" = "because"
    """
    answers: list[bool] = []
    usual_way = entries.walk_usual

    def noted(*arguments: Any) -> bool:
        answers.append(usual_way(*arguments))
        return answers[-1]

    _mapped(text, [{"id": 1, "meta_data": [{"key": key, "value": "x"} for key in keys]}], set(), noted)
    assert answers == [usual]
