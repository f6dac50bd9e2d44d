"""The JSON that a request brings, parsed exactly and strictly."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.concurrency import run_in_threadpool

from crossdock.api.problem import Problem
from crossdock.config.annotation import field_named, key_names, model_at
from crossdock.mistake import in_json
from crossdock.records import parse_json
from crossdock.records.pointer import Place, json_pointer
from crossdock.records.surrogates import shelter
from crossdock.store.writes.validity import MOST_TOLD
from crossdock.suggestion import did_you_mean

DEEPEST = 100
_QUICK = 32 * 1024
_CONTAINERS = (dict, list)
_JSON = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


M = TypeVar("M", bound=BaseModel)


async def json_body(request: Request) -> Any:
    """Read and parse the body of a request: every digit of a number is kept, nothing is guessed.

    Raises:
        Problem: 415 if it is not sent as JSON, 400 if it is none, has a name twice in one object or is nested too
            deeply.
    """
    kind = request.headers.get("content-type", "")
    if not _JSON.fullmatch(kind.strip()):
        raise _not_json_type(kind)
    text = await request.body()
    if len(text) <= _QUICK:
        return strictly_parsed(text)
    return await run_in_threadpool(strictly_parsed, text)  # the others need not wait for it


JsonBody: TypeAlias = Annotated[Any, Depends(json_body)]


def strictly_parsed(text: bytes) -> Any:
    """Parse JSON that a caller sent.

    Raises:
        Problem: 400 if it is no JSON, has a name twice in one object or is nested too deeply.
    """
    try:
        value = parse_json(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(str(error)) from error
    except RecursionError as error:
        raise _too_deep() from error
    check_depth(value)
    refuse_duplicates(text)
    return value


def validated(model: type[M], value: Any) -> M:
    """Validate a parsed body.

    Raises:
        Problem: 422 with every place that is wrong.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(
            [(json_pointer(one["loc"]), _told(model, one)) for one in error.errors(include_url=False)]
        ) from error


def _told(model: type[BaseModel], detail: ErrorDetails) -> str:
    *around, name = detail["loc"] or ("",)
    holder = model_at(model, tuple(around))
    if holder is not None and detail["type"] == "extra_forbidden":
        return f"there is no such field{did_you_mean(str(name), key_names(holder))}"
    if holder is not None and detail["type"] == "missing":
        field = field_named(holder, name)
        return f"must be given: {field.description}" if field and field.description else "must be given"
    return in_json(detail)


def invalid(errors: Sequence[tuple[str, str]]) -> Problem:
    """Refuse a body whose content is wrong: places as JSON pointers, each with what is wrong there."""
    told, further = errors[:MOST_TOLD], len(errors) - MOST_TOLD
    return Problem(
        422,
        "invalid",
        "The content is not valid",
        "; ".join(f"{pointer or 'the body'}: {detail}" for pointer, detail in told)
        + (f"; and {further:,} more" if further > 0 else ""),
        errors=[{"pointer": pointer, "detail": detail} for pointer, detail in told],
        remedy="correct every place that errors names; /docs shows what may stand there",
    )


def check_depth(value: Any) -> None:
    """Refuse what is nested too deeply for those who read it again.

    Raises:
        Problem: 400.
    """
    level = [value] if type(value) in _CONTAINERS else []
    for _depth in range(DEEPEST):
        if not level:
            return
        inside = (inner for outer in level for inner in (outer.values() if type(outer) is dict else outer))
        level = [inner for inner in inside if type(inner) in _CONTAINERS]
    if level:
        raise _too_deep()


def refuse_duplicates(text: bytes) -> None:
    """Refuse an object that gives a name twice: nobody can know which of the two was meant.

    Raises:
        Problem: 400 with the pointer of each.
    """
    found: list[_Repeated] = []

    def look(pairs: list[tuple[str, Any]]) -> Any:
        names = dict(pairs)
        if len(names) == len(pairs):
            return names
        found.append(
            _Repeated(names, [name for name, count in Counter(name for name, _ in pairs).items() if count > 1])
        )
        return found[-1]

    whole = json.loads(shelter(text), object_pairs_hook=look, parse_float=str, parse_int=str, parse_constant=str)
    if found:
        raise _twice(sorted(map(json_pointer, _places(whole, ()))))


class _Repeated(dict[str, Any]):
    """An object in which names stand twice."""

    def __init__(self, members: dict[str, Any], names: list[str]) -> None:
        super().__init__(members)
        self.names = names


def _places(value: Any, at: Place) -> Iterator[Place]:
    if isinstance(value, _Repeated):
        yield from ((*at, name) for name in value.names)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*at, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _places(inner, (*at, position))


def _not_json_type(kind: str) -> Problem:
    return Problem(
        415,
        "not-json",
        "The body must be JSON",
        f"the content type is {kind!r}" if kind else "the request has no content type",
        remedy="send Content-Type: application/json",
    )


def _malformed(reason: str) -> Problem:
    return Problem(400, "malformed", "The body is no JSON", reason, remedy="send one JSON document in UTF-8")


def _too_deep() -> Problem:
    return Problem(
        400,
        "too-deep",
        "The body is nested too deeply",
        f"objects and lists lie more than {DEEPEST} levels deep in each other",
        remedy="flatten the document",
    )


def _twice(pointers: list[str]) -> Problem:
    return Problem(
        400,
        "duplicate-name",
        "A name stands twice in one object",
        f"{', '.join(map(repr, pointers))} given more than once",
        errors=[{"pointer": pointer, "detail": "stands more than once in its object"} for pointer in pointers],
        remedy="send each name once",
    )
