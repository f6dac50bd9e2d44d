"""Addresses of servers, as people write them into a configuration."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_SCHEMES = ("https", "http")
_NEVER = frozenset(' "<>\\^`{|}')
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


def web_address(text: str, *, like: str = "https://shop.example") -> str:
    """Return an address without the blanks around it, if it is one that can be asked over http or https.

    Args:
        text: what was written.
        like: what one looks like, for whom it is not.

    Raises:
        ValueError: it is none; says why, and shows it only if nothing in it can be a secret.
    """
    address = text.strip()
    fault = _fault(address)
    if fault is not None:
        shown = "this" if {"@", "?", "#"} & set(address) else repr(text)
        message = f"{shown} is no address: {fault}; write it whole, such as {like}"
        raise ValueError(message)
    return address


def _fault(address: str) -> str | None:
    for character in address:
        if character in _NEVER or not character.isprintable():
            return f"{'a space' if character == ' ' else repr(character)} cannot stand in one"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
        is_ip = bool(host and ":" in host and ip_address(host))
    except ValueError:
        return "its host or port is none"
    if parts.scheme not in _SCHEMES:
        return "it begins with neither https:// nor http://"
    if host in _SCHEMES:
        return f"{host}:// stands in it twice"
    if not host or port == 0:
        return "it names no host" if not host else "there is no port 0"
    return None if is_ip or _is_name(host, address) else "no host has such a name"


def _is_name(host: str, address: str) -> bool:
    if host.isascii():
        return _NAME.fullmatch(host) is not None
    from requests import PreparedRequest, RequestException  # noqa: PLC0415 - hardly anybody has such a name

    try:
        PreparedRequest().prepare_url(address, None)
    except RequestException:
        return False
    return True
