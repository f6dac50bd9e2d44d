"""A checkout: an order that is being made, or was left half done."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.address import Address
from crossdock.records.base import Record
from crossdock.records.order import OrderCustomer, OrderRow, Totals
from crossdock.records.personal import PersonalText
from crossdock.records.values import CheckoutStatus, CurrencyCode, LanguageCode, Timestamp


class Checkout(Record):
    """A cart on its way to become an order; the order links to it."""

    display_id: str | None = Field(default=None, description="the number a person would quote")
    checkout_status: CheckoutStatus | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    abandoned_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    currency: CurrencyCode | None = None
    prices_include_vat: bool | None = Field(default=None, description="how the shop entered its prices")
    language_code: LanguageCode | None = None
    channel: str | None = None
    customer: OrderCustomer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    shipping_method: str | None = Field(default=None, description="what was chosen, in the remote's own words")
    rows: list[OrderRow] = Field(default_factory=list)
    discount_codes: list[str] = Field(default_factory=list)
    totals: Totals | None = None
    recovery_url: PersonalText | None = Field(default=None, description="where the customer can go on")
    customer_note: PersonalText | None = None
