"""From the text of an expression to its syntax tree, with exact number literals and every static mistake found.

The lexer and the parser are those of the `jmespath` library, so that the grammar is the library's by construction.
Three private bits are replaced, each a few lines:

* `Lexer._consume_literal`: the library parses backtick literals with floats; here every digit is kept. It also
  warns about unquoted strings in backticks, which the compliance cases still require to work.
* `Parser._token_led_lparen`: remembers where a function's name stands, so that an unknown one can be pointed at.
* `Parser._parse`: names the library's lexer; there is no other way to give it ours.

A library that changes these fails the compliance cases at once.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any

from jmespath import exceptions, lexer, parser
from msgspec import Struct

from crossdock.expressions.expression_errors import ExpressionSyntaxError
from crossdock.expressions.function import EXPRESSION, Function
from crossdock.expressions.functions import FUNCTIONS
from crossdock.expressions.values import Json, parse_json

# Deeper than anything a person writes, and inside what the interpreter's recursion limit lets us evaluate.
_DEEPEST = 220
_ENDED = "the expression ends too early"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORD = re.compile(r"[A-Za-z]+|\S")
_STRAIGHT = "a text stands in straight single quotes: 'x'"
_MEANT = {
    "=": "write == to compare",
    "is": "write == to compare",
    "and": "write && for and",
    "or": "write || for or",
    "in": "write contains(LIST, VALUE)",
    "contains": "write contains(LIST, VALUE)",
    "+": "write add(A, B)",
    "-": "write subtract(A, B), and a name that has a '-' in double quotes",
    "*": "write multiply(A, B)",
    "/": "write divide(A, B)",
    **dict.fromkeys("“”„‘’", _STRAIGHT),
}


class Node(Struct, frozen=True):
    """A node of the syntax tree.

    Attributes:
        kind: what the `jmespath` library calls its type.
        children: the nodes below, in the library's order.
        value: the name of a field, key or function, an index, an operator, or a literal's value.
        part: what a slice takes; None of everything else.
    """

    kind: str
    children: tuple["Node", ...] = ()
    value: Json = None
    part: slice | None = None


class _ExactLexer(lexer.Lexer):
    _position: int
    _consume_until: Callable[[str], str]

    def _consume_literal(self) -> dict[str, Json]:
        start = self._position
        lexeme = self._consume_until("`").replace("\\`", "`")
        try:
            value = parse_json(lexeme)
        except ValueError:
            value = _bare_string(lexeme, start)
        return {"type": "literal", "value": value, "start": start, "end": self._position}


def _bare_string(lexeme: str, start: int) -> Json:
    try:
        return parse_json(f'"{lexeme.lstrip()}"')
    except ValueError:
        raise exceptions.LexerError(start, lexeme, "what stands in backticks is no JSON") from None


class _PlacingParser(parser.Parser):
    # What the library's parser builds and reads are dictionaries of its own; they end in _Builder.
    _expression: Callable[..., Any]
    _current_token: Callable[[], str]
    _lookahead_token: Callable[[int], dict[str, Any]]
    _do_parse: Callable[[str], parser.ParsedResult]

    def tree(self, text: str) -> Any:
        """What parse() gives, without its cache, which would be shared with users of the library's own literals."""
        return self._do_parse(text).parsed

    def _parse(self, expression: str) -> parser.ParsedResult:
        self._tokens = list(_ExactLexer().tokenize(expression))
        self._index = 0
        tree = self._expression(binding_power=0)
        if self._current_token() != "eof":
            token = self._lookahead_token(0)
            raise exceptions.ParseError(token["start"], token["value"], token["type"], "unexpected token")
        return parser.ParsedResult(expression, tree)

    def _token_led_lparen(self, left: Any) -> Any:
        start = self._lookahead_token(-2)["start"]
        return {**super()._token_led_lparen(left), "start": start}  # type: ignore[misc]  # private, so not in its stubs


def parse(text: str) -> Node:
    """The syntax tree of an expression.

    Raises:
        ExpressionSyntaxError: the text is no expression, calls a function that does not exist or with a wrong
            number of arguments, or is nested too deep.
    """
    try:
        return _Builder(text).node(_PlacingParser().tree(text), depth=0)
    except exceptions.IncompleteExpressionError as error:
        raise ExpressionSyntaxError(text, len(text), _ENDED) from error
    except exceptions.LexerError as error:
        message = f"{_lowered(error.message)}{_meant(text, error.lexer_position)}"
        raise ExpressionSyntaxError(text, error.lexer_position, message) from error
    except exceptions.ParseError as error:
        token = f"unexpected token: {error.token_value!r}{_meant(text, error.lex_position)}"
        message = _ENDED if error.lex_position == len(text) else token
        raise ExpressionSyntaxError(text, error.lex_position, message) from error
    except exceptions.EmptyExpressionError as error:
        raise ExpressionSyntaxError(text, 0, "the expression is empty; write @ for the whole input") from error
    except RecursionError as error:
        raise ExpressionSyntaxError(text, 0, "the expression is nested too deep") from error
    except ValueError as error:
        raise ExpressionSyntaxError(text, 0, f"a number in it is impossible ({error})") from error


def _meant(text: str, offset: int) -> str:
    """Tell how that is written in JMESPath which people write as in other languages."""
    if number := _NUMBER.match(text, offset):
        return f"; a number stands in backticks: `{number[0]}`"
    if text[offset - 1 : offset + 1] == "<>":
        return "; write != for what differs"
    word = _WORD.match(text, offset)
    return f"; {_MEANT[word[0]]}" if word and word[0] in _MEANT else ""


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


class _Builder(Struct, frozen=True):
    """Turns the library's dictionaries into nodes, and finds what is wrong in them."""

    text: str

    def node(self, tree: Any, depth: int) -> Node:
        kind, children, value = tree["type"], tree["children"], tree.get("value")
        if depth > _DEEPEST:
            raise self.error(0, f"the expression is nested more than {_DEEPEST} levels deep")
        if kind == "slice":
            if children[2] == 0:
                raise self.error(0, "the step of a slice cannot be 0")
            return Node(kind, part=slice(*children))
        if kind == "expref":
            raise self.error(0, "an &expression can only be an argument of a function that takes one")
        if kind == "function_expression":
            return Node(kind, tuple(self.arguments(tree, depth)), value)
        return Node(kind, tuple(self.node(child, depth + 1) for child in children), value)

    def arguments(self, tree: Any, depth: int) -> Iterator[Node]:
        """The arguments of a call, after checking that there is such a function and that it takes them."""
        children, start = tree["children"], tree["start"]
        function = self.function(tree["value"], len(children), start)
        for index, child in enumerate(children):
            if function.parameter(index).types != EXPRESSION:
                yield self.node(child, depth + 1)
            elif child["type"] == "expref":
                yield Node("expref", (self.node(child["children"][0], depth + 1),))
            else:
                place = f"argument {index + 1} of the function {function.signature}"
                raise self.error(start, f"{place} is an expression; write it with a leading &")

    def function(self, name: str, count: int, start: int) -> Function:
        function = FUNCTIONS.get(name)
        if function is None:
            near = difflib.get_close_matches(name, FUNCTIONS, n=1)
            hint = f"did you mean {near[0]}()?" if near else f"there are {', '.join(sorted(FUNCTIONS))}"
            raise self.error(start, f"there is no function {name}(); {hint}")
        if count < function.least or (function.most is not None and count > function.most):
            raise self.error(start, f"the function {function.signature} cannot be called with {count} argument(s)")
        return function

    def error(self, offset: int, message: str) -> ExpressionSyntaxError:
        return ExpressionSyntaxError(self.text, offset, message)


def is_constant(text: str) -> bool:
    """Whether an expression is one literal, the same for every input."""
    return parse(text).kind == "literal"
