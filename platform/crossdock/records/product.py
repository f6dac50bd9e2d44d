"""A product; each variant is a Product of its own, tied to its siblings by the group."""

from __future__ import annotations

from pydantic import Field

from crossdock.records.base import IdMap, Record, WireModel
from crossdock.records.values import Amount, CurrencyCode, ProductStatus


class VariantOption(WireModel):
    """What sets a variant apart from its siblings: ``{name: "Colour", value: "red"}``."""

    name: str
    value: str | None = None


class VariantGroup(WireModel):
    """The parent that ties variants together."""

    remote_id_map: IdMap = Field(default_factory=dict, description="connectionId -> id of the group there")
    name: str | None = None


class Product(Record):
    """Something that can be sold, with its own SKU."""

    display_id: str | None = Field(default=None, description="the number a person would quote")
    sku: str | None = None
    gtin: str | None = None
    name: str | None = None
    description: str | None = None
    short_description: str | None = None
    product_status: ProductStatus | None = None
    product_type: str | None = Field(default=None, description="the remote's own word")
    variant_group: VariantGroup | None = None
    variant_options: list[VariantOption] = Field(default_factory=list)
    currency: CurrencyCode | None = None
    price: Amount | None = Field(default=None, description="what it costs now, as the shop enters prices")
    regular_price: Amount | None = None
    sale_price: Amount | None = None
    vat_class: str | None = None
    stock_quantity: Amount | None = None
    weight: Amount | None = None
    length: Amount | None = None
    width: Amount | None = None
    height: Amount | None = None
    categories: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    image_urls: list[str] = Field(default_factory=list)
    url: str | None = None
