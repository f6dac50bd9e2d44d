"""What a function of the expression language is: its name, what it takes, what it does, whether values survive it."""

from collections.abc import Callable
from decimal import Decimal
from types import NoneType

from msgspec import Struct

from crossdock.expressions.expression_errors import ExpressionArgumentError
from crossdock.expressions.values import Json, type_name

_CLASSES: dict[str, frozenset[type]] = {
    "null": frozenset({NoneType}),
    "boolean": frozenset({bool}),
    "number": frozenset({int, Decimal, float}),
    "string": frozenset({str}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}
_ARRAYS = frozenset({"array[number]", "array[string]"})

EXPRESSION = "expression"
"""The type of a parameter that takes `&expression` instead of a value."""

ANY_TYPE = "any"


class Parameter(Struct, frozen=True):
    """One parameter of a function.

    Attributes:
        name: what documentation calls it.
        types: the JMESPath types it takes, joined by `|`; `any` checks nothing.
        optional: it may be left out; only after all that may not.
        repeats: any number of arguments may follow; only for the last one.
    """

    name: str
    types: str = ANY_TYPE
    optional: bool = False
    repeats: bool = False

    @property
    def classes(self) -> frozenset[type] | None:
        """The Python classes that pass without a closer look; None if every value passes."""
        if self.types in (ANY_TYPE, EXPRESSION):
            return None
        return frozenset().union(*(_CLASSES.get(name, frozenset()) for name in self.types.split("|")))


class Function(Struct, frozen=True):
    """A function of the expression language.

    Attributes:
        name: as it is written in an expression.
        parameters: what it takes, in order.
        run: the implementation; takes checked arguments, and an `&expression` as a callable. Raises `ValueError`
            with the reason when a value of the right type is impossible.
        lossless: whether the value of its (first) argument can be told from the result, so that what went in
            counts as taken.
        doc: one sentence for the operator.
        example: an expression that needs no input, ` -> `, and its result as JSON.
    """

    name: str
    parameters: tuple[Parameter, ...]
    run: Callable[..., Json]
    lossless: bool
    doc: str
    example: str

    @property
    def signature(self) -> str:
        """How it is called, such as `utc(string|null text[, string|null zone])`."""
        shown = ""
        for parameter in self.parameters:
            comma = ", " if shown else ""
            one = f"{comma}{parameter.types} {parameter.name}{'...' if parameter.repeats else ''}"
            shown += f"[{one}]" if parameter.optional else one
        return f"{self.name}({shown})"

    @property
    def least(self) -> int:
        """The smallest number of arguments."""
        return sum(1 for parameter in self.parameters if not parameter.optional)

    @property
    def most(self) -> int | None:
        """The largest number of arguments; None if there is no limit."""
        return None if self.parameters[-1].repeats else len(self.parameters)

    def parameter(self, index: int) -> Parameter:
        """The parameter that the argument at an index, counted from 0, belongs to."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def check(self, index: int, value: Json) -> None:
        """Refuse an argument, counted from 0, that none of the parameter's types allows.

        Raises:
            ExpressionArgumentError: the value, or an element of it, has another type.
        """
        parameter = self.parameter(index)
        names = parameter.types.split("|")
        if type_name(value) in names or parameter.types == ANY_TYPE:
            return
        got = type_name(value)
        if isinstance(value, list):
            elements = sorted({type_name(item) for item in value})
            allowed = [name for name in names if name in _ARRAYS]
            if allowed and (not elements or (len(elements) == 1 and f"array[{elements[0]}]" in allowed)):
                return
            got = f"array[{'|'.join(elements)}]" if allowed else got
        raise ExpressionArgumentError(self.name, index + 1, parameter.types, got)
