"""Metas of every kind that plugins leave in orders, as the shop shows them (scalars are text)."""

from __future__ import annotations

from random import Random
from typing import Any

from .meta import shown_order

PLAIN: tuple[tuple[str, Any], ...] = (
    ("_fortnox_order_number", "10234"),
    ("_private", "hidden from people, not from the API"),
    ("_stripe_fee", "4.35"),
    ("_wc_klarna_country", "SE"),
    ("_wc_klarna_environment", "test"),
    ("_wc_order_attribution_device_type", "Mobile"),
    ("_wc_order_attribution_session_pages", "4"),
    ("_wc_order_attribution_source_type", "utm"),
    ("_wc_order_attribution_utm_source", "google"),
    ("_wc_shipment_tracking_items", [{"tracking_number": "JJSE0001", "date_shipped": 1736932800}]),
    ("", "a key of nothing"),
    (" lead", "v"),
    ("100%", "percent"),
    ("backslash", 'C:\\temp\\"x"'),
    ("123", "a key that looks like a number"),
    ("bool_false", ""),
    ("bool_true", "1"),
    ("custom#2", "a key with a trailing number"),
    ("dubbel", "andra"),
    ("dubbel", "första"),
    ("emoji_🎉", "👩‍👩‍👧‍👦 🇸🇪"),
    ("empty_list", []),
    ("float_exp", "1.5E+300"),
    ("html", "<b>fet</b> &amp; <script>alert(1)</script>"),
    ("int_big", "9007199254740993"),
    ("int_negative", "-7"),
    ("json_text", '{"a":1,"b":[true,null]}'),
    ("key.with.dots", "1.2.3"),
    ("key[bracket]", "x"),
    ("key|with|pipe", "v|w"),
    ("list", [1, 2, "3", None, True]),
    ("map", {"namn": "Åsa", "antal": 2, "pris": 9.5, "ok": True, "nej": False, "tom": None}),
    ("nested", {"rader": [{"sku": "A|1", "qty": 1}, {"sku": "B.2", "qty": 2.5}], "djup": {"a": {"b": {"c": []}}}}),
    ("nul", "a\x00b"),
    ("newlines", "rad 1\nrad 2\r\nrad 3\ttab"),
    ("number_string", "007"),
    ("price_text", "10.50"),
    ("trailing ", " x "),
    ("UPPER", "STOR"),
    ("upper", "liten"),
    ("日本語キー", "値"),
    ("قيمة", "نص عربي"),
)  # fmt: skip
POOL = tuple(sorted(PLAIN, key=lambda pair: shown_order(*pair)))
USUAL = 12  # metas of an average order


def order_metas(random: Random, first_id: int) -> list[dict[str, Any]]:
    """Return the `meta_data` of an order: ids are not in the order of the list, as in the shop."""
    count = min(len(POOL), max(0, int(random.gauss(USUAL, 4))))
    chosen = sorted(random.sample(range(len(POOL)), count))
    start = random.randrange(len(POOL))
    return [
        {"id": first_id + (index + start) % len(POOL), "key": POOL[index][0], "value": POOL[index][1]}
        for index in chosen
    ]
