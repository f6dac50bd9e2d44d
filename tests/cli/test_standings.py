"""The table of ``crossdock run``: where the terminal is too low for all imports, what matters most is still there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from crossdock.cli.standings import LiveTable
from crossdock.config import load_config
from crossdock.pipeline.keeping.schedule import plans_of
from crossdock.pipeline.keeping.standing import Standing

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SHOP = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a{0:04d}"
name = "shop-{0:02d}"
connector = "woocommerce"
settings = {{ url = "sandbox:" }}
import.order = {{ every = "5m" }}
"""


@pytest.fixture
def standings(tmp_path: Path) -> list[Standing]:
    """Thirty shops that wait."""
    file = tmp_path / "plugins.toml"
    file.write_text("".join(map(SHOP.format, range(1, 31))), "utf-8")
    return [Standing(plan, next=NOW + timedelta(minutes=5)) for plan in plans_of(load_config(file, {}).connections)]


def drawn(standings: Sequence[Standing], height: int) -> list[str]:
    """What is drawn on a terminal of that height."""
    console = Console(width=100, height=height, file=StringIO(), force_terminal=True, color_system=None)
    live = Live(console=console, auto_refresh=False)
    LiveTable(live, str).show(standings)
    with console.capture() as captured:
        console.print(live.renderable)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_all_are_shown_where_there_is_room(standings: list[Standing]) -> None:
    standings[29].end(NOW, None, "the host refuses the connection")
    lines = drawn(standings, 32)
    assert [line.split()[0] for line in lines[1:31]] == [f"shop-{number:02d}" for number in range(1, 31)]
    assert lines[31:] == ["shop-30 order: the host refuses the connection"]


def test_else_what_fails_and_what_is_at_work_comes_first_and_the_rest_is_counted(standings: list[Standing]) -> None:
    standings[29].end(NOW, None, "the host refuses the connection")
    standings[19].begin(NOW)
    lines = drawn(standings, 10)
    assert [line.split()[0] for line in lines[1:8]] == [
        *(f"shop-0{number}" for number in range(1, 6)),
        "shop-20",
        "shop-30",
    ]
    assert lines[8:] == ["and 23 more: 23 waiting", "shop-30 order: the host refuses the connection"]


def test_where_everything_fails_some_reasons_are_told_and_all_are_counted(standings: list[Standing]) -> None:
    for standing in standings:
        standing.end(NOW, None, "the host refuses the connection")
    lines = drawn(standings, 12)
    assert len(lines) == 12
    assert lines[7] == "and 24 more: 24 failing"
    assert lines[8:] == [f"shop-0{number} order: the host refuses the connection" for number in range(1, 5)]
