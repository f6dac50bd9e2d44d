"""An order, its rows and its other parts."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.address import Address
from crossdock.records.base import IdMap, Record, SubRecord, WireModel
from crossdock.records.personal import Email, FirstName, LastName, OtherName, PersonalMap, PersonalText, Phone
from crossdock.records.values import (
    Amount,
    CurrencyCode,
    HexId,
    LanguageCode,
    OrderStatus,
    PaymentStatus,
    RowType,
    ShippingStatus,
    Timestamp,
)


class OrderRow(SubRecord):
    """One row of an order or a checkout; the row totals are authoritative, the unit price follows from them."""

    row_id: HexId
    type: RowType
    sku: str | None = None
    gtin: str | None = None
    name: str | None = None
    quantity: Amount | None = None
    unit: str | None = None
    price_per_unit_excl_vat: Amount | None = Field(
        default=None, description="the paid unit price (discounts already subtracted), six decimals"
    )
    vat_rate_percent: Amount | None = None
    vat_amount: Amount | None = None
    discount_amount: Amount | None = Field(default=None, description="informs only: already subtracted elsewhere")
    total_excl_vat: Amount | None = None
    total_incl_vat: Amount | None = None
    product_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> product id there")


class OrderPayment(SubRecord):
    """Money that was received or promised for an order."""

    payment_id: HexId
    method: str | None = None
    method_title: str | None = None
    transaction_id: str | None = None
    amount: Amount | None = None
    paid_at: Timestamp | None = None


class OrderShipment(SubRecord):
    """A parcel or a delivery, as the order itself tells of it; a record of its own is a :class:`Shipment`."""

    shipment_id: HexId
    carrier: str | None = None
    tracking_number: PersonalText | None = None
    tracking_url: PersonalText | None = None
    shipped_at: Timestamp | None = None


class OrderRefund(SubRecord):
    """Money that went back, as the order itself tells of it; amounts are positive."""

    refund_id: HexId
    amount: Amount | None = Field(default=None, description="including VAT")
    vat_amount: Amount | None = None
    reason: PersonalText | None = None
    refunded_at: Timestamp | None = None


class OrderCustomer(WireModel):
    """Who ordered."""

    remote_id_map: PersonalMap = Field(default_factory=dict, description="connectionId -> customer id there")
    email: Email | None = None
    phone: Phone | None = None
    first_name: FirstName | None = None
    last_name: LastName | None = None
    company: OtherName | None = None


class Totals(WireModel):
    """The order's sums as the remote states them, before refunds."""

    total_excl_vat: Amount | None = None
    vat_amount: Amount | None = None
    total_incl_vat: Amount | None = None
    discount_excl_vat: Amount | None = None
    discount_vat: Amount | None = None
    shipping_excl_vat: Amount | None = None
    shipping_vat: Amount | None = None


class Order(Record):
    """An order as the platform sees it, wherever it came from."""

    display_id: str | None = Field(default=None, description="the number a person would quote")
    order_status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    shipping_status: ShippingStatus | None = None
    placed_at: Timestamp | None = None
    paid_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    cancelled_at: Timestamp | None = None
    currency: CurrencyCode | None = None
    prices_include_vat: bool | None = Field(default=None, description="how the shop entered its prices")
    language_code: LanguageCode | None = None
    channel: str | None = None
    customer: OrderCustomer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    rows: list[OrderRow] = Field(default_factory=list)
    payments: list[OrderPayment] = Field(default_factory=list)
    shipments: list[OrderShipment] = Field(default_factory=list)
    refunds: list[OrderRefund] = Field(default_factory=list)
    discount_codes: list[str] = Field(default_factory=list)
    totals: Totals | None = None
    customer_note: PersonalText | None = None
