"""An invoice or a credit note."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.address import Address
from crossdock.records.base import IdMap, Record, SubRecord
from crossdock.records.order import OrderCustomer, Totals
from crossdock.records.personal import PersonalText
from crossdock.records.values import (
    Amount,
    CurrencyCode,
    HexId,
    InvoiceStatus,
    InvoiceType,
    LanguageCode,
    RowType,
    Timestamp,
)


class InvoiceRow(SubRecord):
    """One row of an invoice; the row totals are authoritative, as in an order."""

    row_id: HexId
    type: RowType
    order_row_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> id of the order's row")
    product_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> product id there")
    sku: str | None = None
    gtin: str | None = None
    name: str | None = None
    quantity: Amount | None = None
    unit: str | None = None
    price_per_unit_excl_vat: Amount | None = Field(
        default=None, description="the unit price with discounts already subtracted, six decimals"
    )
    vat_rate_percent: Amount | None = None
    vat_amount: Amount | None = None
    discount_amount: Amount | None = Field(default=None, description="informs only: already subtracted elsewhere")
    total_excl_vat: Amount | None = None
    total_incl_vat: Amount | None = None
    account: str | None = Field(default=None, description="the account it is booked on")


class Invoice(Record):
    """What a customer is asked to pay, or gets back; it links to its order."""

    display_id: str | None = Field(default=None, description="the number on it")
    invoice_status: InvoiceStatus | None = None
    invoice_type: InvoiceType | None = Field(default=None, description="a credit note has positive amounts, too")
    issued_at: Timestamp | None = None
    due_at: Timestamp | None = None
    paid_at: Timestamp | None = None
    cancelled_at: Timestamp | None = None
    currency: CurrencyCode | None = None
    prices_include_vat: bool | None = Field(default=None, description="how its prices are shown")
    language_code: LanguageCode | None = None
    customer: OrderCustomer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    rows: list[InvoiceRow] = Field(default_factory=list)
    totals: Totals | None = None
    amount_paid: Amount | None = None
    amount_due: Amount | None = None
    payment_method: str | None = None
    payment_terms: str | None = None
    payment_reference: str | None = Field(default=None, description="what the payer must quote, such as an OCR number")
    url: PersonalText | None = Field(default=None, description="where the document can be fetched")
    note: PersonalText | None = None
