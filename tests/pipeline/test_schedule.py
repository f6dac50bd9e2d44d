"""What is imported by itself, when it begins, and how long it rests after failures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from crossdock.config import Config, load_config
from crossdock.pipeline.keeping.schedule import JITTER, LONGEST_REST, plans_of, rest_after

SHOP = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a000{number}"
name = "shop-{number}"
connector = "woocommerce"
settings = {{ url = "sandbox:" }}
{imports}
"""


def config(folder: Path, *imports: str) -> Config:
    file = folder / "plugins.toml"
    shops = (SHOP.format(number=number, imports=text) for number, text in enumerate(imports))
    file.write_text("".join(shops), "utf-8")
    return load_config(file, {})


def test_what_has_a_schedule_is_planned_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = plans_of(
        config(
            tmp_path,
            '[connection.import.order]\nevery = "5m"\n[connection.import.customer]\n',
            "[connection.import.order]\n",
            '[connection.import.product]\ncron = "0 3 * * *"\n[connection.import.order]\nevery = "1h30m"\n',
        ).connections
    )
    assert [(plan.name, plan.times) for plan in found] == [
        ("shop-0 order", "every 5m"),
        ("shop-2 product", "at 0 3 * * *"),
        ("shop-2 order", "every 1h30m"),
    ]


@pytest.mark.parametrize(("every", "apart"), [("1h", 5.0), ("6s", 2.0)])
def test_they_begin_one_after_the_other_and_all_within_the_shortest_interval(
    tmp_path: Path, every: str, apart: float
) -> None:
    found = plans_of(config(tmp_path, *[f'[connection.import.order]\nevery = "{every}"'] * 3).connections)
    assert [plan.offset.total_seconds() for plan in found] == [0.0, apart, 2 * apart]


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("usual", "minutes"),
    [
        (5 * MINUTE, [5, 10, 20, 40, 60, 60]),
        (MINUTE, [1, 2, 4, 8, 16, 32, 60, 60]),
        (24 * 60 * MINUTE, [5, 10, 20, 40, 80, 160]),  # nobody waits a day because of one bad minute
        (180 * MINUTE, [5, 10, 20, 40, 80, 160, 180, 180]),
    ],
)
def test_who_keeps_failing_rests_twice_as_long_each_time(usual: timedelta, minutes: list[int]) -> None:
    rests = [rest_after(failures, usual, 0.0) / MINUTE for failures in range(1, len(minutes) + 1)]
    assert rests == minutes


@given(
    st.integers(1, 100_000),
    st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=400)),
    st.floats(0.0, 1.0),
)
def test_a_rest_never_shrinks_and_never_exceeds_the_plan_and_an_hour(
    failures: int, usual: timedelta, chance: float
) -> None:
    rest = rest_after(failures, usual, chance)
    assert rest <= max(usual, LONGEST_REST) * (1 + JITTER)
    assert rest_after(failures, usual, 0.0) <= rest
    assert rest_after(failures, usual, 0.0) <= rest_after(failures + 1, usual, 0.0)
