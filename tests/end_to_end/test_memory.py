"""An import keeps a few pages in memory, however many there are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .process import sandbox_process, shop

ORDERS = 3000
# VmHWM is this process's own peak; what getrusage tells would include that of the process it was started from.
MEASURED = """
import atexit, sys
from pathlib import Path
atexit.register(lambda: sys.stderr.write(Path("/proc/self/status").read_text()))
from crossdock.cli import main
main()
"""


@pytest.mark.slow
def test_three_thousand_orders_fit_into_a_small_memory(tmp_path: Path) -> None:
    with sandbox_process("--port", "0", "--records", str(ORDERS)) as (url, keys):
        (tmp_path / "plugins.toml").write_text(shop(url), "utf-8")
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "import"],
            cwd=tmp_path,
            env=keys,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.splitlines()[1].split()[3:5] == ["3,000", "3,000"]
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None
    assert int(peak[1]) < 150 * 1024
