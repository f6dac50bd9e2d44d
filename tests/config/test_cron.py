"""Cron means here what it means everywhere, in UTC."""

from datetime import UTC, datetime

import pytest

from crossdock.config.cron import cron_trigger

NOW = datetime(2024, 3, 6, 12, 0, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("*/15 * * * *", "2024-03-06T12:15"),
        ("0 3 * * *", "2024-03-07T03:00"),
        ("0 3 1 * *", "2024-04-01T03:00"),
        ("0 0 29 2 *", "2028-02-29T00:00"),  # a date that is rare
        ("30 8-18 * * mon-fri", "2024-03-06T12:30"),
        ("30 8-18 * * MON-FRI", "2024-03-06T12:30"),
        ("0 3 * * 1", "2024-03-11T03:00"),  # Monday, not Tuesday as the scheduler counts
        ("0 3 * * 1-5", "2024-03-07T03:00"),
        ("0 3 * * 0", "2024-03-10T03:00"),  # both are Sunday
        ("0 3 * * 7", "2024-03-10T03:00"),
        ("0 3 * * 0,6", "2024-03-09T03:00"),
    ],
)
def test_five_fields_say_when(text: str, following: str) -> None:
    assert cron_trigger(text).get_next_fire_time(None, NOW) == datetime.fromisoformat(f"{following}:00+00:00")


def test_the_second_keeps_imports_of_the_same_minute_apart() -> None:
    following = cron_trigger("0 3 * * *", second=25).get_next_fire_time(None, NOW)
    assert following == datetime(2024, 3, 7, 3, 0, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("daily", "it has five fields"),
        ("0 0 3 * * *", "it has five fields"),
        ("60 * * * *", "higher than the maximum value"),
        ("x * * * *", "unrecognized expression"),
        ("every day at three o'clock", 'invalid month name "three"'),
        ("0 3 * * sun-thu", "a week begins with mon"),
        ("0 3 31 2 *", "no date ever fits"),
        ("0 3 1 * 1", "give one"),
    ],
)
def test_what_says_no_time_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="is no time for an import") as refused:
        cron_trigger(text)
    assert reason in str(refused.value)
