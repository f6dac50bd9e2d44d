"""The page about expressions lists every function as the registry has it."""

import re
from pathlib import Path

import pytest

from crossdock.expressions.expression import ExpressionSyntaxError, Function, compile_expression
from crossdock.expressions.functions import COMMERCE_FUNCTIONS, STANDARD_FUNCTIONS

PAGE = Path(__file__).parents[2] / "docs" / "expressions.md"


def table(functions: tuple[Function, ...]) -> str:
    """The functions as a table of the page; a `|` inside a cell is escaped, as Markdown wants it."""
    rows = ["| function | gives | taken | example |", "|---|---|---|---|"]
    for function in functions:
        cells = (
            f"`{function.signature}`",
            function.doc,
            "yes" if function.lossless else "no",
            f"`` {function.example} ``",
        )
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


@pytest.mark.parametrize("functions", [COMMERCE_FUNCTIONS, STANDARD_FUNCTIONS], ids=["ours", "standard"])
def test_the_page_has_the_table_of_the_registry(functions: tuple[Function, ...]) -> None:
    assert table(functions) in PAGE.read_text(encoding="utf-8")


def test_every_expression_that_the_page_shows_compiles() -> None:
    shown = re.findall(r"^\| `` (.+?) `` \| [^|]+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) > 15
    for text in shown:
        assert compile_expression(text.replace("\\|", "|")).text


def test_the_mistake_that_the_page_shows_reads_as_shown() -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_expression("items || lenght(rows)")
    assert str(caught.value) in PAGE.read_text(encoding="utf-8")
