"""The walk-through of the API does what the page shows: its commands are run in one shell, one after the other."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_SECTION = re.compile(r"^## Two programs share one order\n(.*?)^## ", re.DOTALL | re.MULTILINE)
_STEP = re.compile(r"^```bash\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
_PORT = "8765"
_NEXT = "-- next step --"


def test_the_commands_of_the_walk_through_print_what_it_shows(tmp_path: Path) -> None:
    section = _SECTION.search(PAGE.read_text("utf-8"))
    assert section is not None
    steps = _STEP.findall(section[1])
    assert len(steps) > 5
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    script = f"\necho '{_NEXT}'\n".join(commands for commands, _shown in steps).replace(_PORT, port)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-m"],
        input=f"trap 'kill $(jobs -p) || true' EXIT\n{script}",
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    printed = run.stdout.split(f"{_NEXT}\n")
    assert [text.strip() for text in printed] == [shown.strip() for _commands, shown in steps], run.stderr
