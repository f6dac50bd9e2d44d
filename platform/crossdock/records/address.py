"""A postal address with the person or company behind it."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.base import WireModel
from crossdock.records.values import CountryCode


class Address(WireModel):
    """Where to send the goods or the invoice."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    vat_number: str | None = None
    address1: str | None = Field(default=None, description="street and number")
    address2: str | None = Field(default=None, description="flat, floor, c/o")
    city: str | None = None
    region: str | None = Field(default=None, description="state, province or prefecture, in the remote's own spelling")
    postal_code: str | None = None
    country_code: CountryCode | None = Field(default=None, description="ISO 3166-1 alpha-2")
    email: str | None = None
    phone: str | None = None
