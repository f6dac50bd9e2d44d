"""A stock level: how much of one product there is at one place."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.base import IdMap, Record
from crossdock.records.values import Amount, Timestamp


class StockLevel(Record):
    """How much of a product is where; it links to its product."""

    display_id: str | None = Field(default=None, description="what a person would quote")
    product_remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> product id there")
    sku: str | None = None
    gtin: str | None = None
    location: str | None = Field(default=None, description="the warehouse or shop")
    bin: str | None = Field(default=None, description="the place in it")
    unit: str | None = None
    on_hand: Amount | None = Field(default=None, description="what is there")
    reserved: Amount | None = Field(default=None, description="what of it is promised already")
    available: Amount | None = Field(default=None, description="what can be sold")
    incoming: Amount | None = Field(default=None, description="what is ordered and on its way")
    expected_at: Timestamp | None = Field(default=None, description="when that arrives")
    counted_at: Timestamp | None = None
