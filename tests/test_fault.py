"""Telling an error never raises, and says at least what kind it is."""

from __future__ import annotations

import pytest

from crossdock.fault import said, tell


class Dumb(Exception):  # noqa: N818 - it names what it is
    """An error that raises what it is given when it is asked what it says."""

    def __str__(self) -> str:
        raise self.args[0]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no such colour"), "ValueError: no such colour"),
        (ValueError(" \n"), "ValueError"),
        (SystemExit(0), "SystemExit: 0"),
        (Dumb(ValueError()), "Dumb"),
        (Dumb(SystemExit(5)), "Dumb"),
        (Dumb(Dumb(ValueError())), "Dumb"),
    ],
)
def test_an_error_is_told_by_its_kind_and_what_it_says(error: BaseException, told: str) -> None:
    assert tell(error) == told


def test_an_operator_who_stops_it_stops_it_while_an_error_is_told() -> None:
    with pytest.raises(KeyboardInterrupt):
        said(Dumb(KeyboardInterrupt()))
