"""The root command: its help under headings, and a quiet end when somebody stops it or no longer reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from crossdock.cli.commands import Commands
from crossdock.cli.exit_code import ExitCode
from crossdock.cli.output import complain
from crossdock.cli.stdout import silence_stdout, stdout
from crossdock.fault import tell

_OTHERS = "More"
_NO_CHOICE = re.compile(r"'(.*)' is not one of (.*?)\.?", re.DOTALL)


class Root(TyperGroup):
    """Lists its commands by their help panels, in the order in which they were added, as plain text.

    Drawing boxes would need Rich, which takes as long to import as all the rest. The arguments are Click's, whose home
    depends on the version of Typer.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given | {"commands": Commands()})

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is Click's
        """Write the list of commands."""
        panels: dict[str, list[tuple[str, str]]] = {}
        longest = max(map(len, self.commands), default=0)
        for name, command in self.commands.items():
            if not command.hidden:
                text = command.get_short_help_str(formatter.width - longest - 6)
                panel = getattr(command, "rich_help_panel", None)
                heading = panel if isinstance(panel, str) else _OTHERS
                panels.setdefault(heading, []).append((name.ljust(longest), text))
        for heading, rows in panels.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what stands before the command."""
        with _own_words():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            with _own_words():
                result = super().invoke(ctx)
            stdout().flush()
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(ExitCode.UNFINISHED) from None
        except BrokenPipeError:
            # The reader of our output (head, less) has gone; that is its good right and no error.
            silence_stdout()
            raise typer.Exit(ExitCode.FINE) from None
        except Exception:
            raise
        except BaseException as error:  # a SystemExit, say: ours is typer.Exit
            raise RuntimeError(f"a plugin raised {tell(error)}, which does not end Crossdock") from error
        return result


@contextmanager
def _own_words() -> Iterator[None]:
    """Let what is wrong with an option be said as everything else is."""
    try:
        yield
    except typer.BadParameter as error:
        error.message = _in_our_words(error)
        raise


def _in_our_words(error: typer.BadParameter) -> str:
    """Say what is wrong with an option: what it may be, and what was probably meant."""
    from pydantic import ValidationError

    from crossdock.mistake import in_json, no_choice

    cause = error.__cause__
    message = in_json(cause.errors()[0]) if isinstance(cause, ValidationError) else error.message
    found = _NO_CHOICE.fullmatch(message)
    return no_choice(found[1], re.findall(r"'([^']*)'", found[2])) if found else message
