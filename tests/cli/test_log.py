"""``crossdock log``: outside errors beside our own."""

from __future__ import annotations

import pytest

from crossdock.store import Actor, Item, PageWrite, Quarantined
from crossdock.store.events.log_events import LogEvent, Related

from .program import ERP, ERP_ID, SHOP, SHOP_ID, Program

IMPORT = Actor("connection", SHOP_ID, "demo-shop", "import", "woocommerce")
REFUSED = LogEvent(
    "critical",
    "the tax office\x1b[31m refused 3 invoices",
    "2024-03-03T14:09:27Z",
    "invoice",
    "export",
    ("VAT number unknown",),
    (Related("INV-881", "2024-0881", "unknown"), Related("INV-882")),
)


def quarantined(remote_id: str) -> Item:
    return Quarantined(remote_id, b"{}", "no total", "RecordError", "map", b"hash")


@pytest.fixture
def troubled(program: Program) -> Program:
    """A failed run with two payloads in quarantine, and what the ERP tells."""
    (program.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    program("import", "demo-shop", "--type", "customer", "--limit", "1")
    with program.store() as store:
        run = store.start_run(SHOP_ID, "order", b"hash")
        store.write_page(IMPORT, run, PageWrite([quarantined("1"), quarantined("2")]))
        store.finish_run(run, {"sessionErrors": ["GET /orders gave 500", "gave up"]}, "failed")
        store.log_events.add(ERP_ID, REFUSED)
        store.log_events.add(ERP_ID, LogEvent("info", "the nightly job is through", "2024-03-03T14:09:27Z"))
    return program


def test_outside_errors_stand_beside_our_own_the_latest_first(troubled: Program) -> None:
    found = troubled.fine("log", "list", "--json").json
    assert [(one["source"], one["connection"], one["severity"]) for one in found] == [
        ("outside", "erp", "info"),
        ("outside", "erp", "critical"),
        ("run", "demo-shop", "error"),
        ("quarantine", "demo-shop", "error"),
    ]
    assert found[1]["details"] == ["VAT number unknown", "2024-0881 (id INV-881): unknown", "INV-882"]
    assert found[2]["summary"] == "an import of orders failed: GET /orders gave 500"
    assert found[2]["details"] == ["gave up"]
    assert found[3]["summary"] == "2 payloads wait in quarantine (map): no total"


def test_the_list_for_people_has_no_letters_that_act(troubled: Program) -> None:
    shown = troubled.fine("log", "list").out
    assert "critical  erp: the tax office\ufffd[31m refused 3 invoices (told " in shown
    assert ")\n    VAT number unknown\n" in shown
    assert "(crossdock runs show " in shown


def test_shown_is_when_it_happened_and_when_it_was_told_if_that_was_later(troubled: Program) -> None:
    found = troubled.fine("log", "list", "--json").json[1]
    assert found["time"] == "2024-03-03T14:09:27Z"
    assert found["told"] > "2024-03-04"
    told = found["told"][:19].replace("T", " ")
    line = next(line for line in troubled.fine("log", "list").lines if "tax office" in line)
    assert line.startswith("2024-03-03 14:09:27  critical  erp: ")
    assert line.endswith(f" (told {told})")


def test_severity_connection_time_and_number_narrow_it_down(troubled: Program) -> None:
    def sources(*options: str) -> list[str]:
        return [one["source"] for one in troubled.fine("log", "list", "--json", *options).json]

    assert sources("--severity", "error") == ["outside", "run", "quarantine"]
    assert sources("--severity", "critical") == ["outside"]
    assert sources("--connection", "demo-shop") == ["run", "quarantine"]
    assert sources("--limit", "1") == ["outside"]
    assert sources("--since", "1h") == ["outside", "outside", "run", "quarantine"]
    assert sources("--since", "0s") == []
    assert troubled.fine("log", "list", "--since", "0s").out == "nothing went wrong since then\n"
    assert "is still to come, in UTC it is 2" in troubled.refused("log", "list", "--since", "2999-01-01")


def test_where_nothing_went_wrong_that_is_said(shop: Program) -> None:
    assert shop.fine("log", "list").out == "nothing went wrong\n"
