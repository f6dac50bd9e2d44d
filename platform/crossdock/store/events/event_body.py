"""The body of an event: kept small while it waits, written out when it is sent.

Its record is kept as the store keeps it, and compressed. So the write that an event tells of takes a fraction of what
writing it out would take; whoever sends it pays for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zstandard import ZstdCompressor, ZstdDecompressor

from crossdock.config.subscription import EventKind
from crossdock.records import dump_json, encode_record, parse_json, unpack_record

_END = b"\n"  # JSON that is written in one line has none


def pack_body(kind: EventKind, occurred: str, facts: dict[str, Any], document: bytes | str = b"") -> bytes:
    """Pack what is told of an event.

    Args:
        kind: of the event.
        occurred: when it happened, UTC text.
        facts: what is told, without the record.
        document: the record, packed, if there is one.
    """
    head = dump_json({"type": kind, "timestamp": occurred, "data": facts})
    packed = document.encode() if isinstance(document, str) else document
    return ZstdCompressor().compress(b"".join((head, _END, packed)))


def unpack_body(packed: bytes) -> bytes:
    """Write out the JSON that is sent."""
    head, _, document = ZstdDecompressor().decompress(packed).partition(_END)
    if not document:
        return head
    return b"".join((head[:-2], b',"record":', encode_record(unpack_record(document)), b"}}"))


def rewrite_body(packed: bytes, facts: Callable[[Any], Any], document: Callable[[str], bytes]) -> bytes:
    """Pack an event anew, with what is told of it, and its record if there is one, made from what they are."""
    head, _, record = ZstdDecompressor().decompress(packed).partition(_END)
    made = dump_json(facts(parse_json(head)))
    return ZstdCompressor().compress(b"".join((made, _END, document(record.decode()) if record else b"")))
