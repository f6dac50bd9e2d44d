"""The patterns that texts in records and requests follow, each with what it means in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HEX_ID = r"^[0-9a-f]{32}$"
MODULE_ID = r"^(connector\.[a-z0-9_-]+|x-[^|]+)$"
ENTRY_KEY = r"^[^|]*$"
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
REQUEST_KEY = r"^[\x21-\x7e]{1,255}$"

WORDS: Mapping[str, str] = MappingProxyType(
    {
        HEX_ID: "32 hexadecimal digits (0-9, a-f)",
        MODULE_ID: "'x-' and a name of your own, or 'connector.' and the name of one",
        ENTRY_KEY: "a text without '|' (%7C stands for it, and %25 for '%')",
        LANGUAGE: "a BCP 47 language tag such as 'sv' or 'pt-BR'",
        REQUEST_KEY: "1 to 255 visible ASCII characters",
    }
)
