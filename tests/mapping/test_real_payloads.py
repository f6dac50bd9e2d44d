"""What real remote systems send is proved, payload by payload, when their payloads are at hand."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossdock.mapping.build import build_mapping
from crossdock.mapping.ledger import sum_ledgers
from crossdock.mapping.mapper import Mapper
from crossdock.mapping.prove import prove
from crossdock.records.wire import Working, parse_json
from crossdock.toml import read_toml
from tests.mapping.building import CONNECTION, mapper_of

ROOT = Path(__file__).parents[2]
PAYLOADS = Path(os.environ.get("CROSSDOCK_PAYLOADS", ROOT.parent / "shared" / "payloads"))
WOOCOMMERCE = ROOT / "connectors" / "crossdock_woocommerce" / "mapping.toml"


def folder(name: str) -> Path:
    found = PAYLOADS / name
    if not found.is_dir():
        pytest.skip(f"the payloads of {name!r} are not here; name their folder in CROSSDOCK_PAYLOADS")
    return found


@pytest.mark.parametrize(
    ("record_type", "file"),
    [
        ("order", "orders"),
        ("order", "orders_hidden"),
        ("product", "products"),
        ("product", "variations"),
        ("customer", "customers"),
    ],
)
def test_every_record_of_a_woocommerce_shop_is_proved(record_type: str, file: str) -> None:
    problems: list[Any] = []
    mapping = build_mapping(record_type, "connector.woocommerce", read_toml(WOOCOMMERCE), None, (), problems)
    assert mapping is not None, problems
    mapper = Mapper(mapping, CONNECTION)
    ledgers = []
    for line in (folder("woocommerce-11") / f"{file}.jsonl").read_bytes().splitlines():
        payload = parse_json(line)
        mapped = mapper.map(payload)
        assert prove(mapper, payload, mapped) == []
        assert mapped.warnings == []
        ledgers.append(mapped.ledger)
    total = sum_ledgers(ledgers)
    assert total.balances
    assert total.mapped > 0
    assert total.refused == 0


# Small mappings, only good enough to touch what these systems are made of; none of this is a connector.
SHOPIFY = """
[order]
id = "id"
reference = "name"
[order.fields]
displayId = "name"
currency = "currency"
placedAt = "created_at"
customerNote = "note"
pricesIncludeVat = "taxes_included"
"totals.totalInclVat" = "total_price"
"totals.vatAmount" = "current_total_tax || total_tax"
"totals.shippingExclVat" = "sum(shipping_lines[*].to_number(price))"
"customer.email" = "customer.email || email"
"customer.remoteIdMap" = "customer.id"
"billingAddress.city" = "billing_address.city"
"billingAddress.countryCode" = "billing_address.country_code"
channel = "note_attributes[?name=='channel'].value | [0]"
discountCodes = "discount_codes[].code"
[order.keyValue.note]
list = "note_attributes"
key = "name"
[order.rows.product]
over = "line_items"
id = "id"
[order.rows.product.fields]
type = "'product'"
sku = "sku"
name = "title"
quantity = "quantity"
totalExclVat = "price"
vatAmount = "tax_lines[0].price"
[order.rows.product.keyValue.property]
list = "properties"
key = "name"
[order.refunds.main]
over = "refunds"
id = "id"
[order.refunds.main.fields]
reason = "note"
[order.drop]
admin_graphql_api_id = "the id again"
[order.redact]
"client_details.browser_ip" = "personal"
token = "opens the order"
"""
BIGCOMMERCE = """
[order]
id = "id"
[order.fields]
currency = "currency_code"
placedAt = "date_created"
"totals.totalInclVat" = "total_inc_tax"
"customer.email" = "email || billing_address.email"
"customer.firstName" = "first_name"
"billingAddress.city" = "addresses[0].city"
"billingAddress.countryCode" = "addresses[].country_code | [0]"
[order.keyValue.attribute]
list = "form_fields"
key = "name"
[order.rows.product]
over = "products"
id = "id"
[order.rows.product.fields]
type = "'product'"
sku = "sku"
name = "name"
[order.drop]
meta = "paging"
"addresses[].address_type" = "not needed"
"""
STRIPE = """
[order]
id = "id"
[order.fields]
currency = "upper(currency)"
"totals.totalInclVat" = "divide(amount, `100`, `2`)"
"customer.email" = "billing_details.email"
"customer.remoteIdMap" = "customer"
customerNote = "description"
discountCodes = "*.id"
channel = "metadata.channel"
[order.payments.main]
over = "@"
when = "object == 'charge'"
[order.payments.main.fields]
method = "payment_method_details.type"
transactionId = "balance_transaction"
[order.rows.line]
over = "lines.data"
id = "id"
[order.rows.line.fields]
type = "'product'"
name = "description"
quantity = "quantity"
[order.redact]
client_secret = "a secret"
"payment_method_details.card.fingerprint" = "personal"
"""


@pytest.mark.parametrize(
    ("name", "mapping", "least"),
    [
        ("shopify", SHOPIFY, 500),
        ("bigcommerce", BIGCOMMERCE, 100),
        ("stripe", STRIPE, 100),
        ("digitalriver", STRIPE, 100),
        ("kibo", BIGCOMMERCE, 10),
    ],
)
def test_what_other_systems_send_is_proved(name: str, mapping: str, least: int) -> None:
    mapper = mapper_of(mapping)
    seen = 0
    for file in sorted(folder(name).rglob("*.json")):
        try:
            document = parse_json(file.read_bytes())
        except msgspec.DecodeError:
            continue  # some of the documentation's examples are no JSON
        for payload in _records(document):
            assert prove(mapper, payload, mapper.map(payload)) == [], file.name
            seen += 1
    assert seen >= least


def _records(value: Any, depth: int = 3) -> Iterator[Working]:
    """Every object with an id, also inside envelopes and lists, a few levels deep."""
    if isinstance(value, dict):
        identity = value.get("id")
        if type(identity) is int or (isinstance(identity, str) and identity):
            yield value
    if depth and isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _records(item, depth - 1)
