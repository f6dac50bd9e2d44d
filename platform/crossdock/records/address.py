"""A postal address with the person or company behind it."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.base import WireModel
from crossdock.records.personal import Email, FirstName, LastName, OtherName, PersonalText, Phone, Street
from crossdock.records.values import CountryCode


class Address(WireModel):
    """Where to send the goods or the invoice."""

    first_name: FirstName | None = None
    last_name: LastName | None = None
    company: OtherName | None = None
    vat_number: OtherName | None = None
    address1: Street | None = Field(default=None, description="street and number")
    address2: PersonalText | None = Field(default=None, description="flat, floor, c/o")
    city: PersonalText | None = None
    region: str | None = Field(default=None, description="state, province or prefecture, in the remote's own spelling")
    postal_code: PersonalText | None = None
    country_code: CountryCode | None = Field(default=None, description="ISO 3166-1 alpha-2")
    email: Email | None = None
    phone: Phone | None = None
