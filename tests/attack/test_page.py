"""The page about security names tests, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "docs" / "security.md").read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).is_file()] == []
    ours = {f"tests/attack/{file.name}" for file in Path(__file__).parent.glob("test_*.py")}
    assert ours - {f"tests/attack/{Path(__file__).name}"} <= set(named)
