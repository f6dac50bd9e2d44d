"""What can go wrong with an expression: it cannot be compiled, or a function refuses its arguments at run time.

ExpressionError
├── ExpressionSyntaxError      the text is wrong; raised when it is compiled
├── ExpressionArgumentError    an argument has the wrong type; raised when it is evaluated
└── ExpressionValueError       an argument of the right type has an impossible value; raised when it is evaluated
"""

from crossdock.errors import CrossdockError


class ExpressionError(CrossdockError):
    """An expression that cannot be compiled, or cannot be evaluated on this input."""


class ExpressionSyntaxError(ExpressionError):
    """The text of an expression is wrong.

    Args:
        text: the whole expression.
        offset: where in it, counted from 0; the length of the text where it ends too early.
        message: what is wrong there, and the remedy.
    """

    def __init__(self, text: str, offset: int, message: str) -> None:
        super().__init__(f"{message}, at offset {offset} of {text!r}")
        self.text = text
        self.offset = offset
        self.message = message


class ExpressionArgumentError(ExpressionError):
    """A function was given an argument of the wrong type.

    Args:
        function: the function's name.
        position: which argument, counted from 1.
        expected: the types it takes, such as `number|null`.
        got: the type it was given.
    """

    def __init__(self, function: str, position: int, expected: str, got: str) -> None:
        super().__init__(f"{function}() takes {expected} as argument {position}, got {got}")
        self.function = function
        self.position = position
        self.expected = expected
        self.got = got


class ExpressionValueError(ExpressionError):
    """A function cannot work on this value, though its type is right.

    Args:
        function: the function's name.
        reason: why not.
    """

    def __init__(self, function: str, reason: str) -> None:
        super().__init__(f"{function}(): {reason}")
        self.function = function
        self.reason = reason
