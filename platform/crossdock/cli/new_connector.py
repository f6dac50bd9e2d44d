"""Writes the files of a new connector, and says what to do next."""

from __future__ import annotations

from pathlib import Path

from crossdock.cli.output import print_line
from crossdock.testing.blueprint import FOLDER, NewFile, configuration, distribution, single_file, write
from crossdock.toml import read_toml


def write_connector(name: str, folder: Path, config: str, *, as_distribution: bool) -> None:
    """Write a connector into a folder.

    Args:
        name: what it is called.
        folder: where to.
        config: the name of the configuration file; where there is none, one is written.
        as_distribution: to be installed, instead of a single file.

    Raises:
        ConfigError: the name is no good, or a file is there already.
    """
    planned = distribution(name) if as_distribution else single_file(name)
    file = folder / config
    if not as_distribution and not file.exists():
        planned.append(NewFile(Path(config), configuration(name)))
    for written in write(folder, planned):
        print_line(f"wrote {written}")
    steps = [(f"crossdock connectors test {name}", "put it to the test; it should keep every promise")]
    if as_distribution:
        home = folder / f"crossdock-{name}"
        steps = [(f"pip install -e {home}", "install it, as a link to this folder"), *steps]
        steps += [(f"pytest {home}", "the same, for its CI")]
    else:
        steps += (
            [(f"crossdock import {name}-demo", "import from its sandbox")] if planned[-1].path == Path(config) else []
        )
        steps += [(f"pytest {folder / 'tests'}", "the same tests, for its CI")]
    print_line()
    if not as_distribution and planned[-1].path != Path(config) and not _is_named(file):
        print_line(f'Into {file} belongs: [plugins] paths = ["{FOLDER}"]')
        print_line()
    print_line("What to do next:")
    width = max(len(command) for command, _purpose in steps)
    for command, purpose in steps:
        print_line(f"  {command.ljust(width)}  {purpose}")
    print_line("  docs/your-first-connector.md tells what each part is for")


def _is_named(file: Path) -> bool:
    """Tell whether the configuration names the folder of plugins already."""
    table = read_toml(file).data.get("plugins")
    paths = table.get("paths", []) if isinstance(table, dict) else []
    return any((file.parent / str(path)).resolve() == (file.parent / FOLDER).resolve() for path in paths)
