"""Numbers and nouns agree."""

from __future__ import annotations

import pytest

from crossdock.plural import counted


@pytest.mark.parametrize(
    ("count", "noun", "told"),
    [
        (0, "entry", "0 entries"),
        (1, "entry", "1 entry"),
        (2, "key", "2 keys"),
        (1_000, "more record", "1,000 more records"),
        (3, "address", "3 addresses"),
    ],
)
def test_a_count_and_what_is_counted(count: int, noun: str, told: str) -> None:
    assert counted(count, noun) == told
