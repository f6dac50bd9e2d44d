"""The connector of docs/your-first-connector.md, taken out of the page as a reader would."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "your-first-connector.md").read_text("utf-8")
_LESSON, _, _REST = PAGE.partition("## Use it")


def blocks(language: str, text: str = PAGE) -> list[str]:
    """The page's pieces of one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


PLUGIN = "\n\n".join(blocks("python", _LESSON))
[TEST] = blocks("python", _REST)
CONFIG, REAL_SHOP, PYPROJECT = blocks("toml")
PAYLOADS = blocks("json")[0]
