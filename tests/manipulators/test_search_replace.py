"""``search-replace`` finds texts or patterns; no pattern can make it slow."""

from __future__ import annotations

import time
from typing import Any

import pytest

from .bench import after, refusal, run


def replaced(text: str, search: str, replace: str, more: str = "regex = true") -> Any:
    toml = f"field = 'customerNote'\nsearch = '''{search}'''\nreplace = '''{replace}'''\n{more}"
    outcome: Any = after("search-replace", toml, {"customerNote": text})
    return outcome["customerNote"]


@pytest.mark.parametrize(
    ("text", "search", "replace", "more", "expected"),
    [
        ("a.b.c", ".", "-", "", "a-b-c"),
        ("aBc", "b", "-", "", "aBc"),
        ("aBc", "b", "-", "ignore_case = true", "a-c"),
        ("a.B", ".b", r"\1", "ignore_case = true", r"a\1"),  # a literal is literal on both sides
        ("2024-03", r"(\d+)-(\d+)", r"\2/\1", "regex = true", "03/2024"),
        ("ab", "(?P<x>a)", r"\g<x>\g<x>\g<1>", "regex = true", "aaab"),
        ("ab", "a(z)?", r"[\1]", "regex = true", "[]b"),  # a group that took no part is empty
        ("AB", "a", "x", "regex = true\nignore_case = true", "xB"),
        ("a b", " ", r"\n\\é", "regex = true", "a\n\\éb"),
        ("日本語 café", "é|本", "-", "regex = true", "日-語 caf-"),
        ("x", "x", "", "", ""),
    ],
)
def test_what_is_replaced(text: str, search: str, replace: str, more: str, expected: str) -> None:
    assert replaced(text, search, replace, more) == expected


@pytest.mark.parametrize("field", ["tags", "tags[]"])
def test_each_text_of_a_list_is_searched(field: str) -> None:
    toml = f'field = "{field}"\nsearch = "x"\nreplace = "y"'
    assert after("search-replace", toml, {"tags": ["ax", "b"]}, record_type="product") == {"tags": ["ay", "b"]}


def test_a_result_that_the_field_refuses_leaves_it_and_warns() -> None:
    outcome = run("search-replace", 'field = "currency"\nsearch = "SEK"\nreplace = "KR"', {"currency": "SEK"})
    assert outcome.result == {"currency": "SEK"}
    assert "does not take 'KR'" in outcome.warnings[0]


def test_half_a_character_is_left_with_a_warning() -> None:
    toml = 'field = "customerNote"\nsearch = "a"\nreplace = "b"\nregex = true'
    outcome = run("search-replace", toml, {"customerNote": "a\ud800"})
    assert outcome.result == {"customerNote": "a\ud800"}
    assert "half of a character" in outcome.warnings[0]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_catastrophic_patterns_take_no_time(pattern: str) -> None:
    started = time.process_time()
    replaced("a" * 20_000 + "!", pattern, "x")
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("(?=a)", "there is no look-ahead: write what follows as a group"),
        ("(?!a)", "there is no look-ahead"),
        ("(?<=a)b", "there is no look-behind: write what precedes as a group"),
        (r"(a)\1", "no back-references"),
        ("a++", "no possessive quantifiers"),
        ("(?>a)", "no atomic groups"),
        (r"a\Z", r"write \z"),
        ("(a", "missing )"),
        ("[z-a]", "invalid character class range"),
        ("a{5000}", "invalid repetition size"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_what_to_write_instead(search: str, said: str) -> None:
    error = refusal("search-replace", f"field = 'channel'\nsearch = '{search}'\nreplace = ''\nregex = true")
    assert error.setting == "search"
    assert said in str(error)


@pytest.mark.parametrize(
    ("replace", "offset", "said"),
    [
        (r"\2", 0, "names a group that the pattern does not have; it has 1, named x"),
        (r"ab\g<y>", 2, "names a group"),
        (r"a\q", 1, "means nothing here"),
        ("a\\", 1, "lone backslash"),
    ],
)
def test_a_wrong_replacement_points_at_the_place(replace: str, offset: int, said: str) -> None:
    error = refusal("search-replace", f"field = 'channel'\nsearch = '(?P<x>a)'\nreplace = '{replace}'\nregex = true")
    assert (error.setting, error.offset) == ("replace", offset)
    assert said in str(error)


@pytest.mark.parametrize("field", ["placedAt", "pricesIncludeVat", "rows[].discountAmount"])
def test_only_texts_can_be_searched(field: str) -> None:
    assert "holds no text" in str(refusal("search-replace", f'field = "{field}"\nsearch = "a"\nreplace = "b"'))
