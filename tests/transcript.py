"""Console transcripts in the documentation: their commands are run, and what they print is what is shown.

``UPDATE_DOCS=1 pytest tests/test_docs.py`` writes the present output into the pages, to be read.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tests.environment import run_crossdock

_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```)", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ (?:.*/)?crossdock (.*)$", re.MULTILINE)
_VOLATILE = (
    (re.compile(r" +\d+\.\d(?: +[\d,]+)?$", re.MULTILINE), ""),  # how long a run took, its rate
    (re.compile(r"(?<![\w.-])[0-9a-f]{8}(?:[0-9a-f]{24})?(?![\w.-])"), "<id>"),
    (re.compile(r"\b20\d\d-\d\d-\d\d(?: [\d:]+|T[\d:]+\.\d+Z)"), "<moment>"),
)


def check_transcripts(page: Path, folder: Path, between: Callable[[], object] = lambda: None) -> None:
    """Run the commands of a page's console blocks, in order, in one folder, and compare what they print.

    ``between`` is called after each block, and does what the page says happens then.
    """
    shown = page.read_text("utf-8")
    printed = _BLOCK.sub(_replay(folder, between), shown)
    if "UPDATE_DOCS" in os.environ:
        page.write_text(shown := printed, "utf-8")
    assert lasting(printed) == lasting(shown), "UPDATE_DOCS=1 pytest tests/test_docs.py shows what is printed now"


def _replay(folder: Path, between: Callable[[], object]) -> Callable[[re.Match[str]], str]:
    def replay(block: re.Match[str]) -> str:
        parts = []
        for command in _COMMAND.finditer(block[0]):
            run = run_crossdock([sys.executable, "-m", "crossdock"], folder, *command[1].split())
            parts.append(f"{command[0]}\n{run.stdout}{run.stderr}")
        between()
        return "\n".join(parts)

    return replay


def lasting(text: str) -> str:
    """Blank what is another one each time: durations, ids, moments."""
    for pattern, instead in _VOLATILE:
        text = pattern.sub(instead, text)
    return text
