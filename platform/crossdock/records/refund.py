"""A refund: money that goes back to a customer."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.base import IdMap, Record, SubRecord
from crossdock.records.personal import PersonalText
from crossdock.records.values import Amount, CurrencyCode, HexId, RefundStatus, RowType, Timestamp


class RefundRow(SubRecord):
    """What of one row of the order is refunded; amounts are positive."""

    row_id: HexId
    type: RowType
    order_row_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> id of the order's row")
    product_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> product id there")
    sku: str | None = None
    gtin: str | None = None
    name: str | None = None
    quantity: Amount | None = Field(default=None, description="how many come back")
    restocked: bool | None = Field(default=None, description="whether they can be sold again")
    vat_rate_percent: Amount | None = None
    vat_amount: Amount | None = None
    total_excl_vat: Amount | None = None
    total_incl_vat: Amount | None = None


class Refund(Record):
    """Money back, with what it is for; it links to its order. Amounts are positive."""

    display_id: str | None = Field(default=None, description="the number a person would quote")
    refund_status: RefundStatus | None = None
    requested_at: Timestamp | None = None
    refunded_at: Timestamp | None = None
    currency: CurrencyCode | None = None
    amount: Amount | None = Field(default=None, description="including VAT")
    vat_amount: Amount | None = None
    method: str | None = Field(default=None, description="how it goes back, as in the order's payments")
    transaction_id: str | None = None
    reason: PersonalText | None = None
    rows: list[RefundRow] = Field(default_factory=list)
    note: PersonalText | None = None
