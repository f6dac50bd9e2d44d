"""``value-map`` translates values by a table from plugins.toml or a CSV file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crossdock.plugins.manipulator import Fail, SettingError

from .bench import SPECS, after, refusal, run

TABLE = 'field = "channel"\ntable = { a = "A" }\n'


@pytest.mark.parametrize(
    ("otherwise", "result", "warned"),
    [
        ("", {"channel": "z"}, False),
        ('otherwise = "keep"', {"channel": "z"}, False),
        ('otherwise = "warn"', {"channel": "z"}, True),
        ('otherwise = "clear"', {}, False),
        (
            'otherwise = "fail"',
            Fail("the table has nothing for 'z' in 'channel'; add it, or set 'otherwise'", "channel"),
            False,
        ),
        ('default = "other"', {"channel": "other"}, False),
    ],
)
def test_what_happens_when_nothing_matches(otherwise: str, result: object, warned: bool) -> None:
    outcome = run("value-map", TABLE + otherwise, {"channel": "z"})
    assert outcome.result == result
    assert bool(outcome.warnings) is warned


@pytest.mark.parametrize(
    ("toml", "record_type", "before", "place"),
    [
        ('field = "rows[].sku"', "order", {"rows": [{"sku": "a"}, {"sku": "z"}]}, "rows[1].sku"),
        # what the step is not about is passed over, although it has the same value
        (
            'field = "rows[].sku"\nwhere = "name"',
            "order",
            {"rows": [{"sku": "z"}, {"sku": "z", "name": "Scarf"}]},
            "rows[1].sku",
        ),
        ('field = "billingAddress.city"', "order", {"billingAddress": {"city": "z"}}, "billingAddress.city"),
        ('field = "tags[]"', "product", {"tags": ["a", "z"]}, "tags"),
    ],
)
def test_a_failure_says_which_of_all_the_values_it_is_about(
    toml: str, record_type: str, before: dict[str, Any], place: str
) -> None:
    outcome = after("value-map", f'{toml}\ntable = {{ a = "A" }}\notherwise = "fail"', before, record_type=record_type)
    assert isinstance(outcome, Fail)
    assert outcome.field == place


def test_an_absent_field_stays_absent_whatever_the_table_says() -> None:
    assert after("value-map", TABLE + 'otherwise = "fail"', {}) == {}


@pytest.mark.parametrize(
    ("toml", "record_type", "before", "expected"),
    [
        # a true or false is looked up as it is written in TOML
        ('field = "pricesIncludeVat"\ntable = { true = false }', "order", {"pricesIncludeVat": True}, False),
        # elements of a list of texts
        ('field = "tags[]"\ntable = { old = "new" }', "product", {"tags": ["old", "x"]}, ["new", "x"]),
        ('field = "tags"\ntable = { old = "new" }', "product", {"tags": ["old", "x"]}, ["new", "x"]),
        ('field = "tags[]"\ntable = { old = "new" }\notherwise = "clear"', "product", {"tags": ["old", "x"]}, ["new"]),
        ('field = "tags[]"\ntable = { old = "new" }\notherwise = "clear"', "product", {"tags": ["x"]}, None),
        # without ignore_case the case counts, with it neither case nor blanks around
        ('field = "sku"\ntable = { a = "1" }', "product", {"sku": "A"}, "A"),
        ('field = "sku"\ntable = { a = "1" }\nignore_case = true', "product", {"sku": " A "}, "1"),
    ],
)
def test_how_values_are_looked_up(toml: str, record_type: str, before: dict[str, Any], expected: object) -> None:
    outcome: Any = after("value-map", toml, before, record_type=record_type)
    assert outcome.get(next(iter(before))) == expected


def test_a_number_is_looked_up_by_its_digits() -> None:
    toml = 'field = "rows[].discountAmount"\ntable = { "25.0" = 25 }'
    outcome: Any = after("value-map", toml, {"rows": [{"discountAmount": Decimal("25.0")}]})
    assert str(outcome["rows"][0]["discountAmount"]) == "25"


@pytest.mark.parametrize(
    ("toml", "setting", "said"),
    [
        ('field = "channel"', "table", "name a CSV file with 'file'"),
        (TABLE + 'file = "t.csv"', "table", "contradicts 'file'"),
        (TABLE + 'columns = ["a", "b"]', "columns", "belongs to 'file'"),
        (TABLE + 'otherwise = "warn"\ndefault = "x"', "otherwise", "contradicts 'default'"),
        ('field = "currency"\ntable = { a = "EURO" }', "table.a", "ISO 4217"),
        ('field = "currency"\ntable = { a = "EUR" }\ndefault = "EURO"', "default", "ISO 4217"),
        ('field = "channel"\ntable = { a = "1", A = "2" }\nignore_case = true', "table.A", "stands twice"),
    ],
)
def test_a_wrong_table_is_named(toml: str, setting: str, said: str) -> None:
    error = refusal("value-map", toml)
    assert error.setting == setting
    assert said in str(error)


def test_a_field_that_its_part_cannot_be_without_is_not_cleared() -> None:
    error = refusal(
        "value-map", 'field = "rows[].type"\ntable = { a = "fee" }\notherwise = "clear"', record_type="invoice"
    )
    assert (error.setting, "cannot be cleared" in str(error)) == ("otherwise", True)


def from_file(folder: Path, content: str | bytes, more: str = "", before: dict[str, Any] | None = None) -> Any:
    data = content.encode() if isinstance(content, str) else content
    (folder / "carriers.csv").write_bytes(data)
    toml = f'field = "channel"\nfile = "carriers.csv"\n{more}'
    return run("value-map", toml, {"channel": "postnord"} if before is None else before, folder=folder).result


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("name,code\npostnord,PN\n", ""),
        ("\ufeffname,code\r\npostnord,PN\r\n", ""),  # what a spreadsheet saves
        ("name;code\npostnord;PN\n", 'separator = ";"'),
        ("code,note,name\nPN,x,postnord\n", 'columns = ["name", "code"]'),
        ('name,code\n"postnord","PN"\n\n', ""),
        ("name,code\npostnord,PN\npostnord,PN\n", ""),
    ],
)
def test_a_table_comes_from_a_csv_file(tmp_path: Path, content: str, more: str) -> None:
    assert from_file(tmp_path, content, more) == {"channel": "PN"}


@pytest.mark.parametrize(
    ("content", "more", "setting", "said"),
    [
        ("", "", "file", "is empty"),
        ("name\npostnord\n", "", "file", "has one column"),
        ("name,code\npostnord\n", "", "file", "carriers.csv:2: 1 column(s)"),
        ("name,code\na,1\na,2\n", "", "file", "carriers.csv:3: 'a' is already '1', now '2'"),
        ("name,code\na,1\n", 'columns = ["nam", "code"]', "columns[0]", "has no column 'nam', only name, code"),
        (b"name,code\n\xff,1\n", "", "file", "is not UTF-8"),
        ('name,code\n"a,1\n', "", "file", "is no CSV file"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    tmp_path: Path, content: str | bytes, more: str, setting: str, said: str
) -> None:
    with pytest.raises(SettingError) as caught:
        from_file(tmp_path, content, more)
    assert caught.value.setting == setting
    assert said in str(caught.value)


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    error = refusal("value-map", 'field = "channel"\nfile = "nowhere.csv"', folder=tmp_path)
    assert str(tmp_path / "nowhere.csv") in str(error)


def test_the_file_counts_as_configuration() -> None:
    spec = SPECS["value-map"]
    assert spec.files(spec.settings.model_validate({"field": "channel", "file": "t.csv"})) == ("t.csv",)
    assert spec.files(spec.settings.model_validate({"field": "channel"})) == ()
    assert SPECS["field-set"].files(SPECS["field-set"].settings.model_validate({"field": "a", "value": "b"})) == ()
