"""The known payloads as a type, so that one that brings nothing new is recognised at the speed of C.

Looking at a payload value by value costs between a third and half of its import. Nearly every payload has nothing that
did not come before, and that it fits a type is known in a tenth of that time. One that does not is looked at: it may
have something new, or only something that no type says (a key/value list that holds something else as well).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Literal, Union

import msgspec

from crossdock.drift.known import Known, Node
from crossdock.drift.place import Place, Places
from crossdock.mapping.definition import KeyValueList

_SCALARS: dict[str, Any] = {"integer": int, "decimal": float, "boolean": bool, "null": None}
"""``float`` stands for decimals, since it takes whole numbers as well and may stand beside ``str``."""


class _Never(msgspec.Struct, forbid_unknown_fields=True):
    """What nothing fits."""

    never: Literal["never"]


def compile_known(known: Known, places: Places) -> Callable[[dict[str, Any]], bool]:
    """Make a function that tells whether a payload certainly has nothing that is not known."""
    try:
        fitting = _Compiler().object(known.root, places.root)
    except (TypeError, ValueError, RecursionError):  # a remote system may choose names that no type can have
        return lambda _payload: False

    def fits(payload: dict[str, Any]) -> bool:
        try:
            msgspec.convert(payload, fitting)
        except (msgspec.ValidationError, RecursionError):
            return False
        return True

    return fits


class _Compiler:
    """Makes a type of each node, the inner ones first."""

    def __init__(self) -> None:
        self._numbers = count()

    def object(self, node: Node, place: Place | None) -> Any:
        """Make the type of an object: none of its fields is needed, and no other may come unless it is crowded."""
        fields = {}
        for name, inner in node.names.items():
            below = None if place is None else place.below(name)
            if below is None or not below.left_out:
                fields[name] = self._type(inner, below)
        if place is not None:
            left_out = [name for name, below in place.names.items() if below.left_out]
            fields |= dict.fromkeys(left_out, Any)
        return self._struct(
            fields, closed=not node.crowded and not (place and place.element and place.element.left_out)
        )

    def _type(self, node: Node, place: Place | None) -> Any:
        types: list[Any] = [_SCALARS[one] for one in node.types if one in _SCALARS]
        if "string" in node.types:
            types.append(Literal[("", *sorted(node.words))] if node.words is not None else str)
        if "object" in node.types:
            types.append(self.object(node, place))
        if "list" in node.types:
            types.append(self._list(node, place))
        return Union[tuple(types)] if types else _Never  # noqa: UP007 - as many as there are

    def _list(self, node: Node, place: Place | None) -> Any:
        if place is not None and place.key_values is not None:
            return list[self._entries(node, place, place.key_values)]  # type: ignore[misc]  # a type made at run time
        below = None if place is None else place.element
        return list[_Never if node.element is None else self._type(node.element, below)]  # type: ignore[misc]  # as above

    def _entries(self, node: Node, place: Place, definition: KeyValueList) -> Any:
        others: dict[str, Any] = dict.fromkeys((name for name, _reason in definition.drop), Any)
        if node.element is not None:
            for name, inner in node.element.names.items():
                others.setdefault(name, self._type(inner, place.element and place.element.below(name)))
        if node.crowded:  # then there is no telling the values of one key from those of another
            return self._struct({definition.key: str, **others}, {definition.value: Any})
        known: dict[str, Any] = {key: self._type(inner, None) for key, inner in node.entries.items()}
        known |= dict.fromkeys(place.left_out_keys, Any)
        tagged = [
            self._struct(others, {definition.value: value}, (definition.key, key))
            for key, value in known.items()
            if _can_be_named(key)
        ]
        # The last ones make sure that there are two, since the tag of a single one may be missing.
        tagged += [self._struct({}, {}, (definition.key, f"crossdock {number}")) for number in (1, 2)]
        return Union[tuple(tagged)]  # noqa: UP007 - as many as there are

    def _struct(
        self,
        fields: dict[str, Any],
        needed: dict[str, Any] | None = None,
        tag: tuple[str | None, str | None] = (None, None),
        *,
        closed: bool = True,
    ) -> Any:
        needed = needed or {}
        names = _usable(fields)
        given = {f"n{at}": name for at, name in enumerate(needed)} | {f"f{at}": name for at, name in enumerate(names)}
        kinds: list[Any] = [(f"n{at}", type_) for at, type_ in enumerate(needed.values())]
        kinds += [(f"f{at}", fields[name], None) for at, name in enumerate(names)]
        return msgspec.defstruct(
            f"Known{next(self._numbers)}",
            kinds,
            rename=given,
            tag_field=tag[0],
            tag=tag[1],
            forbid_unknown_fields=closed,
            gc=False,
        )


def _usable(names: Iterable[str]) -> list[str]:
    return [name for name in names if _can_be_named(name)]


def _can_be_named(name: str) -> bool:
    """Whether msgspec lets a field have this name; payloads with another one are looked at."""
    return name.isprintable() and '"' not in name and "\\" not in name
