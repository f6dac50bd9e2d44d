"""``row-sku``: rows get a SKU by their type."""

from __future__ import annotations

from pydantic import Field

from crossdock import Context, Example, Manipulate, ManipulatorSettings, ManipulatorSpec, RowType, Setup, Working
from crossdock_manipulators.access import is_empty


class RowSku(ManipulatorSettings):
    """Settings of ``row-sku``."""

    skus: dict[RowType, str] = Field(
        min_length=1,
        description="the SKU of each type of row that is to get one: "
        "`product`, `shipping`, `fee`, `discount`, `giftCard`, `rounding`",
    )
    overwrite: bool = Field(default=False, description="also replace a SKU that is already there")


def build(settings: RowSku, _setup: Setup) -> Manipulate:
    """Make the step."""
    skus = {str(kind): sku for kind, sku in settings.skus.items()}
    overwrite = settings.overwrite

    def run(record: Working, _context: Context) -> Working:
        for row in record.get("rows", ()):
            sku = skus.get(row["type"])
            if sku is not None and (overwrite or is_empty(row.get("sku"))):
                row["sku"] = sku
        return record

    return run


SPEC = ManipulatorSpec(
    name="row-sku",
    title="gives rows a SKU by their type",
    settings=RowSku,
    build=build,
    custom_data=False,
    record_types=frozenset({"order"}),
    examples=(
        Example(
            title="shipping and fees are booked on articles of the ERP",
            toml='skus = { shipping = "FREIGHT", fee = "FEE" }',
            before={"rows": [{"type": "product", "sku": "A1"}, {"type": "shipping"}, {"type": "fee", "sku": "GIFT"}]},
            after={
                "rows": [
                    {"type": "product", "sku": "A1"},
                    {"type": "shipping", "sku": "FREIGHT"},
                    {"type": "fee", "sku": "GIFT"},
                ]
            },
        ),
    ),
)
