"""Finding out why a shop does not answer as it should, and saying what to do."""

from __future__ import annotations

from typing import Any

from crossdock import CrossdockError, PermanentError, RefusedError, RetryableError
from crossdock_woocommerce.shop import KEY_JUDGED, Shop

RETRIES = 1  # somebody waits for the answer
NO_LOGIN = "invalid_username"  # WordPress took a key that WooCommerce does not know for a login
KEYS = "WooCommerce > Settings > Advanced > REST API"


def check_shop(shop: Shop) -> str:
    """Ask for one order; return which shop answered.

    Raises:
        PermanentError: it did not; the message tells what is wrong and what to do.
    """
    try:
        batch = shop.records("orders", {"per_page": "1"}, RETRIES)
    except RefusedError as refusal:
        raise PermanentError(_explain(shop, refusal)) from None
    except RetryableError as trouble:
        raise PermanentError(_unusable(shop, trouble)) from None
    name, version = _site_name(shop), _version(shop)
    count = batch.count if batch.total is None else batch.total
    return f"{name} at {shop.settings.url} ({version}) lists {count} {'order' if count == 1 else 'orders'}"


def _explain(shop: Shop, refusal: RefusedError) -> str:
    """Say what a refusal means."""
    url = shop.settings.url
    words = refusal.explanation or ""
    if refusal.status in {401, 403} and refusal.code is not None:
        return f"{_access(shop, refusal.status, refusal.code, words)} (the shop said {refusal.status}, {words!r})"
    if refusal.status == 403:
        return (
            f"something in front of {url} refuses this client (403, {words!r}), such as a firewall or a security "
            "plugin; let it pass the requests to the REST API that name Crossdock as their user agent"
        )
    if refusal.status == 401:
        return (
            f"{url} wants another password before the shop is reached (401, {words!r}), as staging sites do; "
            "exempt the REST API from it"
        )
    if refusal.status == 404:
        return _no_such_address(shop)
    return str(refusal)


_JUDGEMENTS = {  # what the shop says of a key that it judged, by a word of it
    "permission": f"the key may not read; give it the permission Read or Read/Write under {KEYS}",
    "secret": f"the shop knows the key, but consumer_secret is wrong; a lost secret means a new key under {KEYS}",
    "signature": (
        "the shop knows the key, but signs otherwise: consumer_secret is wrong (a lost one means a new key under "
        f"{KEYS}), or the shop calls itself by another address: compare url with the Site Address under Settings > "
        "General, http or https and www included"
    ),
    "timestamp": "the clocks of this machine and the shop are more than 15 minutes apart; set them right",
    "key": f"the shop does not know this consumer_key; compare it with {KEYS}",
}


def _access(shop: Shop, status: int, code: str, words: str) -> str:
    if code == KEY_JUDGED:
        said = words.lower()
        return next(
            (text for word, text in _JUDGEMENTS.items() if word in said), f"the shop refuses the key; see {KEYS}"
        )
    if not code.startswith("woocommerce_") and code != NO_LOGIN:
        return (
            f"a plugin of the shop, not WooCommerce, refuses the request ({code}); have it let through what goes to "
            f'{shop.settings.api_path}. If it minds the Authorization header, try auth = "query" in '
            f"[connection.settings]; if it lets known users through, compare consumer_key with {KEYS}"
        )
    if status == 403:
        return (
            "the key belongs to a user who may not see orders; let a shop manager or an administrator create one "
            f"under {KEYS}"
        )
    if shop.settings.url.startswith("http://"):
        return f"the shop does not know this consumer_key, or wants https; compare the key with {KEYS}"
    return (
        f"the shop does not know this consumer_key; compare it with {KEYS}. If it is right, the server drops the "
        'credentials on the way: try auth = "oauth1" in [connection.settings]'
    )


def _no_such_address(shop: Shop) -> str:
    """Find out what stands at an address that has no list of orders."""
    url, api = shop.settings.url, shop.settings.api_path
    index = _try(shop, "/wp-json/")
    if isinstance(index, dict) and "namespaces" in index:
        namespaces = index["namespaces"] if isinstance(index["namespaces"], list) else []
        if "wc/v3" in namespaces:
            return (
                f"the shop answers at {url}, but not at the path {api}; leave out api_path in [connection.settings], "
                "or set it to /wp-json/wc/v3"
            )
        return f"{url} is a WordPress site without WooCommerce's REST API; is the plugin WooCommerce active there?"
    plain = _try(shop, "/?rest_route=/")
    if isinstance(plain, dict) and "namespaces" in plain:
        return (
            f"{url} is a WordPress site whose REST API has no address of its own; choose another permalink structure "
            "than Plain under Settings > Permalinks"
        )
    return f"there is no WordPress at {url}; check the address, and the folder if WordPress is in one"


def _unusable(shop: Shop, trouble: RetryableError) -> str:
    """Say what it means that no usable answer came."""
    if "no JSON" in str(trouble) or "for people" in str(trouble):
        return f"{trouble}. What stands at {shop.settings.url} is no WooCommerce REST API, or a page stands before it"
    return str(trouble)


def _try(shop: Shop, path: str) -> Any:
    try:
        return shop.site(path, RETRIES)
    except CrossdockError:
        return None


def _site_name(shop: Shop) -> str:
    index = _try(shop, "/wp-json/")
    name = index.get("name") if isinstance(index, dict) else None
    return repr(name) if isinstance(name, str) and name else "a shop"


def _version(shop: Shop) -> str:
    try:
        status = shop.document("system_status", {"_fields": "environment"}, RETRIES)
        version = status["environment"]["version"]
    except (CrossdockError, KeyError, TypeError):
        return "WooCommerce, version not told"
    return f"WooCommerce {version}"
