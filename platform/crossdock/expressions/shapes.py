"""Shapes of expressions that need no general machinery: a plain path, and the look-up in a key/value list."""

from typing import TypeAlias

from msgspec import Struct

from crossdock.expressions.function import Function
from crossdock.expressions.functions import FUNCTIONS
from crossdock.expressions.syntax import Node

Path: TypeAlias = tuple[str | int, ...]
Chain: TypeAlias = tuple[tuple[Function, ...], Path]

# One-argument functions that take the argument whole and make nothing of nothing: merge() and values() lose the object
# around the values, to_array() makes an array of a null.
_WHOLE = frozenset({"utc", "nonzero", "decimal", "reverse", "sort", "not_null"})


class KeyValueLookup(Struct, frozen=True):
    """What `meta_data[?key=='_vat'].value | [0]` says: the value of the first entry with that key.

    Attributes:
        list_path: where the list is; () if the input is the list.
        key_field: the field of an entry that holds its key.
        key: the key looked for.
        value_field: the field of an entry that holds its value.
        skips_null: an entry without value, or with null, is passed over for the next one with that key; that is
            what `[?...].value | [0]` does, while `[?...] | [0].value` looks at the first entry only.
    """

    list_path: Path
    key_field: str
    key: str
    value_field: str
    skips_null: bool


def plain_path(node: Node) -> Path | None:
    """The path of a node that only follows fields and indexes from the start; None for any other."""
    match node.kind:
        case "current" | "identity":
            return ()
        case "field":
            return (str(node.value),)
        case "index":
            index = node.value
            return (index,) if isinstance(index, int) and index >= 0 else None
        case "subexpression" | "index_expression" | "pipe":
            parts = [plain_path(child) for child in node.children]
            return None if None in parts else tuple(step for part in parts if part is not None for step in part)
    return None


def unary_chain(node: Node) -> Chain | None:
    """Lossless one-argument functions around a plain path: the functions, outermost first, and the path.

    They take the node at the path whole, or nothing where they make null of it.
    """
    functions = []
    while node.kind == "function_expression" and node.value in _WHOLE and len(node.children) == 1:
        functions.append(FUNCTIONS[str(node.value)])
        node = node.children[0]
    path = plain_path(node)
    return (tuple(functions), path) if functions and path is not None else None


def conditional_path(node: Node) -> tuple[Path, Path] | None:
    """The two plain paths of `condition && value`; None for anything else."""
    if node.kind != "and_expression":
        return None
    condition, value = map(plain_path, node.children)
    return (condition, value) if condition and value else None


def alternative_chains(node: Node) -> tuple[Chain, Chain] | None:
    """The two sides of `one || other`, if each is a plain path or a chain around one; None for anything else."""
    if node.kind != "or_expression":
        return None
    one, other = (unary_chain(child) or ((), plain_path(child) or ()) for child in node.children)
    return (one, other) if one[1] and other[1] else None


def key_value_lookup(node: Node) -> KeyValueLookup | None:
    """The look-up that a node is; None for anything else."""
    match node:
        case Node(kind="pipe", children=(Node(kind="filter_projection") as entries, after)):
            pass
        case Node(kind="index_expression", children=(Node(kind="filter_projection") as entries, after)):
            pass
        case _:
            return None
    source, projected, condition = entries.children
    list_path, inside, behind = plain_path(source), plain_path(projected), plain_path(after)
    match inside, behind:
        case (str(value_field),), (0,):
            skips_null = True
        case (), (0, str(value_field)):
            skips_null = False
        case _:
            return None
    comparison = _string_comparison(condition)
    if list_path is None or comparison is None:
        return None
    return KeyValueLookup(list_path, *comparison, value_field, skips_null)


def _string_comparison(condition: Node) -> tuple[str, str] | None:
    """Field and string of a condition like `key=='x'`, in either order."""
    if condition.kind != "comparator" or condition.value != "eq":
        return None
    for field, literal in (condition.children, reversed(condition.children)):
        path, value = plain_path(field), literal.value
        if literal.kind == "literal" and isinstance(value, str) and path and len(path) == 1:
            name = path[0]
            if isinstance(name, str):
                return name, value
    return None
