"""A customer: a person or a company that orders."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.address import Address
from crossdock.records.base import Record
from crossdock.records.personal import Email, FirstName, LastName, OtherName, PersonalMap, Phone
from crossdock.records.values import LanguageCode


class Customer(Record):
    """Who buys, with the addresses on file."""

    remote_ref_map: PersonalMap = Field(
        default_factory=dict, description="connectionId -> what a person there calls it"
    )
    display_id: OtherName | None = Field(default=None, description="the number or name a person would quote")
    email: Email | None = None
    phone: Phone | None = None
    first_name: FirstName | None = None
    last_name: LastName | None = None
    company: OtherName | None = None
    vat_number: OtherName | None = None
    language_code: LanguageCode | None = None
    customer_group: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
