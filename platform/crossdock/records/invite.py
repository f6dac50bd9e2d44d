"""An invite: somebody is asked to order."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.base import Record
from crossdock.records.order import OrderCustomer
from crossdock.records.personal import PersonalText
from crossdock.records.values import Amount, CurrencyCode, InviteStatus, LanguageCode, Timestamp


class Invite(Record):
    """An invitation to place an order, with what is offered; the order links to it."""

    display_id: str | None = Field(default=None, description="the number or code a person would quote")
    invite_status: InviteStatus | None = None
    sent_at: Timestamp | None = None
    opened_at: Timestamp | None = None
    accepted_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    cancelled_at: Timestamp | None = None
    customer: OrderCustomer | None = Field(default=None, description="who is invited")
    language_code: LanguageCode | None = None
    channel: str | None = None
    url: PersonalText | None = Field(default=None, description="where the invite is accepted")
    skus: list[str] = Field(default_factory=list, description="what is offered")
    discount_codes: list[str] = Field(default_factory=list, description="vouchers that come with it")
    currency: CurrencyCode | None = None
    amount: Amount | None = Field(default=None, description="what it is worth, or what it will cost, including VAT")
    message: PersonalText | None = None
