"""Random valid orders in working form, whose money is right to the last digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from crossdock.customdata import dictionary_key, entry_of

from .bench import OTHER, OWN

AMOUNTS = ("totalExclVat", "vatAmount", "totalInclVat")

texts = st.text(max_size=12)
ids = st.text("0123456789abcdef", min_size=32, max_size=32)
countries = st.sampled_from(["SE", "GB", "DE", "JP"])
row_types = st.sampled_from(["product", "shipping", "fee", "discount", "giftCard", "rounding"])
values = st.one_of(texts, st.booleans(), st.integers(), st.decimals(-1000, 1000, places=3), st.none(), st.lists(texts))


@st.composite
def amounts(draw: st.DrawFn, lowest: int = -50, highest: int = 500) -> Decimal:
    return draw(st.decimals(lowest, highest, places=draw(st.integers(0, 5)), allow_nan=False))


@st.composite
def custom_data(draw: st.DrawFn) -> dict[str, Any]:
    entries = {}
    for owner in draw(st.lists(st.sampled_from([OWN, OTHER, None]), max_size=2)):
        module = draw(st.sampled_from(["connector.woocommerce", "x-acme", "x-manipulators"]))
        key = draw(st.sampled_from(["meta._vat_number", "k", "check"]))
        entries[dictionary_key(owner, module, key)] = entry_of(owner, module, key, draw(values))
    return entries


def some(draw: st.DrawFn, fields: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    """Draw any subset of the fields."""
    names = draw(st.sets(st.sampled_from(sorted(fields)))) if fields else set()
    return {name: draw(fields[name]) for name in sorted(names)}


@st.composite
def addresses(draw: st.DrawFn) -> dict[str, Any]:
    return some(
        draw, {"firstName": texts, "city": texts, "countryCode": countries, "email": texts, "postalCode": texts}
    )


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    excl, vat = draw(amounts()), draw(amounts(-10, 120))
    if draw(st.booleans()) and draw(st.booleans()):
        excl = vat = Decimal(0)
    return {
        "rowId": draw(ids),
        "type": draw(row_types),
        "totalExclVat": excl,
        "vatAmount": vat,
        "totalInclVat": excl + vat,
        **some(
            draw,
            {
                "sku": texts,
                "gtin": texts,
                "name": texts,
                "quantity": st.decimals(1, 9, places=1),
                "pricePerUnitExclVat": amounts(),
                "vatRatePercent": st.sampled_from([Decimal(25), Decimal("5.5"), Decimal(0)]),
                "discountAmount": amounts(0, 80),
                "customData": custom_data(),
            },
        ),
    }


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    listed = draw(st.lists(rows(), max_size=5, unique_by=lambda row: row["rowId"]))
    order = some(
        draw,
        {
            "displayId": texts,
            "channel": texts,
            "orderStatus": st.sampled_from(["draft", "processing", "completed"]),
            "placedAt": st.just("2024-03-03T14:09:27Z"),
            "currency": st.sampled_from(["SEK", "EUR"]),
            "customerNote": texts,
            "discountCodes": st.lists(texts, max_size=3),
            "customer": st.fixed_dictionaries({}, optional={"email": texts, "firstName": texts}),
            "billingAddress": addresses(),
            "shippingAddress": addresses(),
            "customData": custom_data(),
        },
    )
    order["remoteIdMap"] = {OWN: draw(texts)}
    if listed:
        order["rows"] = listed
    if draw(st.booleans()):
        order["totals"] = totals(listed)
    return order


def totals(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """The totals that these rows add up to."""
    shipping = [row for row in listed if row["type"] == "shipping"]
    return {
        **{name: sum((row[name] for row in listed), Decimal(0)) for name in AMOUNTS},
        "shippingExclVat": sum((row["totalExclVat"] for row in shipping), Decimal(0)),
        "shippingVat": sum((row["vatAmount"] for row in shipping), Decimal(0)),
    }


def assert_money_is_right(order: dict[str, Any]) -> None:
    """Every row adds up, and the rows add up to the totals."""
    listed = order.get("rows", [])
    for row in listed:
        assert row["totalInclVat"] == row["totalExclVat"] + row["vatAmount"]
    if "totals" in order:
        assert order["totals"] == totals(listed)
