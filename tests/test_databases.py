"""The server that the tests run on starts wherever they run."""

from __future__ import annotations

from pathlib import Path

from tests.databases import let_others_read


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_root_installed_for_itself_alone_may_be_read_and_run_by_the_servers_user(tmp_path: Path) -> None:
    folder, program, library = tmp_path / "bin", tmp_path / "bin/initdb", tmp_path / "bin/libpq.so"
    folder.mkdir()
    for file, before in ((program, 0o700), (library, 0o600), (folder, 0o700)):
        file.touch()
        file.chmod(before)
    let_others_read(folder)
    assert [mode(path) for path in (folder, program, library)] == [0o755, 0o755, 0o644]
