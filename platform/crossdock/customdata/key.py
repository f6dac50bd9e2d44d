"""The dictionary key of a custom data entry: ``connectionId|moduleId|key``."""

from __future__ import annotations

SEPARATOR = "|"


def dictionary_key(connection_id: str | None, module_id: str, key: str) -> str:
    """Build the dictionary key; an unowned entry has an empty first part (``|x-crm|tier``)."""
    return f"{connection_id or ''}|{module_id}|{key}"


def split_dictionary_key(text: str) -> tuple[str | None, str, str]:
    """Take a dictionary key apart into connection id (``None`` when unowned), module id and key.

    Raises:
        ValueError: the text does not have exactly three parts.
    """
    parts = text.split(SEPARATOR)
    if len(parts) != 3:
        raise ValueError(f"custom data key {text!r} must have the form connectionId|moduleId|key")
    return parts[0] or None, parts[1], parts[2]


def escape_key(name: str) -> str:
    """Write a remote's own name so that it may stand as the key of an entry: ``|`` and ``%`` are percent-encoded."""
    return name.replace("%", "%25").replace("|", "%7C")
