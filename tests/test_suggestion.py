"""What is said to somebody who wrote a name that does not exist."""

import pytest

from crossdock.suggestion import did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("odrer", ["order", "product"], "; did you mean 'order'?"),
        ("field_set", ["field-set"], "; did you mean 'field-set'?"),
        ("x", ["b", "a"], "; known: a, b"),
        ("x", [], "; there are none"),
    ],
)
def test_the_nearest_name_is_proposed_or_all_are_listed(word: str, known: list[str], said: str) -> None:
    assert did_you_mean(word, known) == said


def test_where_there_is_nothing_the_caller_says_what_there_is_nothing_of() -> None:
    assert did_you_mean("x", [], none="none is configured") == "; none is configured"
