"""Meta data as the shop keeps and shows it: text where JSON had types, limits that nobody mentions, merging by id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from .store import Ids
from .wire import Document, Number, encode

VALUE_BYTES = 65_535  # a TEXT column holds an order's meta; a line's is LONGTEXT
KEY_CHARACTERS = 255
EXACT = 2**53  # integers of JSON beyond this come out as floats
SETTERS = frozenset({
    "payment_method", "payment_method_title", "transaction_id", "customer_ip_address", "customer_user_agent",
    "created_via",
})  # fmt: skip
SWALLOWED = frozenset({
    "_customer_user", "_order_key", "_order_currency", "_completed_date", "_paid_date", "_edit_lock", "_edit_last",
    "_cart_discount", "_cart_discount_tax", "_order_shipping", "_order_shipping_tax", "_order_tax", "_order_total",
    "_order_version", "_prices_include_tax", "_date_completed", "_date_paid", "_payment_tokens", "_recorded_sales",
    "_billing_address_index", "_shipping_address_index", "_recorded_coupon_usage_counts", "_order_stock_reduced",
    "_download_permissions_granted", "_new_order_email_sent",
})  # fmt: skip


def stored(value: Any) -> Any:
    """Return what the shop keeps of a value: scalars as text, lists and objects as PHP arrays."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, int):
        return str(value) if abs(value) < EXACT else float_text(float(value))
    if isinstance(value, Number):
        return float_text(float(value.text))
    return _nested(value)


def float_text(number: float) -> str:
    """Write a float as PHP turns it into text: 14 digits, `1.0E+25`."""
    mantissa, mark, exponent = f"{number:.14G}".partition("E")
    if not mark:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{exponent[0]}{exponent[1:].lstrip('0')}"


def _nested(value: Any) -> Any:
    if isinstance(value, list):
        return [_nested(item) for item in value]
    if isinstance(value, dict):
        items = {key: _nested(item) for key, item in value.items()}
        in_sequence = list(items) == [str(number) for number in range(len(items))]  # true of {} too
        return list(items.values()) if in_sequence else items
    if isinstance(value, Number):
        number = float(value.text)
        return int(number) if number.is_integer() and abs(number) < EXACT else number
    return value


def size(value: Any) -> int:
    """Return the bytes that a kept value takes in its column: text as it is, the rest serialized."""
    return len(value.encode()) if isinstance(value, str) else len(_serialized(value))


def _serialized(value: Any) -> str:
    """Write a value as PHP's `serialize`, with every non-ASCII character as the bytes it takes."""
    if value is None:
        return "N;"
    if isinstance(value, bool):
        return f"b:{int(value)};"
    if isinstance(value, int):
        return f"i:{value};"
    if isinstance(value, str):
        raw = value.encode()
        return f's:{len(raw)}:"{raw.decode("latin-1")}";'
    if isinstance(value, list | dict):
        pairs = enumerate(value) if isinstance(value, list) else value.items()
        inner = "".join(_serialized_key(key) + _serialized(item) for key, item in pairs)
        return f"a:{len(value)}:{{{inner}}}"
    return f"d:{value!r};"


def _serialized_key(key: int | str) -> str:
    if isinstance(key, str) and re.fullmatch(r"0|-?[1-9]\d{0,17}", key):
        return f"i:{key};"
    return _serialized(key)


def fits(key: str, value: Any) -> bool:
    """Tell whether an order keeps a meta entry; what does not fit vanishes without a word."""
    return len(key) <= KEY_CHARACTERS and size(value) <= VALUE_BYTES


def short_key(key: str, value: Any) -> bool:  # noqa: ARG001 - as `fits`
    """Tell whether a line, a product or a customer keeps a meta entry: only the key is limited."""
    return len(key) <= KEY_CHARACTERS


def merge(entries: list[Document], changes: Any, ids: Ids, keeps: Callable[[str, Any], bool]) -> list[Document]:
    """Return the meta entries after `changes` (the `meta_data` of a request), in the shop's order.

    With an id the entry changes value and key; without, or with an id that is not here, the key decides, and of
    several entries with that key one is left. A null deletes.
    """
    kept = _sorted({**entry} for entry in entries)
    for change in changes if isinstance(changes, list) else ():
        if isinstance(change, dict) and isinstance(change.get("key"), str):
            _merge_one(kept, change, keeps)
    kept = [entry for entry in kept if entry["value"] is not None]
    for entry in kept:
        if entry["id"] is None:
            entry["id"] = ids.next()
    return _sorted(kept)


def _sorted(entries: Iterable[Document]) -> list[Document]:
    return sorted(entries, key=lambda entry: shown_order(entry["key"], entry["value"]))


def _merge_one(kept: list[Document], change: Document, keeps: Callable[[str, Any], bool]) -> None:
    key, value, row_id = change["key"], stored(change.get("value")), change.get("id")
    writable = value is None or keeps(key, value)
    by_id = [entry for entry in kept if entry["id"] is not None and entry["id"] == row_id]
    same_key = [entry for entry in kept if entry["key"] == key]
    if by_id:
        if writable:
            by_id[0].update(key=key, value=value)
    elif row_id or not same_key:  # an id of another order: the key's entries give way to a new one
        kept[:] = [entry for entry in kept if entry["key"] != key]
        kept += [{"id": None, "key": key, "value": value}] if writable else []
    else:
        first, *others = same_key
        kept[:] = [entry for entry in kept if not any(entry is other for other in others)]
        if writable:
            first["value"] = value


def with_display(entries: list[Document]) -> list[Document]:
    """Add what lines show beside each entry: key and value for people, flattened to one line."""
    return [{**entry, "display_key": entry["key"], "display_value": _flat(entry["value"])} for entry in entries]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return " ".join(_flat(item) for item in value)
    text = stored(value)
    return "" if text is None else " ".join(str(text).split("\n")).replace("&", "&amp;")


def shown_order(key: str, value: Any) -> tuple[list[tuple[int, str]], str]:
    """Sort by this: the database's order of key, then value (signs before digits before letters, case ignored)."""
    return _collation(key), value if isinstance(value, str) else encode(value).decode()


def _collation(text: str) -> list[tuple[int, str]]:
    return [(2 if char.isalpha() else 1 if char.isdigit() else 0, char.casefold()) for char in text]
