"""What the mapper does with a payload, one idea a test."""

from decimal import Decimal
from typing import Any

import pytest

from crossdock.errors import RecordError
from crossdock.mapping.ledger import Ledger
from crossdock.mapping.mapped import Mapped, Refusal
from crossdock.mapping.prove import prove
from crossdock.records.check import RecordCheck
from tests.mapping.building import CONNECTION, mapper_of

START = '[order]\nid = "id"\n'
META = '[order.keyValue.meta]\nlist = "meta_data"\nsort = "id"\n'
ROWS = '[order.rows.product]\nover = "lines"\nid = "id"\n[order.rows.product.fields]\ntype = "\'product\'"\n'


def mapped(text: str, payload: dict[str, Any], refusals: set[Refusal] = frozenset()) -> Mapped:  # type: ignore[assignment]
    """Map a payload with the id 1, and prove it."""
    mapper = mapper_of(START + text)
    payload = {"id": 1, **payload}
    result = mapper.map(payload, refusals)
    assert prove(mapper, payload, result) == []
    return result


def fields(text: str) -> str:
    return f"[order.fields]\n{text}\n"


def stash(result: Mapped, part: dict[str, Any] | None = None) -> dict[str, Any]:
    """The stashed values by key."""
    holder = result.record if part is None else part
    return {entry["key"]: entry["value"] for entry in holder.get("customData", {}).values()}


def counts(result: Mapped) -> tuple[int, int, int, int]:
    """Mapped, stashed, empty and dropped leaves, the id left out."""
    ledger = result.ledger
    return ledger.mapped - 1, ledger.stashed, ledger.empty, ledger.dropped


# -- what is taken and what is stashed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "payload", "expected"),
    [
        # a scalar stands under its dotted path
        ("", {"a": {"b": 1}}, {"a": {"b": 1}}),
        # an object that the mapping names something in is opened
        (fields('channel = "a.c"'), {"a": {"b": 1}}, {"a.b": 1}),
        # also where it names it only in a rule
        ('[order.drop]\n"a.c" = "r"\n', {"a": {"b": 1}}, {"a.b": 1}),
        # how low a value is stashed does not depend on the payload: an opened list is opened for each element
        (fields('channel = "a[0].c"'), {"a": [{"b": 1}, {"b": 2}]}, {"a[0].b": 1, "a[1].b": 2}),
        # a list where the mapping names fields of an object is a unit
        (fields('channel = "a.c"'), {"a": [{"c": 1}]}, {"a": [{"c": 1}]}),
        # names that could be mistaken are encoded
        ("", {"a.b": 1, "c[0]": 2, "d|e": 3, "f%": 4}, {"a%2Eb": 1, "c%5B0]": 2, "d%7Ce": 3, "f%25": 4}),
        # so is an ordinary field called like the prefix of a key/value list
        (META + fields('channel = "meta.x"'), {"meta": {"a": 1}}, {"%6Deta.a": 1}),
        # null, "", [] and {} are empty, false and 0 are not
        ("", {"a": None, "b": "", "c": [], "d": {}, "e": False, "f": 0}, {"e": False, "f": 0}),
        # inside a unit they are kept, since the unit is kept whole
        ("", {"a": {"b": None, "c": 1}}, {"a": {"b": None, "c": 1}}),
        # a unit that holds nothing is not kept
        ("", {"a": {"b": None, "c": [[], {}]}}, {}),
    ],
)
def test_what_no_line_takes_is_stashed(text: str, payload: dict[str, Any], expected: dict[str, Any]) -> None:
    assert stash(mapped(text, payload)) == expected


@pytest.mark.parametrize(
    ("expression", "payload", "value", "left"),
    [
        # what arrives by paths, filters, projections and lossless functions is mapped
        ("a", {"a": "x"}, "x", {}),
        ("a[?k=='1'].v | [0]", {"a": [{"k": "1", "v": "x"}]}, "x", {"a[0].k": "1"}),
        ("a || b", {"a": "x", "b": "y"}, "x", {"b": "y"}),
        ("a || b", {"b": "y", "a": ""}, "y", {}),
        ("a || b", {"a": False, "b": "y"}, "y", {"a": False}),
        ("nonzero(a) || nonzero(b)", {"b": 8, "a": 7}, "7", {"b": 8}),
        ("nonzero(a) || nonzero(b)", {"b": 8, "a": 0}, "8", {"a": 0}),
        ("nonzero(a) || nonzero(b)", {"b": 0, "a": 0}, None, {"a": 0, "b": 0}),
        ("utc(a) || b", {"a": "soon", "b": "y"}, None, {"a": "soon", "b": "y"}),  # an error is no null
        ("not_null(a, b)", {"a": None, "b": "y"}, "y", {}),
        ("utc(a)", {"a": "2024-03-03T14:09:27"}, "2024-03-03T14:09:27Z", {}),
        ("a[1]", {"a": ["x", "y"]}, "y", {"a[0]": "x"}),
        ("*.c | [0]", {"a": {"c": "x", "d": 1}}, "x", {"a.d": 1}),
        # what is only looked at, or lost on the way, is stashed as well
        ("a && b", {"a": "x", "b": "y"}, "y", {"a": "x"}),
        ("a && b", {"a": "", "b": "y"}, None, {"b": "y"}),
        ("a.c && b", {"a": {"c": 0, "d": 1}, "b": "y"}, "y", {"a.c": 0, "a.d": 1}),
        ("upper(a)", {"a": "x"}, "X", {"a": "x"}),
        ("join('-', a)", {"a": ["x", "y"]}, "x-y", {"a": ["x", "y"]}),
        ("type(a)", {"a": "x"}, "string", {"a": "x"}),
        ("a == b && 'same' || 'other'", {"a": "x", "b": "y"}, "other", {"a": "x", "b": "y"}),
        # what takes nothing leaves everything
        ("c", {"a": "x"}, None, {"a": "x"}),
        ("a[?k=='2'].v | [0]", {"a": [{"k": "1", "v": "x"}]}, None, {"a[0].k": "1", "a[0].v": "x"}),
    ],
)
def test_a_leaf_is_mapped_when_its_value_arrives(
    expression: str, payload: dict[str, Any], value: object, left: dict[str, Any]
) -> None:
    result = mapped(fields(f'channel = "{expression}"'), payload)
    assert result.record.get("channel") == value
    assert stash(result) == left


def test_two_lines_may_take_one_leaf() -> None:
    result = mapped(fields('channel = "a"\n"billingAddress.city" = "a"'), {"a": "x"})
    assert (result.record["channel"], result.record["billingAddress"]) == ("x", {"city": "x"})
    assert counts(result) == (1, 0, 0, 0)


def test_keep_leaves_what_a_line_takes_in_the_stash_as_well() -> None:
    result = mapped(fields('channel = { from = "a", keep = true }'), {"a": "x"})
    assert (result.record["channel"], stash(result)) == ("x", {"a": "x"})
    assert counts(result) == (1, 0, 0, 0)


def test_keep_of_one_line_holds_for_all() -> None:
    text = fields('channel = { from = "a", keep = true }\n"billingAddress.city" = "a"')
    assert stash(mapped(text, {"a": "x"})) == {"a": "x"}


def test_keep_below_what_another_line_takes_whole_keeps_only_that() -> None:
    text = fields('discountCodes = "a"\nchannel = { from = "a[0]", keep = true }')
    result = mapped(text, {"a": ["x", "y"]})
    assert (result.record["discountCodes"], stash(result)) == (["x", "y"], {"a[0]": "x"})


def test_a_list_in_the_record_is_a_copy() -> None:
    payload = {"id": 1, "a": ["x"]}
    mapper = mapper_of(START + fields('discountCodes = "a"\n"totals.vatAmount" = "`1`"'))
    mapper.map(payload).record["discountCodes"].append("y")
    assert payload["a"] == ["x"]


# -- targets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "value", "expected"),
    [
        ("channel", 5, "5"),
        ("channel", Decimal("1.10"), "1.10"),
        ("totals.vatAmount", "1.10", {"vatAmount": Decimal("1.10")}),
        ("totals.vatAmount", 3, {"vatAmount": Decimal(3)}),
        ("placedAt", "2024-03-03T15:09:27+01:00", "2024-03-03T14:09:27Z"),
        ("customer.remoteIdMap", 5, {"remoteIdMap": {CONNECTION: "5"}}),
        ("pricesIncludeVat", False, False),
    ],
)
def test_a_value_takes_the_form_of_its_target(target: str, value: object, expected: object) -> None:
    result = mapped(fields(f'"{target}" = "a"'), {"a": value})
    assert result.record[target.partition(".")[0]] == expected
    assert counts(result) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("target", "value", "reason"),
    [
        ("channel", True, "it wants text"),
        ("channel", {"b": "x"}, "it wants text"),
        ("totals.vatAmount", "1,10", "it wants a number"),
        ("totals.vatAmount", True, "it wants a number"),
        ("pricesIncludeVat", "yes", "it wants true or false"),
        ("customer.remoteIdMap", Decimal("1.5"), "it wants an id: a text or a whole number"),
        ("discountCodes", "x", "it wants a list"),
    ],
)
def test_a_value_that_its_target_cannot_hold_is_stashed_with_a_warning(target: str, value: object, reason: str) -> None:
    result = mapped(fields(f'"{target}" = "a"'), {"a": value})
    assert target not in result.record
    assert stash(result) == {"a": value}
    (warning,) = result.warnings
    assert warning.startswith("mapping.toml:4:")
    assert warning.endswith(f"{target} cannot hold {value!r}: {reason}; the value is kept as custom data")


def test_a_long_value_is_cut_in_warnings() -> None:
    (warning,) = mapped(fields('"totals.vatAmount" = "a"'), {"a": "x" * 10_000}).warnings
    assert len(warning) < 300


@pytest.mark.parametrize("value", ["+5", "007", "1e3", "5.", ".5"])
def test_a_text_that_its_amount_cannot_give_back_stays_in_the_stash_as_well(value: str) -> None:
    result = mapped(fields('"totals.vatAmount" = "a"'), {"a": value})
    assert result.record["totals"] == {"vatAmount": Decimal(value)}
    assert stash(result) == {"a": value}
    assert counts(result) == (0, 1, 0, 0)


def test_a_time_with_more_digits_than_the_target_has_stays_in_the_stash_as_well() -> None:
    result = mapped(fields('placedAt = "a"'), {"a": "2024-03-03T14:09:27.1234567Z"})
    assert (result.record["placedAt"], stash(result)) == (
        "2024-03-03T14:09:27.123456Z",
        {"a": "2024-03-03T14:09:27.1234567Z"},
    )


def test_a_target_that_refused_its_value_stays_empty_and_the_leaf_is_stashed() -> None:
    text = fields('"billingAddress.countryCode" = "a"')
    result = mapped(text, {"a": "UK"}, {Refusal(None, None, "billingAddress.countryCode")})
    assert "billingAddress" not in result.record
    assert stash(result) == {"a": "UK"}


def test_a_refusal_in_one_row_does_not_touch_the_others() -> None:
    text = ROWS + 'sku = "sku"\n'
    payload = {"lines": [{"id": 1, "sku": "a"}, {"id": 2, "sku": "b"}]}
    result = mapped(text, payload, {Refusal("rows.product", 1, "rows.product.sku")})
    assert [row.get("sku") for row in result.record["rows"]] == ["a", None]
    assert stash(result, result.record["rows"][1]) == {"sku": "b"}


def test_an_expression_that_fails_is_a_warning_and_leaves_its_leaves() -> None:
    result = mapped(fields('channel = "length(a)"'), {"a": 5})
    assert stash(result) == {"a": 5}
    assert "length()" in result.warnings[0]


def test_a_line_that_gives_nothing_leaves_its_target_out() -> None:
    result = mapped(fields('channel = "a"\ndiscountCodes = "b[].c"'), {"a": "", "b": []})
    assert result.record.keys() == {"remoteIdMap"}


def test_constants_stand_in_every_record() -> None:
    result = mapped(fields('channel = "\'web\'"\n"customer.remoteIdMap" = "\'c\'"'), {})
    assert (result.record["channel"], result.record["customer"]) == ("web", {"remoteIdMap": {CONNECTION: "c"}})


# -- the id ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", [None, "", 1.5, True, [], {"a": 1}])
def test_a_payload_without_a_usable_id_is_an_error_of_that_record(identity: object) -> None:
    with pytest.raises(RecordError, match="the payload has no usable id"):
        mapper_of(START).map({"id": identity})


def test_a_payload_nested_too_deep_is_an_error_of_that_record() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(RecordError, match="nested too deep"):
        mapper_of(START).map({"id": 1, "a": deep})


def test_the_reference_is_what_a_person_would_call_the_record() -> None:
    mapper = mapper_of('[order]\nid = "id"\nreference = "number"\n')
    assert mapper.map({"id": 7, "number": "A-7"}).record["remoteRefMap"] == {CONNECTION: "A-7"}


# -- key/value lists ---------------------------------------------------------------------------------------------------

LOOKUP = fields("channel = \"meta_data[?key=='k'].value | [0]\"")


def entry(key: object, value: object, **more: object) -> dict[str, object]:
    return {"key": key, "value": value, **more}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        # an entry stands under its key, dots and all
        ([entry("_a.b", "x")], {"meta._a.b": "x"}),
        # an empty value is kept: that the key is there means something
        ([entry("a", ""), entry("b", None), entry("c", [])], {"meta.a": "", "meta.b": None, "meta.c": []}),
        # entries of one key are numbered by the sort field, wherever they stand
        (
            [entry("a", "2nd", id=9), entry("a", "1st", id=5)],
            {"meta.a": "1st", "meta.a#2": "2nd", "meta_data[0].id": 9, "meta_data[1].id": 5},
        ),
        # a key that ends like a number is told from the second of a key
        ([entry("a#2", "x"), entry("a", "y"), entry("a", "z")], {"meta.a%232": "x", "meta.a": "y", "meta.a#2": "z"}),
        # whatever is no entry is a unit under its place
        (
            ["x", {"key": "a"}, entry(5, "c")],
            {"meta_data[0]": "x", "meta_data[1]": {"key": "a"}, "meta_data[2]": entry(5, "c")},
        ),
        # other fields of an entry stand under their path
        ([entry("a", "x", label={"en": "A"})], {"meta.a": "x", "meta_data[0].label": {"en": "A"}}),
        # an object as value is one entry
        ([entry("a", {"b": [1, None]})], {"meta.a": {"b": [1, None]}}),
    ],
)
def test_entries_of_a_key_value_list_are_stashed_under_their_keys(
    entries: list[object], expected: dict[str, Any]
) -> None:
    assert stash(mapped(META, {"meta_data": entries})) == expected


def test_a_look_up_takes_its_entry_out_of_the_stash() -> None:
    result = mapped(META + LOOKUP, {"meta_data": [entry("k", "x"), entry("l", "y")]})
    assert (result.record["channel"], stash(result)) == ("x", {"meta.l": "y"})
    assert counts(result) == (2, 2, 0, 0)


def test_a_look_up_with_keep_leaves_the_entry() -> None:
    text = META + fields("channel = { from = \"meta_data[?key=='k'].value | [0]\", keep = true }")
    result = mapped(text, {"meta_data": [entry("k", "x")]})
    assert (result.record["channel"], stash(result)) == ("x", {"meta.k": "x"})
    assert counts(result) == (1, 1, 0, 0)


def test_a_look_up_takes_the_first_entry_in_the_order_of_the_list() -> None:
    result = mapped(META + LOOKUP, {"meta_data": [entry("k", "second", id=2), entry("k", "first", id=1)]})
    assert result.record["channel"] == "second"
    assert stash(result) == {"meta.k": "first", "meta_data[0].id": 2, "meta_data[1].id": 1}


def test_a_look_up_passes_over_nulls() -> None:
    result = mapped(META + LOOKUP, {"meta_data": [entry("k", None), entry("k", "x")]})
    assert (result.record["channel"], stash(result)) == ("x", {"meta.k": None})


def test_a_look_up_of_the_first_entry_takes_no_other() -> None:
    text = META + fields("channel = \"meta_data[?key=='k'] | [0].value\"")
    result = mapped(text, {"meta_data": [entry("k", None), entry("k", "x")]})
    assert "channel" not in result.record
    assert stash(result) == {"meta.k": None, "meta.k#2": "x"}


def test_an_expression_that_only_filters_by_the_key_leaves_the_key() -> None:
    text = META + fields("channel = \"utc(meta_data[?key=='k'].value | [0])\"")
    result = mapped(text, {"meta_data": [entry("k", "2024-03-03T14:09:27")]})
    assert counts(result) == (1, 1, 0, 0)
    assert stash(result) == {"meta.k": "2024-03-03T14:09:27"}


def test_fields_of_entries_that_carry_nothing_are_dropped() -> None:
    text = META.replace('sort = "id"', 'sort = "id"\ndrop = { id = "r", label = "r" }')
    result = mapped(text, {"meta_data": [entry("k", "x", id=1, label="K")]})
    assert stash(result) == {"meta.k": "x"}
    assert counts(result) == (0, 2, 0, 2)


def test_a_list_that_should_hold_entries_but_is_none_is_an_ordinary_field() -> None:
    assert stash(mapped(META, {"meta_data": "none"})) == {"meta_data": "none"}
    assert stash(mapped(META, {"meta_data": {"k": "x"}})) == {"meta_data": {"k": "x"}}
    assert counts(mapped(META, {"meta_data": []})) == (0, 0, 1, 0)


# -- sub-records -------------------------------------------------------------------------------------------------------


def test_what_belongs_to_a_row_is_stashed_with_that_row() -> None:
    result = mapped(ROWS + 'sku = "sku"\n', {"lines": [{"id": 5, "sku": "a", "tax": "1"}]})
    (row,) = result.record["rows"]
    assert (row["sku"], row["remoteIdMap"], stash(result, row)) == ("a", {CONNECTION: "5"}, {"tax": "1"})
    assert stash(result) == {}


def test_the_id_of_a_row_follows_from_what_it_is() -> None:
    one = mapped(ROWS, {"lines": [{"id": 5}, {"id": 6}]}).record["rows"]
    other = mapped(ROWS, {"lines": [{"id": 6}, {"id": 5}]}).record["rows"]
    assert [row["rowId"] for row in one] == [row["rowId"] for row in reversed(other)]
    assert one[0]["rowId"] != one[1]["rowId"]


def test_a_row_without_id_is_known_by_its_place() -> None:
    result = mapped(ROWS, {"lines": [{"sku": "a"}, {"sku": "a"}]})
    assert len({row["rowId"] for row in result.record["rows"]}) == 2
    assert result.warnings[0] == "rows.product: element 0 has no id; it is known by its place in the list"


def test_two_rows_with_the_same_id_stay_two() -> None:
    result = mapped(ROWS, {"lines": [{"id": 5}, {"id": 5}]})
    assert len({row["rowId"] for row in result.record["rows"]}) == 2
    assert "has the id 5 of an element before it" in result.warnings[0]


def test_an_element_that_is_no_object_makes_no_row() -> None:
    result = mapped(ROWS, {"lines": ["x", {}, {"id": 1}]})
    assert len(result.record["rows"]) == 1
    assert stash(result) == {"lines[0]": "x"}


def test_a_line_of_the_record_may_take_from_inside_a_row() -> None:
    result = mapped(
        ROWS + 'sku = "sku"\n' + fields('discountCodes = "lines[].code"'), {"lines": [{"id": 1, "code": "x"}]}
    )
    assert result.record["discountCodes"] == ["x"]
    assert stash(result, result.record["rows"][0]) == {}


def test_a_block_over_the_payload_makes_one_part_when_its_condition_holds() -> None:
    text = '[order.payments.main]\nover = "@"\nwhen = "method"\n[order.payments.main.fields]\nmethod = "method"\n'
    made = mapped(text, {"method": "card"})
    assert [payment["method"] for payment in made.record["payments"]] == ["card"]
    assert "payments" not in mapped(text, {"method": ""}).record


def test_a_condition_that_fails_is_a_warning() -> None:
    text = '[order.payments.main]\nover = "@"\nwhen = "length(a)"\n[order.payments.main.fields]\nmethod = "a"\n'
    result = mapped(text, {"a": 5})
    assert "payments" not in result.record
    assert result.warnings


# -- drop and redact ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "payload", "left", "dropped"),
    [
        ("a", {"a": {"b": 1, "c": None}, "d": 2}, {"d": 2}, 2),
        ("a.b", {"a": {"b": 1, "c": 2}}, {"a.c": 2}, 1),
        ("a[].b", {"a": [{"b": 1}, {"c": 2}]}, {"a[1].c": 2}, 1),
        ("a[]", {"a": [1, 2]}, {}, 2),
        ("meta.k", {"meta_data": [entry("k", "x", label=1), entry("l", "y")]}, {"meta.l": "y"}, 3),
        ("meta.k", {"meta_data": [{"key": "k"}]}, {}, 1),
        ("meta_data[].label", {"meta_data": [entry("k", "x", label=1), {"label": 2}]}, {"meta.k": "x"}, 2),
    ],
)
def test_a_rule_drops_leaves(rule: str, payload: dict[str, Any], left: dict[str, Any], dropped: int) -> None:
    result = mapped(f'{META}[order.drop]\n"{rule}" = "r"\n', payload)
    assert stash(result) == left
    assert result.ledger.dropped == dropped


def test_a_rule_of_the_payload_reaches_into_rows() -> None:
    result = mapped(f'{ROWS}sku = "s"\n[order.drop]\n"lines[].tax" = "r"\n', {"lines": [{"id": 1, "tax": 2, "x": 3}]})
    assert stash(result, result.record["rows"][0]) == {"x": 3}


def test_a_block_over_a_dropped_list_makes_nothing() -> None:
    own = '[[connection]]\n[connection.import.order.drop]\nlines = "r"\n'
    result = mapper_of(START + ROWS + "sku = 's'\n", own).map({"id": 1, "lines": [{"id": 1, "s": 2}]})
    assert "rows" not in result.record
    assert counts(result) == (0, 0, 0, 2)


def test_no_line_brings_a_dropped_leaf_into_the_record() -> None:
    text = fields('discountCodes = "a[].b"') + '[order.drop]\n"a[].b" = "r"\n'
    result = mapped(text, {"a": [{"b": "x"}]})
    assert "discountCodes" not in result.record
    assert "would hold what a rule drops" in result.warnings[0]


def test_an_expression_may_look_at_what_is_dropped() -> None:
    result = mapped(fields('channel = "upper(a)"') + '[order.drop]\na = "r"\n', {"a": "x"})
    assert (result.record["channel"], stash(result)) == ("X", {})


def test_no_expression_sees_a_secret() -> None:
    result = mapped(fields('channel = "upper(a)"') + '[order.redact]\na = "r"\n', {"a": "hush"})
    assert result.record["channel"] == "[REDACTED]"
    assert result.ledger.dropped == 1


# -- payloads of a shape that keeps coming -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "expression", "value"),
    [
        ("placedAt", "decimal(a)", "1.10"),
        ("placedAt", "utc(a)", "2024-03-03T14:09:27.5"),
        ("placedAt", "utc(a)", "yesterday"),
        ("placedAt", "nonzero(a)", 5),
        ("customer.remoteIdMap", "decimal(a)", "7"),
        ("customer.remoteIdMap", "nonzero(a)", 0),
        ("customer.remoteIdMap", "nonzero(a)", 7),
        ("customer.remoteIdMap", "utc(a)", "2024-03-03T14:09:27"),
        ("customer.remoteIdMap", "a", True),
        ("totals.vatAmount", "a", "+5"),
        ("totals.vatAmount", "a", True),
        ("totals.vatAmount", "decimal(a)", "5.00"),
        ("channel", "a", Decimal("1.10")),
        ("channel", "reverse(a)", ["x"]),
        ("channel", "note && a", "x"),
        ("channel", "b && a", "x"),
        ("channel", "no && a", "x"),  # gives false, which is no text
        ("channel", "a || note", ""),
        ("channel", "a || note", "x"),
        ("channel", "a || note", False),
        ("customer.remoteIdMap", "nonzero(a) || nonzero(c)", 7),
        ("customer.remoteIdMap", "nonzero(a) || nonzero(c)", 0),
        ("customer.remoteIdMap", "utc(a) || nonzero(c)", "soon"),
        ("customer.remoteIdMap", "nonzero(c) || nonzero(a)", 7),
        ("pricesIncludeVat", "a || b", False),
        ("totals.vatAmount", "note && a", "5.00"),
        ("pricesIncludeVat", "no && a", True),
        ("pricesIncludeVat", "a", True),
        ("pricesIncludeVat", "a", "yes"),
    ],
)
def test_the_hundredth_payload_of_a_shape_is_mapped_like_the_first(target: str, expression: str, value: object) -> None:
    mapper = mapper_of(START + fields(f'"{target}" = "{expression}"\ncustomerNote = "note"'))
    payload = {"id": 1, "note": "n", "a": value, "b": None, "c": 9, "no": False}
    first = mapper.map(payload)
    for _ in range(100):
        last = mapper.map(payload)
    assert (last.record, last.ledger, last.warnings) == (first.record, first.ledger, first.warnings)
    assert prove(mapper, payload, last) == []


def test_each_row_of_a_shape_that_keeps_coming_takes_the_one_value_or_the_other() -> None:
    mapper = mapper_of(START + ROWS + 'sku = "nonzero(variant) || nonzero(item)"\n')
    lines = [{"id": number, "item": 100 + number, "variant": number % 2 * 5} for number in range(50)]
    result = mapper.map({"id": 1, "lines": lines})
    rows = [(row["sku"], stash(result, row)) for row in result.record["rows"]]
    assert rows == [
        ("5", {"item": line["item"]}) if line["variant"] else (str(line["item"]), {"variant": 0}) for line in lines
    ]


def test_of_two_values_one_that_is_dropped_is_looked_at_all_the_same() -> None:
    text = fields('channel = "a || b"') + '[order.drop]\nb = "r"\n'
    assert mapped(text, {"a": "x", "b": "y"}).record["channel"] == "x"
    result = mapped(text, {"a": "", "b": "y"})
    assert ("channel" in result.record, len(result.warnings)) == (False, 1)


# -- the ledger and the lines that matched nothing ---------------------------------------------------------------------


def test_the_ledger_counts_each_leaf_once() -> None:
    text = META + LOOKUP + '[order.drop]\nd = "r"\n'
    payload = {"a": 1, "b": {"c": [], "e": None}, "d": [1, {}], "meta_data": [entry("k", "x"), entry("l", "")]}
    assert mapped(text, payload).ledger == Ledger(leaves=10, mapped=3, stashed=3, empty=2, dropped=2)


def test_lines_that_matched_nothing_are_dead_constants_never() -> None:
    mapper = mapper_of(START + fields('channel = "a"\ncurrency = "b"\ncustomerNote = "\'c\'"\ndiscountCodes = "l[].x"'))
    mapper.map({"id": 1, "a": "x", "b": None, "l": []})
    assert [line.name for line in mapper.dead_lines] == ["currency", "discountCodes"]


# -- links -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "links"),
    [
        ({"parent": 7}, [{"connectionId": CONNECTION, "recordType": "order", "remoteId": "7"}]),
        ({"parent": "A-7"}, [{"connectionId": CONNECTION, "recordType": "order", "remoteId": "A-7"}]),
        ({"parent": None}, None),  # nothing to link to
        ({"parent": ""}, None),
        ({}, None),
    ],
)
def test_a_link_is_one_to_a_record_of_the_same_connection(payload: dict[str, Any], links: object) -> None:
    result = mapped(fields("links = \"[{recordType: 'order', remoteId: parent}]\""), payload)
    assert (result.record.get("links") or None) == links
    assert counts(result)[0] == len(links or ())  # type: ignore[arg-type]
    RecordCheck("order")(result.record)


def test_a_link_to_a_record_of_another_connection_says_so() -> None:
    other = {"recordType": "order", "connectionId": "1" * 32, "remoteId": "7"}
    assert mapped(fields('links = "refs"'), {"refs": [other]}).record["links"] == [other]
