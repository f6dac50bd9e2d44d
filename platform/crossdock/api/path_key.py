"""Dictionary keys in paths: one segment, percent-encoded, and nothing else has to be known about what is in it.

A key may hold anything, slashes, percent signs, dots and emoji included. The server's routing sees decoded paths, in
which a slash of a key cannot be told from one of the address; so keys are read from the path as it was sent.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, TypeAlias
from urllib.parse import quote, unquote_to_bytes

from fastapi import Depends, Path, Query, Request
from starlette.convertors import Convertor, register_url_convertor

from crossdock.api.problem import not_found
from crossdock.records import dump_json, parse_json


class _Anything(Convertor[str]):
    """The rest of a path, line feeds included, for which the usual convertor does not care."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("key", _Anything())
KEY = "{key:key}"
"""How a route ends that takes a dictionary key."""

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def key_segment(key: str) -> str:
    """Write a key as one segment of a path."""
    text: str = json.loads(dump_json(key))
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def read_segment(raw: bytes) -> str | None:
    """Read a key back; ``None`` if the segment is none that :func:`key_segment` could write, however encoded."""
    if _BAD_ESCAPE.search(raw):
        return None
    try:
        text = unquote_to_bytes(raw).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    key: str = parse_json(json.dumps(text))  # as every text of a body comes in, halves of surrogate pairs included
    return key


def path_key(request: Request) -> str:
    """Read the key that ends the path.

    Raises:
        Problem: 404 if it is more than one segment, or not percent-encoded UTF-8.
    """
    *others, segment = _raw_path(request).split(b"/")
    template = request.scope["route"].path_format.split("/")
    alike = len(others) + 1 == len(template) and b"%2f" not in b"/".join(others).lower()
    found = read_segment(segment) if alike else None
    if found is None:
        raise not_found()
    return found


async def query_key(
    request: Request,
    key: Annotated[str | None, Query(description="the dictionary key of one entry, percent-encoded")] = None,
) -> str | None:
    """Read a key from the query; ``None`` if it is not there.

    Raises:
        Problem: 404 if it is not percent-encoded UTF-8.
    """
    if key is None:
        return None
    pairs = (pair.partition(b"=") for pair in request.scope["query_string"].split(b"&"))
    found = next((read_segment(value.replace(b"+", b" ")) for name, _sign, value in pairs if name == b"key"), None)
    if found is None:
        raise not_found()
    return found


def _raw_path(request: Request) -> bytes:
    raw: bytes = request.scope["raw_path"]
    return raw.partition(b"?")[0]


KeyStep: TypeAlias = Annotated[
    str,
    Path(
        alias="key",
        description="the dictionary key, connectionId|moduleId|key, percent-encoded as one segment of the path",
    ),
]
QueryKey: TypeAlias = Annotated[str | None, Depends(query_key)]
