"""What an operator reads: each broken configuration in messages.txt, and what is said about it.

``UPDATE_MESSAGES=1 pytest tests/config/test_messages.py`` writes the present messages into the file, to be read.
"""

import os
import re
from pathlib import Path

import pytest

from tests.config.loading import refusal

FILE = Path(__file__).with_name("messages.txt")
_CASE = re.compile(r"=== (?P<title>.*)\n(?P<toml>(?:(?!===|>>>).*\n)*)(?P<says>(?:>>> .*\n)*)")


def cases() -> list[tuple[str, str, str]]:
    """List title, configuration and what is said."""
    text = FILE.read_text("utf-8")
    found = [(match["title"], match["toml"], match["says"].replace(">>> ", "")) for match in _CASE.finditer(text)]
    assert sum(map(len, _CASE.findall(text))) > 0
    return found


@pytest.mark.parametrize(("title", "toml", "says"), cases(), ids=[title for title, _toml, _says in cases()])
def test_a_broken_configuration_is_explained(tmp_path: Path, title: str, toml: str, says: str) -> None:
    assert refusal(tmp_path, toml) + "\n" == says


def test_no_message_shows_a_secret() -> None:
    said = "".join(says for _title, _toml, says in cases())
    assert "canary" not in said


if "UPDATE_MESSAGES" in os.environ:

    @pytest.fixture(autouse=True, scope="module")
    def update(tmp_path_factory: pytest.TempPathFactory) -> None:
        parts = []
        for title, toml, _says in cases():
            said = refusal(tmp_path_factory.mktemp("case"), toml)
            parts.append(f"=== {title}\n{toml}" + "".join(f">>> {line}\n" for line in said.split("\n")))
        FILE.write_text("".join(parts), "utf-8")
