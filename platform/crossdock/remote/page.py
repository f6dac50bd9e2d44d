"""Cutting a page, a JSON list of records, into its records without parsing them whole.

Where records begin is guessed first, by a name that each of them has; it was right if every piece turns out to be an
object with an id. If not, a page that is JSON is cut by msgspec. One that is no JSON is cut by looking at brackets and
strings only, so that a bad record is found and the others go on.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

import msgspec

from crossdock.errors import CrossdockError, PermanentError, RetryableError
from crossdock.plugins.connector import Broken, RemoteItem
from crossdock.records.surrogates import has_mark, shelter
from crossdock.remote.batch import Batch
from crossdock.remote.stamp import read_stamp

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
_FLAT = re.compile(rb'\[\{(?:("[^"\\]++":)(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^"\[\]{},]++),)++', re.DOTALL)
_BETWEEN = re.compile(rb",\s*+(?=\{)")
_VALUE = re.compile(rb'\s*+:\s*+(?:"([^"\\]{1,200})"|(-?\d{1,40})(?=[\s,}]))')
_LIST = re.compile(rb"\s*+:\s*+\[")
_CLOSES = {b"]": b"[", b"}": b"{"}
_TEXT_VALUE = re.compile(r'([:\[,]\s*)"(?:[^"\\]|\\.)*+(?:"(?!\s*:)|\Z)', re.DOTALL)
_BLANK = b" \t\r\n"
BEFORE_JSON = BOM_UTF8 + _BLANK  # what plugins of a remote system print before the answer, in any order
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_split = msgspec.json.Decoder(list[msgspec.Raw])


class _Damage(Exception):  # noqa: N818 - it names what was met
    """Brackets do not match, or the text ends before they do."""


def split_page(
    body: bytes, id_field: str = "id", modified_field: str | None = None, list_field: str | None = None
) -> Batch:
    """Cut a page into its records.

    ``id_field`` and ``modified_field`` are names at the top of a record; a modification time without a zone is UTC. A
    record that is no object, has no id or is no JSON becomes ``Broken``. With ``list_field`` the page is an object, and
    its records are the list under that name.

    Raises:
        RetryableError: the page is cut short, empty, or meant for people.
        PermanentError: it is something else than a list.
    """
    body = body if list_field is None else _inside(body, list_field)
    reader = _reader(id_field, modified_field)
    guessed = _guess(body, reader)
    if guessed is not None:
        return Batch(guessed, [])
    try:
        pieces = _split.decode(body)
    except (*_NO_JSON, RecursionError):
        return _split_damaged(body.lstrip(BEFORE_JSON), reader, id_field, modified_field)
    items: list[RemoteItem] = []
    broken: list[Broken] = []
    for piece in pieces:
        found = reader(bytes(piece))
        if isinstance(found, RemoteItem):
            items.append(found)
        else:
            broken.append(found)
    return Batch(items, broken)


def read_record(raw: bytes, id_field: str = "id", modified_field: str | None = None) -> RemoteItem | Broken:
    """Read id and modification time of one record's JSON text."""
    return _reader(id_field, modified_field)(raw.strip(BEFORE_JSON))


@lru_cache
def _reader(id_field: str, modified_field: str | None) -> Callable[[bytes], RemoteItem | Broken]:
    """Make the function that reads one record's head."""
    fields = [("id", int | str | None, None), ("modified", object, None)]
    names = {"id": id_field, "modified": modified_field or ""}
    decode = msgspec.json.Decoder(msgspec.defstruct("Head", fields, rename=names)).decode

    def read(raw: bytes) -> RemoteItem | Broken:
        try:
            head = decode(raw)
        except RecursionError:
            return Broken(raw, "the record cannot be read: it is nested too deep", _look_for_id(raw, id_field))
        except _NO_JSON as error:
            try:
                head = decode(shelter(raw))  # with halves of surrogate pairs it is JSON all the same
            except _NO_JSON:
                return Broken(raw, f"the record cannot be read: {error}", _look_for_id(raw, id_field))
        identity = head.id  # type: ignore[attr-defined]  # the struct is made at run time
        if identity is None or identity == "":
            return Broken(raw, f"the record has no {id_field!r}")
        if isinstance(identity, str) and has_mark(identity.encode()):
            return Broken(raw, f"the record's {id_field!r} is no text in Unicode")
        return RemoteItem(str(identity), read_stamp(head.modified), raw)  # type: ignore[attr-defined]

    return read


def _guess(body: bytes, reader: Callable[[bytes], RemoteItem | Broken]) -> list[RemoteItem] | None:
    """Cut a page where records seem to begin; gives them if every piece is one, and so the page their list.

    The last name of the first record that stands before any bracket is taken for one that each record has once.
    """
    flat = _FLAT.match(body)
    if flat is None or not body.endswith(b"}]"):
        return None
    name, at = flat[1], flat.end()
    cuts = [0]
    while (at := body.find(name, at)) >= 0:
        cut = body.rfind(b",{", cuts[-1] + 1, at)
        if cut < 0:  # it stands twice in one record
            return None
        cuts.append(cut)
        at += len(name)
    items: list[RemoteItem] = []
    for before, behind in pairwise([*cuts, len(body) - 1]):
        found = reader(body[before + 1 : behind])
        if not isinstance(found, RemoteItem):
            return None
        items.append(found)
    return items


def _split_damaged(
    body: bytes, reader: Callable[[bytes], RemoteItem | Broken], id_field: str, modified_field: str | None
) -> Batch:
    """Cut a page that is no JSON by its brackets."""
    if not body.startswith(b"["):
        raise _no_list(body)
    items: list[RemoteItem] = []
    broken: list[Broken] = []
    certain = True
    position = 1
    while True:
        good = position, len(broken)  # where the last good record ended, and how many pieces were broken then
        try:
            for start, end in _elements(body, position):
                found = reader(body[start:end].strip(_BLANK))
                if isinstance(found, RemoteItem):
                    items.append(found)
                    good = end + 1, len(broken)
                elif modified_field and _next_record(body, start, end, reader) is not None:
                    raise _Damage("another record begins inside it")  # noqa: TRY301 - handled like any other damage
                else:
                    broken.append(found)
            return Batch(items, broken, certain)
        except _Damage as damage:
            position, kept = good  # pieces that were broken on the way here may be one and the same damage
            again = _next_record(body, position, len(body), reader) if modified_field else None
            if again is None:
                message = f"the page ends too early, after {len(body)} bytes ({damage})"
                raise RetryableError(message, cause="the page ends too early") from None
            raw = body[position:again].rstrip(_BLANK).removesuffix(b",").strip(_BLANK)
            broken[kept:] = [Broken(raw, f"the record is damaged: {damage}", _look_for_id(raw, id_field))]
            certain, position = False, again


def _elements(body: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Yield where each element of a list begins and ends, from a position behind ``[`` or ``,``."""
    open_brackets: list[bytes] = []
    start = position
    for token in _TOKEN.finditer(body, position):
        mark = token.group()
        if mark[:1] == b'"':
            if len(mark) == 1 or mark[-1:] != b'"':
                raise _Damage("a text has no end")
        elif mark == b",":
            if not open_brackets:
                yield start, token.start()
                start = token.end()
        elif mark in _CLOSES:
            if not open_brackets and mark == b"]":
                if body[token.end() :].lstrip(_BLANK)[:1] not in (b"", b"<"):  # a comment of a cache does no harm
                    raise _Damage("the list ends before its last record")
                if body[start : token.start()].strip(_BLANK):
                    yield start, token.start()
                return
            if not open_brackets or open_brackets.pop() != _CLOSES[mark]:
                raise _Damage(f"an unexpected {mark.decode()!r}")
        else:
            open_brackets.append(mark)
    raise _Damage("a bracket is not closed")


def _next_record(body: bytes, position: int, limit: int, reader: Callable[[bytes], RemoteItem | Broken]) -> int | None:
    """Return where, up to a limit, the next whole record begins behind a damaged one.

    Only what has an id *and* a modification time counts: objects inside a record may have ids of their own.
    """
    for gap in _BETWEEN.finditer(body, position, limit):
        try:
            start, end = next(_elements(body, gap.end()))
        except (_Damage, StopIteration):
            continue
        found = reader(body[start:end].strip(_BLANK))
        if isinstance(found, RemoteItem) and found.modified is not None:
            return gap.end()
    return None


def _look_for_id(raw: bytes, id_field: str) -> str | None:
    """Find the id of a record that is no JSON, at its top level only."""
    wanted = msgspec.json.encode(id_field)
    depth = 0
    for token in _TOKEN.finditer(raw):
        mark = token.group()
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        elif mark == wanted and depth == 1:
            value = _VALUE.match(raw, token.end())
            if value:
                return (value[1] or value[2]).decode(errors="replace")
    return None


def _inside(body: bytes, name: str) -> bytes:
    """Return the list that stands under a name at the top of an object, also if what is in it is no JSON."""
    try:
        found = _fields.decode(body).get(name)
    except (*_NO_JSON, RecursionError):
        found = None
    raw = _cut_out(body, name) if found is None else bytes(found)
    if raw is not None:
        return raw
    if body.lstrip(BEFORE_JSON)[:1] in {b"{", b"["}:
        raise PermanentError(f"the answer has no list {name!r} at its top: {excerpt(body)}; is this the right path?")
    raise _no_list(body)


def _cut_out(body: bytes, name: str) -> bytes | None:
    """Find the list under a name by brackets and strings only; ``None`` if there is none."""
    wanted, depth, start = msgspec.json.encode(name), 0, -1
    for token in _TOKEN.finditer(body):
        mark = token.group()
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if start >= 0 and depth == 1:
                return body[start : token.end()]
        elif mark == wanted and depth == 1 and start < 0:
            value = _LIST.match(body, token.end())
            start = value.end() - 1 if value else -1
    if start >= 0:
        message = f"the page ends too early, after {len(body)} bytes (the list {name!r} has no end)"
        raise RetryableError(message, cause="the page ends too early")
    return None


def _no_list(body: bytes) -> CrossdockError:
    """Say what came instead of a list."""
    if not body:
        return RetryableError("the answer is empty where a list of records should be", cause="the answer is empty")
    if body.startswith(b"<"):
        cause = "a page for people came"
        return RetryableError(f"{cause} where a list of records should be: {excerpt(body)}", cause=cause)
    try:
        found = msgspec.json.decode(body)
    except (*_NO_JSON, RecursionError):
        return RetryableError(f"the answer is no JSON: {excerpt(body)}", cause="the answer is no JSON")
    if isinstance(found, dict) and "message" in found:
        return PermanentError(f"an error came where a list should be: {found.get('code')!r}: {found['message']!r}")
    kind = f"an object with {', '.join(map(repr, list(found)[:5]))}" if isinstance(found, dict) else excerpt(body)
    return PermanentError(f"the answer is {kind} where a list of records should be; is this the right path?")


def excerpt(body: bytes, length: int = 120) -> str:
    """Show the beginning of a body as one quoted line; of a page for people its title or text.

    Of what looks like JSON only names and numbers are shown: a record may hold what nobody else may see.
    """
    text = body[:20_000].decode(errors="replace")
    if text.lstrip()[:1] in ("{", "["):
        text = _TEXT_VALUE.sub(r'\1"…"', text)
    title = re.search(r"<title[^>]*>(.*?)</title", text, re.IGNORECASE | re.DOTALL)
    plain = title[1] if title else re.sub(r"(?s)<(script|style).*?</\1\s*>|<[^>]*>", " ", text)
    line = " ".join(plain.split())
    return repr(line if len(line) <= length else line[: length - 1] + "…")
