"""docs/your-first-connector.md lists every promise in its own words.

``UPDATE_DOCS=1 pytest tests/testing/test_promises_docs.py`` writes the table anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import crossdock_woocommerce
from crossdock.testing import promises

PAGE = Path(__file__).parents[2] / "docs" / "your-first-connector.md"
_TABLE = re.compile(r"(?<=test_promises_docs\.py -->\n).*?(?=<!-- end of promises -->)", re.DOTALL)


def table() -> str:
    told = {one.name: one.says for one in promises(crossdock_woocommerce.WOOCOMMERCE)}
    rows = [f"| {name} | {says} |\n" for name, says in told.items()]
    return "\n| promise | what it means |\n|---|---|\n" + "".join(rows) + "\n"


def test_every_promise_is_documented() -> None:
    text = PAGE.read_text("utf-8")
    if "UPDATE_DOCS" in os.environ:
        PAGE.write_text(text := _TABLE.sub(lambda _: table(), text), "utf-8")
    assert _TABLE.findall(text) == [table()]
