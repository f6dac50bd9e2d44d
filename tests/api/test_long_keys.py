"""Keys of 10 kB that nothing could compress work everywhere, on both databases, as short ones do."""

from __future__ import annotations

from random import Random
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from crossdock.config import load_config
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.making import make_job
from crossdock.plugins.connector import Page
from tests.pipeline.making import Script, orders

from .serving import ERP_ID, SHOP_ID, WMS_ID, Api, Client

LENGTH = 10_000
_random = Random(4711)
ASCII = "".join(_random.choices([chr(code) for code in range(0x21, 0x7F) if chr(code) != "|"], k=LENGTH))
WIDE = "".join(chr(code) for code in _random.choices(range(0x10000, 0x1F000), k=LENGTH // 4))
KEYS = pytest.mark.parametrize("key", [ASCII, WIDE], ids=["ascii", "wide"])


def value(client: Client, path: str, name: str) -> object:
    """What an entry says, ``None`` if it is not there."""
    answer = client.get(f"{path}/customdata/{quote(name, safe='')}")
    return answer.json()["value"] if answer.status_code == 200 else None


def told(client: Client, path: str, name: str) -> list[tuple[str | None, str | None, str]]:
    """The history of an entry: what it was and became, and through what."""
    answer = client.get(f"{path}/customdata-history?key={quote(name, safe='')}")
    changes = [one for one in answer.json()["changes"] if "key" in one]
    return [(one.get("old", {}).get("value"), one.get("new", {}).get("value"), one["through"]) for one in changes]


def shipment_of(api: Api, remote_id: str) -> str:
    """Make a shipment of the shop's order and tell its path."""
    link = {"recordType": "order", "connectionId": SHOP_ID, "remoteId": remote_id}
    made = api.wms.post("/api/shipment", {"remoteIdMap": {WMS_ID: "s1"}, "links": [link]})
    assert made.status_code == 201, made.text
    return made.headers["Location"]


@KEYS
def test_an_entry_with_a_long_key_is_written_found_copied_followed_and_remembered(api: Api, key: str) -> None:
    name = f"{ERP_ID}|x-erp|{key}"
    order = api.shop.post("/api/order", {"remoteIdMap": {SHOP_ID: "7"}}).headers["Location"]
    shipment = shipment_of(api, "7")
    entry = f"{order}/customdata/{quote(name, safe='')}"
    assert api.erp.put(entry, {"type": "string", "value": "one"}).status_code == 201
    assert value(api.wms, shipment, name) == "one"
    assert api.erp.put(entry, {"type": "string", "value": "two"}).status_code == 200
    assert value(api.wms, shipment, name) == "two"
    found = api.wms.get("/api/order?" + f"entry={quote(name, safe='')}&entryValue=two").json()["records"]
    assert [f"/api/order/{one['localId']}" for one in found] == [order]
    assert told(api.wms, order, name) == [(None, "one", "api"), ("one", "two", "api")]
    assert told(api.wms, shipment, name) == [(None, "one", "flow"), ("one", "two", "flow")]
    assert api.erp.delete(entry).status_code == 204
    assert value(api.wms, shipment, name) is None


@KEYS
def test_a_long_key_of_a_remote_system_is_imported_followed_and_remembered(api: Api, key: str) -> None:
    name = f"{SHOP_ID}|connector.woocommerce|meta.{key.replace('%', '%25')}"
    connection = load_config(api.config.file, {}).connection("shop")

    def read(text: str) -> None:
        page: Page = orders(7, 8, meta_data=[{"id": 1, "key": key, "value": text}])
        job = replace(make_job(connection, "order", None), source=Script([page]))
        report = Importer(api.store).run(job, ImportOptions(full=True))
        assert (report.outcome, report.tally.counts["failed"]) == ("succeeded", 0), report.session_errors

    read("one")
    order = api.shop.get("/api/order/by-remote-id?remoteId=7").headers["Content-Location"]
    shipment = shipment_of(api, "7")
    assert value(api.wms, shipment, name) == value(api.wms, order, name) == "one"
    read("two")
    assert value(api.wms, shipment, name) == value(api.wms, order, name) == "two"
    assert told(api.wms, order, name) == [("one", "two", "import")]
    assert told(api.wms, shipment, name) == [(None, "one", "flow"), ("one", "two", "flow")]
