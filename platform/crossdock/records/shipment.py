"""A shipment: goods on their way to a customer."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.address import Address
from crossdock.records.base import IdMap, Record, SubRecord
from crossdock.records.personal import PersonalText
from crossdock.records.values import Amount, HexId, ShipmentStatus, Timestamp


class ShipmentRow(SubRecord):
    """How much of one row of the order is in the shipment."""

    row_id: HexId
    order_row_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> id of the order's row")
    product_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> product id there")
    sku: str | None = None
    gtin: str | None = None
    name: str | None = None
    quantity: Amount | None = None
    unit: str | None = None


class Shipment(Record):
    """A delivery with what is in it and how to follow it; it links to its order."""

    display_id: str | None = Field(default=None, description="the number a person would quote")
    shipment_status: ShipmentStatus | None = None
    carrier: str | None = None
    service: str | None = Field(default=None, description="the carrier's product, such as 'express'")
    tracking_number: PersonalText | None = None
    tracking_url: PersonalText | None = None
    packed_at: Timestamp | None = None
    shipped_at: Timestamp | None = None
    estimated_delivery_at: Timestamp | None = None
    delivered_at: Timestamp | None = None
    returned_at: Timestamp | None = None
    cancelled_at: Timestamp | None = None
    location: str | None = Field(default=None, description="the warehouse or shop it leaves from")
    shipping_address: Address | None = None
    parcels: Amount | None = Field(default=None, description="how many")
    weight: Amount | None = Field(default=None, description="of everything, in kilograms")
    rows: list[ShipmentRow] = Field(default_factory=list)
    note: PersonalText | None = None
