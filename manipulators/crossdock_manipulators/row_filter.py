"""``row-filter``: rows are dropped, without the totals going wrong."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from crossdock import (
    ELEMENT,
    Context,
    CrossdockError,
    Example,
    Fail,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RowType,
    SettingError,
    Setup,
    Working,
    condition,
)
from crossdock_manipulators.money import (
    AMOUNTS,
    INCL,
    SHIPPING,
    Row,
    exact_sum,
    is_free,
    label,
    minus,
    missing_amount,
    place,
)


class RowFilter(ManipulatorSettings):
    """Settings of ``row-filter``."""

    types: list[RowType] = Field(default=[], description="drop rows of these types")
    drop: str | None = Field(default=None, description="drop rows for which this JMESPath condition over a row is true")
    adjust_totals: bool = Field(
        default=False,
        description="take the amounts of dropped rows out of the order's totals; without it, an order of which a row "
        "with an amount would be dropped goes to quarantine",
    )


def build(settings: RowFilter, setup: Setup) -> Manipulate:
    """Make the step; dropping a row with an amount fails the record unless totals may be adjusted."""
    if not settings.types and settings.drop is None:
        raise SettingError("drop", "is needed, or 'types'; otherwise no row would ever be dropped")
    types = frozenset(settings.types)
    drop = "`false`" if settings.drop is None else settings.drop
    drops = condition("drop", drop, record_type=setup.record_type, at=("rows", ELEMENT))

    def run(record: Working, _context: Context) -> Working | Fail:
        rows = record.get("rows", ())
        try:
            dropped = [row for row in rows if row["type"] in types or drops(row)]
        except CrossdockError as error:
            return Fail(f"the condition of 'row-filter' cannot be asked of a row: {error}")
        if not dropped:
            return record
        refused = _settle(record, dropped, adjust=settings.adjust_totals)
        if refused is not None:
            return refused
        gone = set(map(id, dropped))
        record["rows"] = [row for row in rows if id(row) not in gone]
        return record

    return run


def _settle(record: Working, dropped: list[Row], *, adjust: bool) -> Fail | None:
    """Take the amounts of dropped rows out of the totals, or say why not."""
    weighty = [row for row in dropped if not row.get("removed") and not is_free(row)]
    if not weighty:
        return None
    if not adjust:
        row = weighty[0]
        return Fail(
            f"dropping {label(record, row)} of {row.get(INCL, 'unknown')} including VAT would make rows and totals "
            "disagree; set 'adjust_totals = true' to lower the totals too",
            place(record, row, INCL),
        )
    for row in weighty:
        if (name := missing_amount(row)) is not None:
            said = f"{label(record, row)} has no {name}, so nobody knows by how much to lower the totals"
            return Fail(said, place(record, row, name))
    totals = record.get("totals", {})
    for name in AMOUNTS:
        _lower(totals, name, name, weighty)
    for name, of_shipping in SHIPPING.items():
        _lower(totals, of_shipping, name, [row for row in weighty if row["type"] == "shipping"])
    return None


def _lower(totals: Working, name: str, amount: str, rows: list[Row]) -> None:
    if name in totals:
        totals[name] = minus(totals[name], exact_sum(row[amount] for row in rows))


def _amounts(excl: str, vat: str, incl: str) -> dict[str, Decimal]:
    return {"totalExclVat": Decimal(excl), "vatAmount": Decimal(vat), "totalInclVat": Decimal(incl)}


SPEC = ManipulatorSpec(
    name="row-filter",
    title="drops rows by type or condition and keeps the totals right",
    settings=RowFilter,
    build=build,
    record_types=frozenset({"order"}),
    examples=(
        Example(
            title="the lines of a bundle that cost nothing are of no use to the warehouse",
            toml="drop = \"type == 'product' && totalInclVat == `0` && !sku\"",
            before={
                "rows": [
                    {"type": "product", "sku": "BOX", "totalInclVat": Decimal("40.00")},
                    {"type": "product", "name": "part of the box", "totalInclVat": Decimal("0.00")},
                ]
            },
            after={"rows": [{"type": "product", "sku": "BOX", "totalInclVat": Decimal("40.00")}]},
        ),
        Example(
            title="a row with an amount is not dropped behind the totals' back",
            toml='types = ["fee"]',
            before={"rows": [{"type": "fee", "name": "Gift wrap", "totalInclVat": Decimal("25.00")}]},
            after=Fail(
                "dropping row 1 (fee 'Gift wrap') of 25.00 including VAT would make rows and totals disagree; "
                "set 'adjust_totals = true' to lower the totals too",
                "rows[0].totalInclVat",
            ),
        ),
        Example(
            title="the carrier bills shipping itself, so it leaves the order and its totals",
            toml='types = ["shipping"]\nadjust_totals = true',
            before={
                "rows": [
                    {"type": "product", **_amounts("100.00", "25.00", "125.00")},
                    {"type": "shipping", **_amounts("40.00", "10.00", "50.00")},
                ],
                "totals": _amounts("140.00", "35.00", "175.00"),
            },
            after={
                "rows": [{"type": "product", **_amounts("100.00", "25.00", "125.00")}],
                "totals": _amounts("100.00", "25.00", "125.00"),
            },
        ),
    ),
)
