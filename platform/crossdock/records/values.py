"""The kinds of value that record fields hold; each checks strictly and never repairs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

from crossdock.codes import COUNTRIES, CURRENCIES
from crossdock.customdata.entry import ExactDecimal
from crossdock.pattern import HEX_ID, LANGUAGE

# Wire form: UTC, whole seconds or exactly six digits of a second, so that one instant has one spelling.
CANONICAL_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$"
# The same, for readers of a JSON Schema, who have nothing else to tell that there is no 13th month.
_CALENDAR_TIME = (
    r"^([1-9]\d{3}|0[1-9]\d\d|00[1-9]\d|000[1-9])-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{6})?Z$"
)


class _Timestamp:
    """An instant in UTC: ``2024-03-03T14:09:27Z`` on the wire, an aware ``datetime`` in Python."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        text = core_schema.str_schema(strict=True, pattern=CANONICAL_TIME)
        aware = core_schema.datetime_schema(strict=False, tz_constraint="aware", microseconds_precision="error")
        return core_schema.union_schema(
            [
                core_schema.chain_schema([text, aware]),
                core_schema.no_info_after_validator_function(
                    _to_utc, core_schema.datetime_schema(strict=True, tz_constraint="aware")
                ),
            ],
            mode="left_to_right",
            custom_error_type="timestamp",
            custom_error_message="not a time in UTC like 2024-03-03T14:09:27Z",
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": _CALENDAR_TIME, "examples": ["2024-03-03T14:09:27Z"]}


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise PydanticCustomError("country_code", "not an ISO 3166-1 alpha-2 country code")
    return code


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise PydanticCustomError("currency_code", "not an ISO 4217 currency code")
    return code


Timestamp: TypeAlias = Annotated[datetime, _Timestamp]
Amount: TypeAlias = ExactDecimal
CountryCode: TypeAlias = Annotated[str, AfterValidator(_country)]
CurrencyCode: TypeAlias = Annotated[str, AfterValidator(_currency)]
LanguageCode: TypeAlias = Annotated[str, StringConstraints(pattern=LANGUAGE)]
HexId: TypeAlias = Annotated[str, StringConstraints(pattern=HEX_ID)]

OrderStatus: TypeAlias = Literal["draft", "pending", "processing", "onHold", "completed", "cancelled", "failed"]
PaymentStatus: TypeAlias = Literal[
    "unpaid", "authorized", "partiallyPaid", "paid", "partiallyRefunded", "refunded", "voided"
]
ShippingStatus: TypeAlias = Literal["unshipped", "partiallyShipped", "shipped", "delivered", "returned"]
RowType: TypeAlias = Literal["product", "shipping", "fee", "discount", "giftCard", "rounding"]
ProductStatus: TypeAlias = Literal["draft", "active", "archived"]
InviteStatus: TypeAlias = Literal["draft", "sent", "opened", "accepted", "declined", "expired", "cancelled"]
CheckoutStatus: TypeAlias = Literal["open", "completed", "abandoned", "expired", "cancelled"]
ShipmentStatus: TypeAlias = Literal["pending", "ready", "shipped", "delivered", "returned", "cancelled", "failed"]
RefundStatus: TypeAlias = Literal["requested", "pending", "completed", "cancelled", "failed"]
InvoiceStatus: TypeAlias = Literal["draft", "issued", "partiallyPaid", "paid", "overdue", "credited", "cancelled"]
InvoiceType: TypeAlias = Literal["invoice", "creditNote"]
# The record types, as links name them; the registry has their models.
RecordTypeName: TypeAlias = Literal[
    "order", "product", "customer", "invite", "checkout", "shipment", "refund", "invoice", "stockLevel"
]

_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def canonical_time(text: str) -> str | None:
    """Write a zoned ISO 8601 time in the one spelling of the wire; ``None`` if it is no time or has no zone."""
    if not _ISO_TIME.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
