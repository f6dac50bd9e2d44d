"""Expressions: JMESPath, compiled once, over payloads whose numbers are exact."""

from dataclasses import dataclass

from crossdock.mapping.evaluate import compile_node
from crossdock.mapping.expression_errors import (
    ExpressionArgumentError,
    ExpressionError,
    ExpressionSyntaxError,
    ExpressionValueError,
)
from crossdock.mapping.function import Function
from crossdock.mapping.functions import FUNCTIONS
from crossdock.mapping.shapes import KeyValueLookup, Path, key_value_lookup, plain_path, unary_chain
from crossdock.mapping.syntax import parse
from crossdock.mapping.values import Json, Search

__all__ = [
    "FUNCTIONS",
    "Expression",
    "ExpressionArgumentError",
    "ExpressionError",
    "ExpressionSyntaxError",
    "ExpressionValueError",
    "Function",
    "Json",
    "KeyValueLookup",
    "Path",
    "compile_expression",
]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        text: as it was written.
        search: evaluates it on an input; raises `ExpressionError` where a function refuses its arguments.
        plain: the path, if it only follows fields and non-negative indexes.
        unary: functions, outermost first, and a plain path, if it is lossless one-argument functions around one.
        key_value: the look-up, if it takes the value of one key of a key/value list.
    """

    text: str
    search: Search
    plain: Path | None
    unary: tuple[tuple[Function, ...], Path] | None
    key_value: KeyValueLookup | None


def compile_expression(text: str) -> Expression:
    """Compile an expression.

    Raises:
        ExpressionSyntaxError: the text is wrong; says where and what.
    """
    tree = parse(text)
    try:
        return Expression(text, compile_node(tree), plain_path(tree), unary_chain(tree), key_value_lookup(tree))
    except RecursionError as error:
        raise ExpressionSyntaxError(text, 0, "the expression is nested too deep") from error
