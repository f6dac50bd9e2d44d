"""New paths, changed types, new values and vanished paths are told once, and nothing else is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.drift.detector import MISSED
from crossdock.drift.finding import Finding
from crossdock.drift.known import DEEPEST, ENOUGH, MOST_NAMES, MOST_WORDS, Known, decode

from .payloads import compared, entries, learned, order, told


def test_a_first_run_learns_and_tells_nothing() -> None:
    detector = compared(Known(), order(1), order(2, gift={"message": "hi"}), order(3, total=None))
    assert told(detector) == []
    assert detector.known.learned


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({"meta": {"_vat": "SE1"}}, ["new path meta._vat (string)"]),
        ({"gift": {"message": "hi"}}, ["new path gift (object)", "new path gift.message (string)"]),
        ({"total": Decimal("1.50")}, ["total is a decimal, before string"]),
        ({"total": None}, ["total is null, before string"]),
        ({"meta_data": {"a": 1}}, ["meta_data is an object, before list", "new path meta_data.a (integer)"]),
        ({"a.b": [[]]}, ["new path a%2Eb (list)", "new path a%2Eb[] (list)"]),
        ({"total": "2.00"}, []),
        ({"_links": {"self": []}, "order_key": 7}, []),  # left out by rules of the mapping
    ],
    ids=str,
)
def test_what_no_payload_had_before_is_told(payload: dict[str, Any], says: list[str]) -> None:
    known = learned(order(1, meta={"_source": "web"}))
    assert told(compared(known, order(2, **({"meta": {"_source": "web"}} | payload)))) == says


def test_what_was_told_is_known_from_then_on() -> None:
    known = learned(order(1))
    assert told(compared(known, order(2, gift="yes"), order(3, gift="no"))) == ["new path gift (string)"]
    assert told(compared(decode(known.encode()), order(4, gift="no"), order(5, gift=1))) == [
        "gift is an integer, before string"
    ]


def test_a_whole_number_among_decimals_is_no_other_type() -> None:
    known = learned(order(1, weight=Decimal("1.5")))
    assert told(compared(known, order(2, weight=2))) == []


def test_each_difference_is_counted_and_has_an_example() -> None:
    known = learned(*(order(number) for number in range(40)))
    payloads = [order(number, **({"gift": "yes"} if number % 4 == 0 else {})) for number in range(100)]
    (finding,) = compared(known, *payloads).findings.values()
    assert (finding.count, finding.example, finding.remote_id, finding.pointer) == (25, '"yes"', "0", "/gift")


def test_a_place_inside_a_list_is_one_path() -> None:
    lines = [{"id": 1, "taxes": [{"id": 1}]}, {"id": 2, "taxes": []}]
    known = learned(order(1, line_items=lines))
    lines[1]["taxes"] = [{"id": 2, "rate": "25"}]
    (finding,) = compared(known, order(2, line_items=lines)).findings.values()
    assert (finding.path, finding.pointer) == ("line_items[].taxes[].rate", "/line_items/1/taxes/0/rate")


def test_beyond_some_findings_they_are_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.drift.detector.MOST_FINDINGS", 3)
    detector = compared(learned(order(1)), order(2, a=1, b=1, c=1, d=1, e=1))
    assert (len(detector.findings), detector.further) == (3, 2)


# Enumerations


def words(values: list[str], field: str = "plan") -> list[dict[str, Any]]:
    return [order(number, **{field: value}) for number, value in enumerate(values)]


def test_a_new_value_of_few_is_told() -> None:
    known = learned(*words(["basic", "plus"] * ENOUGH))
    assert told(compared(known, *words(["plus", "gold", "gold", ""]))) == ["plan has the new value 'gold'"]
    assert told(compared(known, *words(["gold"]))) == []
    assert told(compared(known, *words(["on request"]))) == ["plan has the new value 'on request'"]


@pytest.mark.parametrize(
    "values",
    [
        ["basic", "plus"] * (ENOUGH // 2 - 1),  # too few payloads
        [f"plan-{number % (MOST_WORDS + 1)}" for number in range(2 * ENOUGH)],  # too many values
        ["basic", "two words"] * ENOUGH,
        ["basic", "12.50"] * ENOUGH,
        ["basic", "x" * 41] * ENOUGH,
    ],
    ids=["payloads", "values", "sentence", "number", "long"],
)
def test_what_is_no_enumeration_may_have_new_values(values: list[str]) -> None:
    assert told(compared(learned(*words(values)), *words(["gold"]))) == []


def test_a_status_that_the_mapping_knows_is_no_news_and_another_one_is() -> None:
    known = learned(order(1))
    assert told(compared(known, order(2, status="refunded"), order(3, status="lay-by"))) == [
        "status has the new value 'lay-by'"
    ]


def test_names_of_people_are_never_collected() -> None:
    known = learned(*(order(number, billing={"first_name": "Anna", "plan": "Anna"}) for number in range(2 * ENOUGH)))
    node = known.node_at(("billing", "first_name"))
    assert node is not None
    assert node.words is None


def test_what_may_yet_be_a_name_is_only_kept_as_a_digest() -> None:
    known = learned(*words(["Anna", "Berta"]))
    assert b"Anna" not in known.encode()
    assert b"Anna" in learned(*words(["Anna", "Berta"] * ENOUGH)).encode()
    assert told(compared(known, *words(["Anna", "Berta"] * ENOUGH), *words(["Carla"]))) == [
        "plan has the new value 'Carla'"
    ]


# What vanishes


def test_a_path_that_stays_away_for_long_has_vanished_and_is_told_once() -> None:
    known = learned(*(order(number, gift="yes") for number in range(30)))
    gone = [order(number) for number in range(MISSED)]
    assert told(compared(known, *gone[1:])) == []
    assert told(compared(known, gone[0])) == [
        "gift has vanished: it was in every payload before, and in none of the last 20"
    ]
    assert told(compared(known, *gone)) == []


def test_a_rarer_path_has_to_stay_away_for_longer() -> None:
    half = [order(number, **({"gift": "yes"} if number % 2 else {})) for number in range(50)]
    known = learned(*half)
    assert told(compared(known, *(order(number) for number in range(2 * MISSED - 4)))) == []
    (says,) = told(compared(known, *(order(number) for number in range(10))))
    assert says == "gift has vanished: it was in about 53% of the payloads before, and in none of the last 46"


def test_a_path_that_comes_back_begins_anew() -> None:
    known = learned(*(order(number, gift="yes") for number in range(30)))
    for _ in range(3):
        assert told(compared(known, *(order(number) for number in range(MISSED - 1)), order(99, gift="yes"))) == []


def test_of_an_object_that_vanishes_its_fields_are_not_told() -> None:
    known = learned(*(order(number, gift={"message": "hi", "wrap": True}) for number in range(30)))
    (says,) = told(compared(known, *(order(number) for number in range(30))))
    assert says.startswith("gift has vanished")


def test_a_field_by_another_name_is_one_vanished_and_one_new_path_with_the_line_concerned() -> None:
    line = '"billingAddress.vatNumber" = "meta_data[?key==\'{}\'].value | [0]"'
    added = "[connection.import.order.mapping]\n" + line.format("_vat_number") + "\n"
    known = learned(*(order(number, meta={"_vat_number": "SE1"}) for number in range(30)), added=added)
    detector = compared(known, *(order(number, meta={"_vat_nr": "SE1"}) for number in range(30)), added=added)
    new, vanished = detector.findings.values()
    assert (new.told, new.count) == ("new path meta._vat_nr (string)", 30)
    assert new.proposal.splitlines()[1] == line.format("_vat_nr' || key=='_vat_number")
    assert vanished.told == (
        "meta._vat_number has vanished: it was in every payload before, and in none of the last 30; "
        "perhaps it is called meta._vat_nr now"
    )
    (concerned,) = vanished.lines
    assert concerned.endswith(":9:30: billingAddress.vatNumber = meta_data[?key=='_vat_number'].value | [0]")


VAT = '[connection.import.order.mapping]\n"billingAddress.vatNumber" = "{}"\n'
BY_KEY = "meta_data[?key=='{}'].value | [0]"


def renamed(before: dict[str, Any], after: dict[str, Any], added: str) -> list[Finding]:
    """What a run finds whose payloads have other fields than those before."""
    known = learned(*(order(number, **before) for number in range(30)), added=added)
    return list(compared(known, *(order(number, **after) for number in range(30)), added=added).findings.values())


@pytest.mark.parametrize(
    ("before", "line", "after", "proposed"),
    [
        ({"meta": {"_vat": "1"}}, BY_KEY.format("_vat"), {"meta": {"_tin": "1"}}, BY_KEY.format("_tin' || key=='_vat")),
        (
            {"meta": {"_vat": "1", "_x": "1"}},  # no line takes the second
            f"nonzero({BY_KEY.format('_vat')})",
            {"meta": {"_tin": "1"}},
            "nonzero({})".format(BY_KEY.format("_tin' || key=='_vat")),
        ),
        ({"billing": {"vat": "1"}}, "billing.vat", {"billing": {"tin": "1", "kind": 2}}, "billing.tin || billing.vat"),
    ],
    ids=["meta", "function", "field"],
)
def test_the_only_new_path_beside_the_only_missing_one_gets_its_line_with_both_names(
    before: dict[str, Any], line: str, after: dict[str, Any], proposed: str
) -> None:
    found = renamed(before, after, VAT.format(line))
    lines = [line for one in found for line in one.proposal.splitlines() if not line.startswith("#")]
    assert lines == [f'"billingAddress.vatNumber" = "{proposed}"']
    hints = [one.hint for one in found if one.lines and one.kind == "vanished"]
    assert len(hints) == 1
    assert hints[0].startswith("perhaps it is called ")
    again = learned(*(order(number, **after) for number in range(30)), added=VAT.format(proposed))
    (gone,) = (
        one
        for one in compared(again, *map(order, range(30)), added=VAT.format(proposed)).findings.values()
        if one.path in ("meta._tin", "billing")
    )
    assert [line.rpartition(" = ")[2] for line in gone.lines][-1:] == [proposed]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"_vat": "1"}, {"_tin": "1", "_gift": "1"}),
        ({"_vat": "1"}, {"_tin": 1}),
        ({"_vat": "1"}, {}),
        ({"_vat": "1", "_co": "1"}, {"_tin": "1"}),
    ],
    ids=["two came", "of another type", "none came", "two are missing"],
)
def test_where_it_may_be_another_path_nothing_is_paired(before: dict[str, Any], after: dict[str, Any]) -> None:
    added = VAT.format(BY_KEY.format("_vat")) + f'"billingAddress.company" = "{BY_KEY.format("_co")}"\n'
    assert not any(one.hint for one in renamed({"meta": before}, {"meta": after}, added))


def test_a_path_that_vanishes_runs_after_the_new_one_came_gets_the_line_then() -> None:
    added = VAT.format(BY_KEY.format("_vat"))
    known = learned(*(order(number, meta={"_vat": "1", "_old": "1"}) for number in range(30)), added=added)
    later = [order(number, meta={"_tin": "1", "_old": "1"}) for number in range(12)]
    (new,) = compared(known, *later, added=added).findings.values()
    (vanished,) = compared(known, *later, added=added, before=[new]).findings.values()
    both = BY_KEY.format("_tin' || key=='_vat")
    assert vanished.proposal.endswith(f'"billingAddress.vatNumber" = "{both}"')


# Limits


def test_names_without_end_are_told_apart_up_to_a_limit_which_is_told() -> None:
    known = learned(order(1))
    payloads = [order(number, meta={f"_token_{number}": "x"}) for number in range(MOST_NAMES + 50)]
    says = told(compared(known, *payloads))
    assert len(says) == MOST_NAMES + 1
    assert says[-1] == "meta_data has so many names that new ones are no longer told apart"
    assert told(compared(known, order(1, meta={"_token_new": "x"}))) == []
    assert known.nodes < MOST_NAMES + 20


def test_what_is_nested_without_end_is_compared_down_to_some_depth() -> None:
    deep: Any = "leaf"
    for _ in range(100):
        deep = {"a": deep}
    detector = compared(learned(order(1)), order(2, deep=deep))
    assert len(detector.findings) == DEEPEST
    assert told(compared(detector.known, order(3, deep=deep))) == []


# Policies


def test_what_is_to_be_accepted_first_does_not_become_known() -> None:
    known = learned(order(1))
    detector = compared(
        known, order(2, gift={"wrap": True}), order(3), order(4, gift={"wrap": None}), policy="quarantine"
    )
    assert told(detector) == ["new path gift (object)", "new path gift.wrap (boolean, null)"]
    assert known.node_at(("gift",)) is None
    for finding in detector.findings.values():
        finding.accept(known)
    assert told(compared(decode(known.encode()), order(5, gift={"wrap": None}), policy="quarantine")) == []


def test_a_policy_of_accepting_tells_nothing_and_learns() -> None:
    known = learned(*(order(number, gift="yes") for number in range(30)))
    assert told(compared(known, *(order(number, wrap="yes") for number in range(30)), policy="accept")) == []
    assert told(compared(known, order(1, wrap="yes"))) == []


# Whatever comes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b c"]) | st.just(Decimal("0.5")),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", 'c"', "d.e"]), inner, max_size=2)
    ),
    max_leaves=6,
)
PAYLOADS = st.builds(
    lambda fields, meta: {**fields, "meta_data": entries(meta)},
    st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES, max_size=2),
    st.dictionaries(st.sampled_from(["_a", "_b", "c\\"]), VALUES, max_size=2),
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    """Every path of a payload, by a way of its own."""
    found = {at} if at else set()
    if isinstance(value, dict):
        for name, item in value.items():
            found |= paths(item, (*at, name))
    elif isinstance(value, list):
        for item in value:
            if at == ("meta_data",):
                found |= paths(item["value"], (*at, (item["key"],)))
            else:
                found |= paths(item, (*at, 0))
    return found


@settings(max_examples=60)
@given(st.lists(st.lists(PAYLOADS, min_size=1, max_size=4), min_size=2, max_size=4), st.integers(1, 4))
def test_every_path_never_seen_before_is_told_and_none_twice(runs: list[list[Any]], worth_it: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crossdock.drift.detector.WORTH_IT", worth_it)  # so that some are compared by their type
        patch.setattr("crossdock.drift.detector.ALL_COUNTED", worth_it)
        known = learned(*runs[0])
        seen = set().union(*map(paths, runs[0]))
        for run in runs[1:]:
            detector = compared(known, *run)
            new = set().union(*map(paths, run)) - seen
            assert {finding.steps for finding in detector.findings.values() if finding.kind == "path"} == new
            seen |= new
            known = decode(known.encode())
