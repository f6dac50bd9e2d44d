"""``coverage`` tells what becomes of each remote path, and agrees with the ledger of the import."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from crossdock.cli import coverage
from crossdock.cli.progress import Progress
from crossdock.pipeline import making
from crossdock.pipeline.explaining import covering
from crossdock.store import Store
from tests.store.shop import ERP, ERP_IMPORT, SHOP as SHOP_ID, incoming, order, write

from .program import SHOP, Program


def of_orders(program: Program, *more: str) -> dict[str, Any]:
    (found,) = program.fine("coverage", "demo-shop", "--type", "order", "--json", *more).json
    assert isinstance(found, dict)
    return found


def test_it_agrees_with_the_ledger_of_the_import(shop: Program) -> None:
    report = next(run for run in shop.fine("runs", "list", "--json").json if run["recordType"] == "order")
    found = of_orders(shop)
    assert found["ledger"] == report["ledger"]
    assert found["payloads"] == 250
    ledger = found["ledger"]
    full = ledger["leaves"] - ledger["empty"] - ledger["dropped"]
    assert found["score"] == pytest.approx(ledger["mapped"] / full, abs=0.0001)


def test_each_path_says_where_its_values_went(shop: Program) -> None:
    paths = {path["path"]: path for path in of_orders(shop)["paths"]}
    assert paths["number"]["lines"] == {"remoteRefMap": 250, "displayId": 250}
    assert (paths["version"]["stashed"], paths["version"]["seen"]) == (250, 250)
    assert paths["date_modified"]["dropped"] == 250
    assert any("edit stamp" in reason for reason in paths["date_modified"]["reasons"])
    assert paths["shipping.phone"]["empty"] == 250
    assert "[redacted]" in paths["order_key"]["example"]


def test_the_table_has_a_line_a_path_the_dead_lines_and_the_score(shop: Program) -> None:
    lines = shop.fine("coverage", "demo-shop", "--type", "order").lines
    assert lines[1] == "demo-shop order"
    assert lines[2].split()[:6] == ["path", "seen", "mapped", "stashed", "empty", "dropped"]
    rows = {line.split()[0]: line for line in lines[3:] if line}
    assert rows["number"].split()[1:] == ["250", "250", "remoteRefMap,", "displayId"]
    assert "dropped: navigation inside the shop's API" in rows["_links.self[].href"]
    dead = lines[lines.index("Mapping lines that matched nothing") + 2 : -2]
    assert [line.split()[0] for line in dead].count("shippingAddress.phone") == 1
    assert lines[-1].endswith("the others are kept as custom data")


def test_the_paths_of_one_name_stand_together(shop: Program) -> None:
    lines = shop.fine("coverage", "demo-shop", "--type", "order").lines
    table = lines[3 : lines.index("Mapping lines that matched nothing") - 1]
    tops = [line.split()[0].split(".")[0].split("[")[0] for line in table]
    assert len([one for one, other in pairwise(tops) if one != other]) + 1 == len(set(tops))


def test_only_what_has_no_field(shop: Program) -> None:
    text = shop.fine("coverage", "demo-shop", "--type", "order", "--unmapped").out
    assert "\nversion " in text
    assert "\nnumber " not in text


def test_some_payloads_are_enough_for_a_glance(shop: Program) -> None:
    assert of_orders(shop, "--limit", "5")["payloads"] == 5


def test_all_imports_unless_one_is_named(shop: Program) -> None:
    found = shop.fine("coverage", "--json").json
    assert [(one["connection"], one["recordType"]) for one in found] == [
        ("demo-shop", "order"),
        ("demo-shop", "customer"),
    ]


def test_a_line_of_the_configuration_counts_at_once(shop: Program) -> None:
    before = of_orders(shop)["score"]
    line = '[connection.import.order.mapping]\n"billingAddress.vatNumber" = "version"\n'
    (shop.folder / "plugins.toml").write_text(SHOP.replace("[connection.import.customer]", line), "utf-8")
    assert of_orders(shop)["score"] > before


def test_a_value_that_its_target_refuses_is_not_mapped(shop: Program) -> None:
    before = of_orders(shop)["ledger"]
    line = '[connection.import.order.mapping]\nlanguageCode = "version"\n'  # a version is no language
    (shop.folder / "plugins.toml").write_text(SHOP.replace("[connection.import.customer]", line), "utf-8")
    assert of_orders(shop)["ledger"] == before


def test_what_limits_refuse_is_told_as_in_the_ledger_of_the_import(shop: Program) -> None:
    limits = '\n[[limits]]\nconnection = "demo-shop"\nrecord_types = ["order"]\nmax_value = 12\n'
    (shop.folder / "plugins.toml").write_text(SHOP + limits, "utf-8")
    (report,) = shop.fine("import", "demo-shop", "--type", "order", "--full", "--json").json
    found = of_orders(shop)
    assert report["ledger"]["refused"] > 0
    assert found["ledger"] == report["ledger"]
    assert sum(path["refused"] for path in found["paths"]) == report["ledger"]["refused"]
    assert "refused" in shop.fine("coverage").out


def test_a_bar_that_is_not_reached_is_an_exit_code(shop: Program) -> None:
    assert shop("coverage", "--fail-under", "10").code == 0
    result = shop("coverage", "demo-shop", "--type", "order", "--fail-under", "99.5", "--json")
    assert result.code == 1
    assert result.json[0]["payloads"] == 250
    assert "of what it holds has a field, less than 99.5%" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("demo",), "no connection 'demo'; did you mean 'demo-shop'?"),
        (("demo-shop", "--type", "product"), "imports no 'product'"),
        (("--type", "ordr"), "no record type 'ordr'"),
        (("--fail-under", "101"), "Invalid value for '--fail-under'"),
    ],
)
def test_mistakes_are_told_with_the_remedy(shop: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in shop.refused("coverage", *arguments)


def test_without_a_payload_there_is_nothing_to_tell(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP.replace("0001", "0009"), "utf-8")
    assert shop.fine("coverage").out == "no payload is stored yet; crossdock import\n"
    assert shop.fine("coverage", "--json").json == []


def test_the_bar_counts_the_payloads_of_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    totals: list[int | None] = []
    monkeypatch.setattr(Progress, "move", lambda _bar, _done, total=None: totals.append(total))
    monkeypatch.setattr(making, "make_job", lambda *_what: None)
    monkeypatch.setattr(covering, "cover", lambda _job, payloads: [one.remote_id for one in payloads])
    with Store.open("sqlite://") as store:
        write(store, incoming(order("1")), incoming(order("2")))
        write(store, incoming(order("3", ERP), owner=ERP), actor=ERP_IMPORT)
        connection = SimpleNamespace(id=SHOP_ID, name="demo-shop")
        assert coverage._cover(store, connection, "order", None) == ["1", "2"]  # type: ignore[arg-type, comparison-overlap]
        coverage._cover(store, connection, "order", 1)  # type: ignore[arg-type]
    assert totals == [2, 1]
