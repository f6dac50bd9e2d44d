"""What is no TOML is told where the mistake is, not where the parser gave up, and what to do about it."""

import pytest
from hypothesis import given, strategies as st

from crossdock.errors import ConfigError
from crossdock.toml import parse_toml
from tests.config.test_toml import TEXT

ONE_LINE = "an inline table { ... } stands on one line; close it with '}', or use a [table] header for more"
OTHER_KIND = "if a text holds quotation marks, write it in the other kind: '...\"...'"
ONE_ENTRY = f"one entry a line, a text in quotes; {OTHER_KIND}"
TAKEN = "write '...' instead of \"...\" to have backslashes taken as they are, or double it"

BROKEN = [
    # numbers
    ("a = 012", '1:5: 012 is no number (none begins with 0); a text needs quotes: "012"'),
    ("a = { b = 012 }", '1:11: 012 is no number (none begins with 0); a text needs quotes: "012"'),
    ('a = [\n 1, # one, "\n 012,\n]', '3:2: 012 is no number (none begins with 0); a text needs quotes: "012"'),
    ("a = 5m", '1:5: 5m is no number; a text needs quotes: "5m"'),
    ("a = [5m]", '1:6: 5m is no number; a text needs quotes: "5m"'),
    ("a = [{ lookback = 5m }]", '1:19: 5m is no number; a text needs quotes: "5m"'),
    ("a = 10%", '1:5: 10% is no number; a text needs quotes: "10%"'),
    ("a = 1_", '1:5: 1_ is no number; a text needs quotes: "1_"'),
    ("a = .5", '1:5: .5 is no number; a text needs quotes: ".5"'),
    ("a = +-1", '1:5: +-1 is no number; a text needs quotes: "+-1"'),
    ("a = 0xZZ", '1:5: 0xZZ is no number; a text needs quotes: "0xZZ"'),
    ("a = 1.2.3", '1:5: 1.2.3 is no number; a text needs quotes: "1.2.3"'),
    ("a = 1 000", "1:7: a number has no space in it; a text needs quotes"),
    ("a = 1,5", "1:6: a decimal number is written with a point"),
    ("a = { b = 1,5 }", "1:12: a decimal number is written with a point"),
    ("a = 1; b = 2", "1:6: an entry ends with its line, without ';'"),
    # dates and times
    ("a = 2024-13-45", "1:5: 2024-13-45 is a date that does not exist"),
    ("a = { b = 2024-13-45 }", "1:11: 2024-13-45 is a date that does not exist"),
    ("a = [\n 2024-01-01,\n 2024-13-45,\n]", "3:2: 2024-13-45 is a date that does not exist"),
    ("a = { b = 2024-02-30T10:00:00Z }", "1:11: 2024-02-30T10:00:00Z is a date that does not exist"),
    ("a = 2024-01-01T10:00:00+25:00", "1:5: 2024-01-01T10:00:00+25:00 is a date that does not exist"),
    (
        "a = { b = 2024-1-5 }",
        "1:11: 2024-1-5 is no date, which is written 2024-03-31 or 2024-03-31T09:30:00Z; a text needs quotes",
    ),
    (
        "a = 01.02.2024",
        "1:5: 01.02.2024 is no date, which is written 2024-03-31 or 2024-03-31T09:30:00Z; a text needs quotes",
    ),
    (
        "a = 2024-01-01T10:00",
        "1:5: 2024-01-01T10:00 is no date, which is written 2024-03-31 or 2024-03-31T09:30:00Z; a text needs quotes",
    ),
    ("a = { b = 25:00:00 }", '1:11: 25:00:00 is no time, which is written 09:30:00; a text needs quotes: "25:00:00"'),
    ("a = 12:30", '1:5: 12:30 is no time, which is written 09:30:00; a text needs quotes: "12:30"'),
    # values that are none
    ("name = demo-shop", '1:8: a text needs quotes: "demo-shop"'),
    ("name = my demo shop # the first", '1:8: a text needs quotes: "my demo shop"'),
    ("a = { b = x, c = 1 }", '1:11: a text needs quotes: "x"'),
    ("a = on", "1:5: write true"),
    ("a = False", "1:5: write false"),
    ("a = null", "1:5: TOML has no empty value; leave the line out"),
    ("a = https://shop.example/#x", '1:5: a text needs quotes: "https://shop.example/#x"'),
    ("a = C:\\x", "1:5: a text needs quotes: 'C:\\x'"),
    ("a = $HOME", '1:5: a value from the environment is written { env = "HOME" }'),
    ("a = { b = ${HOME} }", '1:11: a value from the environment is written { env = "HOME" }'),
    ('a = env("HOME")', '1:5: a value from the environment is written { env = "HOME" }'),
    ("a = (1, 2)", "1:5: a list is written [1, 2]"),
    ("a = == 1", "1:5: one '=' is enough"),
    ("a =", "1:4: the value is missing after '='"),
    ("a = # x", "1:5: the value is missing after '='"),
    ("a = { b = }", "1:11: the value is missing after '='"),
    ("a = { b = , c = 1 }", "1:11: the value is missing after '='"),
    ('a = "x" "y"', f"1:9: {ONE_ENTRY}"),
    ('a = "m[?k=="x"]"', f"1:13: {ONE_ENTRY}"),
    ("a = 'it's'", f"1:9: {ONE_ENTRY}"),
    ("a = 1 2 3", "1:7: a number has no space in it; a text needs quotes"),
    ('a = "x",', "1:8: an entry ends with its line, without ','"),
    ("a = 1]", "1:6: ']' closes nothing here"),
    ("a = {}}", "1:7: '}' closes nothing here"),
    ("a = 1 // one", "1:7: a comment begins with '#'"),
    (
        "a = xyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
        '1:5: a text needs quotes: "xyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..."',
    ),
    # texts
    ('a = "x\nb = 1', "1:7: the closing quotation mark is missing in this line"),
    ("a = 'x\nb = 1", "1:7: the closing quotation mark is missing in this line"),
    ("a = 'x\nb = 'y'", "1:7: the closing quotation mark is missing in this line"),
    ('a = { b = "x }\nc = 1', "1:15: the closing quotation mark is missing in this line"),
    ('a = "x', "1:7: the closing quotation mark is missing in this line"),
    ('b = 1\na = """x\nb = 1', '2:5: the closing """ of the text that begins here is missing'),
    ("a = '''x\nb = 1", "1:5: the closing ''' of the text that begins here is missing"),
    ('a = "\\d"', f"1:6: \\d means nothing in a text; {TAKEN}"),
    ('a = """\none\n\\d\n"""', f"3:1: \\d means nothing in a text; {TAKEN}"),
    ('a = "x\\\ny"', f"1:7: \\ means nothing in a text; {TAKEN}"),
    ('a = "C:\\Users"', f"1:8: \\U takes the 8 hexadecimal digits of a character; {TAKEN}"),
    ('a = "\\u12"', f"1:6: \\u takes the 4 hexadecimal digits of a character; {TAKEN}"),
    ('a = "\\uD800"', f"1:6: \\u takes the 4 hexadecimal digits of a character; {TAKEN}"),
    ("a = “x”", "1:5: use straight quotation marks: \"...\" or '...'"),
    ('a = "x\x07"', "1:7: the invisible character U+0007 cannot stand here; delete it, or write a space or line break"),
    ("a =\xa01", "1:4: the invisible character U+00A0 cannot stand here; delete it, or write a space or line break"),
    (
        "a = 1\rb = 2",
        "1:6: the invisible character U+000D cannot stand here; delete it, or write a space or line break",
    ),
    ("“a” = 1", "1:1: use straight quotation marks: \"...\" or '...'"),
    # lists
    ("a = [\n", "2:1: the closing ']' of the list that begins in line 1 is missing"),
    ('a = [\n "x",\n "y"\n\n[b]\nc = 1', "5:1: the closing ']' of the list that begins in line 1 is missing"),
    ("a = [1,\n b = 2", "2:2: the closing ']' of the list that begins in line 1 is missing"),
    ('a = [\n "x"\n "y"\n]', "3:2: a ',' is missing before this; the elements of a list are separated by it"),
    (
        "a = [\n  { b = 1 }\n  { b = 2 }\n]",
        "3:3: a ',' is missing before this; the elements of a list are separated by it",
    ),
    (
        'a = ["x, "y"]',
        f"1:11: a quotation mark or a ',' is missing before this; {OTHER_KIND}",
    ),
    ("a = [1;2]", "1:7: the elements of a list are separated by ','"),
    ("a = [1,,2]", "1:8: a value is missing before ','"),
    ("a = [1, 2}", "1:10: '}' closes nothing here; ']' does"),
    ("a = [[1], [2]", "1:14: the closing ']' of the list that begins in line 1 is missing"),
    # inline tables
    ("a = { b = 1", f"1:12: {ONE_LINE}"),
    ("a = { b = 1\nc = 2", f"1:12: {ONE_LINE}"),
    ("a = { b = 1,\n c = 2 }", f"1:13: {ONE_LINE}"),
    ("a = {\n b = 1\n}", f"1:6: {ONE_LINE}"),
    ("a = { b = 1 # one\n}", f"1:13: {ONE_LINE}"),
    ("a = { b = 1, }", "1:14: an inline table { ... } has no comma after the last entry"),
    ("a = {, }", "1:6: an entry is missing before ','"),
    ("a = { b = 1 c = 2 }", "1:13: a ',' is missing before this; the entries of an inline table are separated by it"),
    (
        'a = { b = "x" c = "y }',
        "1:15: a ',' is missing before this; the entries of an inline table are separated by it",
    ),
    (
        'a = { b = "x"c = 1 }',
        f"1:14: a quotation mark or a ',' is missing before this; {OTHER_KIND}",
    ),
    ("a = { b = 1; c = 2 }", "1:12: the entries of an inline table are separated by ','"),
    ("a = { b = 1 ]", "1:13: ']' closes nothing here; '}' does"),
    ("a = { b: 1 }", "1:8: write '=' in place of ':'"),
    ("a = { b 1 }", "1:9: the '=' between name and value is missing"),
    ("a = { b }", "1:7: a name needs a value: NAME = VALUE"),
    ("a = { b = 1, b = 2 }", "1:14: 'b' is given twice, first in line 1; keep one of the two"),
    ('a = [{ when = "b == "c"" }]', f"1:22: a quotation mark or a ',' is missing before this; {OTHER_KIND}"),
    # names
    ("a", "1:1: a name needs a value: NAME = VALUE"),
    ("[x]\n  oops\nb = 1", "2:3: a name needs a value: NAME = VALUE"),
    ("a 1", "1:3: the '=' between name and value is missing"),
    ("a : 1", "1:3: write '=' in place of ':'"),
    ("a: 1", "1:2: write '=' in place of ':'"),
    ("größe = 1", '1:3: a name with other characters than A-Z a-z 0-9 _ - needs quotes: "größe" = ...'),
    ("a[0].b = 1", '1:2: a name with other characters than A-Z a-z 0-9 _ - needs quotes: "a[0].b" = ...'),
    ("two words = 1", '1:5: a name with other characters than A-Z a-z 0-9 _ - needs quotes: "two words" = ...'),
    ("'a' 'b' = 1", "1:5: a name with other characters than A-Z a-z 0-9 _ - needs quotes"),
    ("= 1", "1:1: the name before '=' is missing"),
    ("a..b = 1", "1:3: a part of the name is missing beside '.'"),
    ("a. = 1", "1:4: a part of the name is missing beside '.'"),
    ("; a comment", "1:1: a comment begins with '#'"),
    ("// a comment", "1:1: a comment begins with '#'"),
    ("-- a comment", "1:1: a comment begins with '#'"),
    ("<<<<<<< HEAD", "1:1: a conflict of versions was left here; decide for one of the two"),
    # headers
    ("[a", "1:3: the closing ']' of the header is missing"),
    ("[a # c", "1:4: the closing ']' of the header is missing"),
    ("[[a]", "1:4: the closing ']]' of the header is missing"),
    ("[]", "1:2: the name between the brackets is missing"),
    ("[a.]", "1:4: a part of the name is missing beside '.'"),
    ("[a b]", "1:4: a name with other characters than A-Z a-z 0-9 _ - needs quotes"),
    ("[a]]", "1:4: ']' closes nothing here"),
    ("[a] b = 1", "1:5: a [header] has a line of its own; what follows belongs into the next one"),
    ("[a.b]\n[a:c]", "2:3: a name with other characters than A-Z a-z 0-9 _ - needs quotes"),
    ("[a]\n[a", "2:3: the closing ']' of the header is missing"),
    ("[a]\n[[a]", "2:4: the closing ']]' of the header is missing"),
    # what is given twice
    ("a = 1\n\na = 2", "3:1: 'a' is given twice, first in line 1; keep one of the two"),
    ("a.b = 1\na.b = 2", "2:3: 'b' is given twice, first in line 1; keep one of the two"),
    ("a = 1\na.b = 2", "2:1: 'a' is given twice, first in line 1; keep one of the two"),
    ("a.b = 1\na = 2", "2:1: 'a' is given twice, first in line 1; keep one of the two"),
    ("a = { b = 1 }\na.c = 2", "2:1: 'a' is given twice, first in line 1; keep one of the two"),
    ("a = { b = 1 }\n[a.c]", "2:2: 'a' is given twice, first in line 1; keep one of the two"),
    ("a = []\n[[a]]", "2:3: 'a' is given twice, first in line 1; keep one of the two"),
    ("[a]\nb = 1\n[a.b]", "3:4: 'b' is given twice, first in line 2; keep one of the two"),
    ("[a]\nb = 1\n[c]\n[a]", "4:2: 'a' is given twice, first in line 1; keep one of the two"),
    ("a.b.c = 1\n[a.b]", "2:4: 'b' is given twice, first in line 1; keep one of the two"),
    ("[a.b]\nc = 1\n[a]\nb.d = 2", "4:1: 'b' is given twice, first in line 1; keep one of the two"),
    (
        "[[a]]\nb = 1\n[a]\nb = 2",
        "3:2: 'a' is written with one bracket and with two, first in line 1; [a] is one table, [[a]] each of a list",
    ),
    (
        "[[a]]\nb = 1\n[a]\nb = 2\n[a.c]\nb = 3",
        "3:2: 'a' is written with one bracket and with two, first in line 1; [a] is one table, [[a]] each of a list",
    ),
    (
        "[a]\nb = 1\n[[a]]\nb = 2",
        "3:3: 'a' is written with one bracket and with two, first in line 1; [a] is one table, [[a]] each of a list",
    ),
    ("a = { b = 1, b = 2\nc = 3", "1:19: what stands before this is given twice; keep one of the two"),
    # what the parser cannot say itself
    ("a = 1\nb = " + "9" * 5000, "2:5: a number has thousands of digits; write it as a text, in quotes"),
    ("a = " + "[" * 5000, "1:1: lists or inline tables are nested too deeply; use [table] headers instead"),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("text", "told"), BROKEN, ids=[text[:40] for text, _told in BROKEN])
def test_a_mistake_is_told_with_its_place_and_remedy(text: str, told: str, newline: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_toml(text.replace("\n", newline), "p.toml")
    assert str(caught.value) == f"p.toml:{told}"


SIGNS = ['"', "'", "[", "]", "{", "}", ",", "=", ".", "#", "\\", "\n", " ", "0", "x", "-", "ü", "\u200b"]


@given(st.integers(0, len(TEXT)), st.integers(0, 3), st.lists(st.sampled_from(SIGNS), max_size=3))
def test_whatever_is_mistyped_one_problem_points_into_the_text(position: int, width: int, signs: list[str]) -> None:
    text = TEXT[:position] + "".join(signs) + TEXT[position + width :]
    try:
        parse_toml(text, "p.toml")
    except ConfigError as error:
        (problem,) = error.problems
        lines = text.split("\n")
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.message
        assert not problem.message.startswith(("cannot ", "duplicate ", "expected ", "invalid "))
