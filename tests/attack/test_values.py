"""Values that Python takes for equal, ``1``, ``true`` and ``1.0``, are no way around anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import count, permutations
from typing import Any
from urllib.parse import quote

import pytest

from crossdock.store import Store
from crossdock.store.writes.followers import followers_of
from crossdock.store.writes.merge import merge
from tests.api.serving import CONFIG, ERP_ID, SHOP_ID, WMS_ID, Api, read_config, served
from tests.databases import Postgresql, Sqlite

ONES = ["1", "true", "1.0", "1.00"]
FOREIGN = f"{WMS_ID}|x-wms|n"
OWN = f"{ERP_ID}|x-erp|n"
LIMITED = '\n[[limits]]\nmodule = "x-erp"\nmax_value = 4\n'
NUMBERS = count()


@pytest.fixture(scope="module")
def api(database: Sqlite | Postgresql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    config = read_config(tmp_path_factory.mktemp("values"), CONFIG + LIMITED)
    with Store.open(database.new_url(), followers=followers_of(config)) as store, served(config, store) as found:
        yield found


def entry(key: str, value: str) -> str:
    owner, module, name = key.split("|")
    return f'{{"connectionId": "{owner}", "moduleId": "{module}", "key": "{name}", "type": "json", "value": {value}}}'


def sent(api: Api, method: str, path: str, body: str, who: str = "erp") -> tuple[int, str]:
    answer = getattr(api, who)(method, path, data=body, headers={"Content-Type": "application/json"})
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("old", "new"), [*permutations(ONES, 2), ("[0]", "[false]"), ('{"in": [1]}', '{"in": [true]}')]
)
def test_a_foreign_value_is_not_exchanged_in_the_shadow_of_an_own_one(api: Api, old: str, new: str) -> None:
    path = api.erp.post("/api/order", {}).headers["Location"]
    assert sent(api, "PATCH", f"{path}/customdata", f'{{"{FOREIGN}": {entry(FOREIGN, old)}}}', "wms")[0] == 200
    before = api.erp.get(path).content
    both = f'{{"{FOREIGN}": {entry(FOREIGN, new)}, "{OWN}": {entry(OWN, "2")}}}'
    for method, inside, body in (
        ("PATCH", "/customdata", both),
        ("PUT", "/customdata", both),
        ("PUT", "", f'{{"channel": "web", "customData": {both}}}'),
        ("PUT", f"/customdata/{quote(FOREIGN, safe='')}", entry(FOREIGN, new)),
    ):
        status, told = sent(api, method, path + inside, body)
        assert (status, [one["key"] for one in json.loads(told)["errors"]]) == (403, [FOREIGN])
    assert api.erp.get(path).content == before


def test_an_own_value_becomes_what_was_sent_and_the_history_says_so(api: Api) -> None:
    path = api.erp.post("/api/order", {}).headers["Location"]
    address = f"{path}/customdata/{quote(OWN, safe='')}"
    for version, value in enumerate(ONES, 2):
        assert sent(api, "PUT", address, entry(OWN, value))[0] == (201 if version == 2 else 200)
        assert f'"value":{value}}}' in api.wms.get(address).text
        assert api.wms.get(path).json()["version"] == version
    told = api.wms.get(f"{path}/customdata-history?key={quote(OWN, safe='')}").text
    assert [told.count(f'"new":{entry(OWN, value)}'.replace(": ", ":").replace(", ", ",")) for value in ONES] == [1] * 4


def test_a_limit_is_not_passed_by_adding_noughts(api: Api) -> None:
    path = f"{api.erp.post('/api/order', {}).headers['Location']}/customdata/{quote(OWN, safe='')}"
    assert sent(api, "PUT", path, entry(OWN, "1.0"))[0] == 201
    status, told = sent(api, "PUT", path, entry(OWN, "1.000000"))
    assert (status, json.loads(told)["type"]) == (422, "/problems/over-limit")
    assert '"value":1.0}' in api.erp.get(path).text


@pytest.mark.parametrize("who", ["erp", "wms"])
def test_what_flows_is_what_was_written(api: Api, who: str) -> None:
    """An order's entries follow to its shipments, one of them exchanged for its like."""
    key = f"{ERP_ID if who == 'erp' else WMS_ID}|x-flow|n"
    number = f"o{next(NUMBERS)}"
    order = api.shop.post("/api/order", {"remoteIdMap": {SHOP_ID: number}}).headers["Location"]
    link = {"recordType": "order", "connectionId": SHOP_ID, "remoteId": number}
    shipment = api.wms.post("/api/shipment", {"links": [link]}).headers["Location"]
    for value in ONES:
        assert sent(api, "PUT", f"{order}/customdata/{quote(key, safe='')}", entry(key, value), who)[0] < 300
        assert f'"value":{value}}}' in api.shop.get(f"{shipment}/customdata").text


@pytest.mark.parametrize("new", [True, Decimal("1.0")])
def test_an_import_writes_a_value_that_became_its_like(new: Any) -> None:
    """In the shop, 1 became true."""

    def produced(value: Any) -> dict[str, Any]:
        one = {"connectionId": SHOP_ID, "moduleId": "connector.woocommerce", "key": "n", "type": "json", "value": value}
        return {"customData": {f"{SHOP_ID}|connector.woocommerce|n": one}}

    merged = merge("order", produced(1), produced(new), produced(1))
    assert str(merged) == str(produced(new))
