"""The registry of every function that an expression may call."""

from collections.abc import Mapping
from types import MappingProxyType

from crossdock.expressions.commerce_functions import COMMERCE_FUNCTIONS
from crossdock.expressions.function import Function, Parameter
from crossdock.expressions.standard_functions import STANDARD_FUNCTIONS

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {function.name: function for function in (*STANDARD_FUNCTIONS, *COMMERCE_FUNCTIONS)}
)
"""Every function by its name: those of the JMESPath standard and Crossdock's own."""

__all__ = ["COMMERCE_FUNCTIONS", "FUNCTIONS", "STANDARD_FUNCTIONS", "Function", "Parameter"]
