"""A customer: a person or a company that orders."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.address import Address
from crossdock.records.base import Record
from crossdock.records.values import LanguageCode


class Customer(Record):
    """Who buys, with the addresses on file."""

    display_id: str | None = Field(default=None, description="the number or name a person would quote")
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    vat_number: str | None = None
    language_code: LanguageCode | None = None
    customer_group: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
