"""Expressions: JMESPath, compiled once, over payloads whose numbers are exact."""

from dataclasses import dataclass, field

from crossdock.expressions.evaluate import compile_node
from crossdock.expressions.expression_errors import (
    ExpressionArgumentError,
    ExpressionError,
    ExpressionSyntaxError,
    ExpressionValueError,
)
from crossdock.expressions.function import Function
from crossdock.expressions.functions import FUNCTIONS
from crossdock.expressions.shapes import (
    Chain,
    KeyValueLookup,
    Path,
    alternative_chains,
    conditional_path,
    key_value_lookup,
    plain_path,
    unary_chain,
)
from crossdock.expressions.syntax import parse
from crossdock.expressions.touches import ANY, Pattern, Wildcard, touches
from crossdock.expressions.tracing import Tracer, taken, trace_node
from crossdock.expressions.values import Json, Search

__all__ = [
    "ANY",
    "FUNCTIONS",
    "Chain",
    "Expression",
    "ExpressionArgumentError",
    "ExpressionError",
    "ExpressionSyntaxError",
    "ExpressionValueError",
    "Function",
    "Json",
    "KeyValueLookup",
    "Path",
    "Pattern",
    "Wildcard",
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
        conditional: the paths of condition and value, if it is `condition && value` of two plain paths.
        alternative: its two sides, if it is `one || other` and each is a plain path, or a chain like `unary`.
        key_value: the look-up, if it takes the value of one key of a key/value list.
        touches: patterns that cover every path from which it may take a value; `()` is the whole input.
    """

    text: str
    search: Search
    plain: Path | None
    unary: Chain | None
    conditional: tuple[Path, Path] | None
    alternative: tuple[Chain, Chain] | None
    key_value: KeyValueLookup | None
    touches: frozenset[Pattern]
    tracer: Tracer = field(repr=False)

    def trace(self, data: Json) -> tuple[Json, frozenset[Path]]:
        """The value that `search` gives, and the paths of the highest nodes whose values reached it without loss.

        Only nodes that exist are taken; one whose value is null exists. Raises like `search`.
        """
        value, source = self.tracer(data, ())
        return value, taken(source)


def compile_expression(text: str) -> Expression:
    """Compile an expression.

    Raises:
        ExpressionSyntaxError: the text is wrong; says where and what.
    """
    tree = parse(text)
    try:
        return Expression(
            text=text,
            search=compile_node(tree),
            plain=plain_path(tree),
            unary=unary_chain(tree),
            conditional=conditional_path(tree),
            alternative=alternative_chains(tree),
            key_value=key_value_lookup(tree),
            touches=touches(tree),
            tracer=trace_node(tree),
        )
    except RecursionError as error:
        raise ExpressionSyntaxError(text, 0, "the expression is nested too deep") from error
