"""Entries as tests write them."""

from typing import Any

from crossdock.customdata import dictionary_key

SHOP, ERP = "a" * 32, "b" * 32


def entry(
    key: str, value: Any = "", type_: str = "string", *, owner: str | None = ERP, module: str = "x-erp"
) -> dict[str, dict[str, Any]]:
    """Make custom data of one entry."""
    made: dict[str, Any] = {"connectionId": owner} if owner else {}
    made |= {"moduleId": module, "key": key, "type": type_, "value": value}
    return {dictionary_key(owner, module, key): made}


def many(count: int, *, owner: str | None = ERP, module: str = "x-erp") -> dict[str, dict[str, Any]]:
    """Make custom data of so many small entries."""
    found: dict[str, dict[str, Any]] = {}
    for number in range(count):
        found |= entry(f"k{number}", owner=owner, module=module)
    return found
