"""``strip-html`` keeps the text, whatever the markup looks like, in linear time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock_manipulators.markup import text_of

from .bench import after, refusal


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a < b & c > d", "a < b & c > d"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("<b>a</b>b", "ab"),
        ("<a title='x>y' href=\"z\">a</a>", "a"),
        ("<a title='never closed>a</a>", "a"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("a<!-- never closed", "a<!-- never closed"),
        ("<script>if (a<b) alert('</p>')</script>a<STYLE>p{}</STYLE >b", "ab"),
        ("<script>never closed", "never closed"),
        ("<!DOCTYPE html><?xml version='1'?>a", "a"),
        ("&lt;b&gt; &eacute;&#39;&nbsp;x", "<b> é' x"),
        ("a <b", "a <b"),
        ("  a \t b \r\n\r\n c ", "a b\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("", ""),
    ],
)
def test_the_text_of_markup(markup: str, text: str) -> None:
    assert text_of(markup) == text


@given(st.text(alphabet=st.sampled_from(list("<>!-/\"'ab &;scriptyle \n")), max_size=60))
def test_any_soup_gives_text_and_no_error(markup: str) -> None:
    assert "\n\n" not in text_of(markup)


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", "<a '", "<a \"'", "<script>", "<!--<a>", "<a '\">", "<style><a>", "&", "<a>"]
)
def test_hostile_markup_takes_linear_time(piece: str) -> None:
    started = time.process_time()
    text_of(piece * 30_000)
    assert time.process_time() - started < 2


def test_lines_become_blanks_on_request_and_plain_text_is_left_alone() -> None:
    toml = 'field = ["customerNote", "channel"]\nkeep_lines = false'
    outcome: Any = after("strip-html", toml, {"customerNote": "a<br>b", "channel": "  a  b\n"})
    assert outcome == {"customerNote": "a b", "channel": "  a  b\n"}


def test_only_free_text_has_markup() -> None:
    assert "no free text" in str(refusal("strip-html", 'field = "currency"'))
