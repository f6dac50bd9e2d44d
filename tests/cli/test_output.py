"""What came from a remote system never acts on a terminal, and JSON stays JSON."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.cli.output import complain, plain, print_fields, print_json, print_line, print_table, redacted
from crossdock.records import parse_json

ACTS = ("Cc", "Cs")


@given(st.text(st.characters(codec=None)))
def test_no_character_that_acts_is_left_in_a_line(text: str) -> None:
    shown = plain(text)
    assert [one for one in shown if unicodedata.category(one) in ACTS] == []
    assert "\u202e" not in shown


@given(st.text())
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    visible = "".join(one for one in text if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    assert plain(visible) == visible


@pytest.mark.parametrize("terminal", [True, False])
def test_remote_data_in_a_table_is_neither_markup_nor_escape_code(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    print_table(("a", "b"), [("[red]x[/red]", "\x1b[2Jgone\r\nnext"), ("\x9b31m", None)], indent=2)
    assert [line.split() for line in stream.getvalue().splitlines()] == [
        ["a", "b"],
        ["[red]x[/red]", "\ufffd[2Jgone", "next"],
        ["\ufffd31m"],
    ]


def test_wide_tables_fold_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    print_table([f"column {number}" for number in range(6)], [[f"{number}" * 15 for number in range(6)]])
    for number in range(6):
        assert stream.getvalue().count(str(number)) >= 15


def test_in_a_pipe_one_long_cell_does_not_push_the_other_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("path", "seen", "what"), [("id", 17, "mapped"), ("x" * 270, 1, "stashed")], right=("seen",))
    assert capsys.readouterr().out.splitlines() == [
        "path  seen  what",
        "id      17  mapped",
        "x" * 270 + "     1  stashed",
    ]


def test_only_the_long_columns_of_a_wide_table_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    row = ("17", "erp-events", "customData.changed", "order/" + "0" * 32, "due 2024-03-03 14:09:27")
    print_table(("number", "subscription", "event", "of", "state"), [row])
    titles, first, *_rest = stream.getvalue().splitlines()
    assert titles.split() == ["number", "subscription", "event", "of", "state"]
    assert first.split()[:3] == ["17", "erp-events", "customData.changed"]
    assert max(map(len, stream.getvalue().splitlines())) <= 80


def test_a_value_and_a_sentence_fold_between_words_under_where_they_began(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "40")
    print_fields([("error", "no euros (manipulator 'fail', step 1 of 1, plugins.toml:11:5)"), ("class", "x")])
    assert stream.getvalue().splitlines() == [
        "  error  no euros (manipulator 'fail',",
        "         step 1 of 1, plugins.toml:11:5)",
        "  class  x",
    ]


def test_a_message_folds_on_a_terminal_and_stays_one_line_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "40")
    complain("there is no run 'zzz'; crossdock runs list shows them\nand a second line")
    monkeypatch.setattr(stream, "isatty", lambda: True)
    complain("there is no run 'zzz'; crossdock runs list shows them\nand a second line")
    assert stream.getvalue().splitlines() == [
        "crossdock: there is no run 'zzz'; crossdock runs list shows them",
        "and a second line",
        "crossdock: there is no run 'zzz';",
        "  crossdock runs list shows them",
        "and a second line",
    ]


WORDS = st.text("abcdefg", min_size=1, max_size=12)
CELLS = st.lists(WORDS, max_size=6).map(" ".join)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
def test_no_word_of_a_table_breaks_where_there_is_room_for_words(rows: list[tuple[str, ...]]) -> None:
    shown = on_a_terminal(48, ("one", "two", "three"), rows)
    assert max(map(len, shown.splitlines())) <= 48
    assert sorted(shown.split()) == sorted(" ".join(["one two three", *(" ".join(row) for row in rows)]).split())


def test_where_words_must_break_it_is_the_longest() -> None:
    url = "https://shop.example/wp-json/wc/v3/orders?orderby=modified&order=asc&per_page=100"
    lines = on_a_terminal(60, ("entries", "connection", "error"), [("12", "demo-shop", f"GET {url} failed")])
    assert lines.splitlines()[0].split() == ["entries", "connection", "error"]
    assert lines.splitlines()[1].split()[:2] == ["12", "demo-shop"]
    assert max(map(len, lines.splitlines())) <= 60


def on_a_terminal(width: int, columns: Sequence[str], rows: Sequence[Sequence[object]], **how: Any) -> str:
    """What a table looks like on a terminal."""
    stream = io.StringIO()
    stream.isatty = lambda: True  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setenv("COLUMNS", str(width))
        patch.setenv("TERM", "dumb")
        print_table(columns, rows, **how)
    return stream.getvalue()


def test_spare_columns_go_before_any_cell_breaks_and_that_is_said() -> None:
    columns = ("order", "customer", "note", "total")
    row = ("1001", "Ada Lovelace of London", "rings twice", "10.00")
    assert on_a_terminal(60, columns, [row], spare=("note", "customer")).split("\n")[1].split() == " ".join(row).split()
    lines = on_a_terminal(40, columns, [row], spare=("note", "customer")).splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["order", "customer", "total"],
        ["1001", "Ada", "Lovelace", "of", "London", "10.00"],
    ]
    assert lines[2:] == ["(a wider terminal also shows: note)"]
    lines = on_a_terminal(20, columns, [row], spare=("note", "customer")).splitlines()
    assert [line.split() for line in lines[:2]] == [["order", "total"], ["1001", "10.00"]]
    assert lines[2:] == ["(a wider terminal", "  also shows:", "  customer, note)"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_json_says_the_same_without_a_character_that_acts(value: object) -> None:
    stream, stdout = io.StringIO(), sys.stdout
    sys.stdout = stream
    try:
        print_json(value)
    finally:
        sys.stdout = stdout
    text = stream.getvalue()
    assert json.loads(text) == value
    assert [one for one in text if one != "\n" and unicodedata.category(one) in ACTS] == []


def test_decimals_in_json_keep_their_digits(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Decimal("1.10"), Decimal("12.335999999999999999")])
    assert "".join(capsys.readouterr().out.split()) == "[1.10,12.335999999999999999]"


def test_secrets_are_taken_out_of_texts_and_names_but_not_of_numbers() -> None:
    def redact(text: str) -> str:
        return text.replace("1234", "[redacted]")

    assert redacted({"1234": ["x1234", 1234]}, redact) == {"[redacted]": ["x[redacted]", 1234]}


def test_a_line_is_redacted_before_it_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("key: a\nb", lambda text: text.replace("a\nb", "[redacted]"))
    assert capsys.readouterr().out == "key: [redacted]\n"


def test_half_a_surrogate_pair_is_in_json_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    given = r'{"meta.\ud800":"half \ud83d"}'
    print_json(parse_json(given))
    assert json.loads(capsys.readouterr().out) == json.loads(given)
