"""``crossdock report``: after a bad night, what went wrong, whom it met and what to do, as text, HTML and JSON."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from crossdock.store.events.log_events import LogEvent, Related

from .faulty import faulty_shop
from .program import ERP_ID, SHOP_ID, Program

HOSTILE = "<script>alert('x')</script>"
REASON = f"no euros {HOSTILE} & co"
REMOTE = "[connection.remote]\nretries = 0\n"
CHAIN = "[connection.import.order]\n"
FAILING = f"""{CHAIN}manipulators = [{{ use = "fail", when = "currency == 'EUR'", reason = "{REASON}" }}]
"""
OUTSIDE = f"""
[[connection]]
id = "{ERP_ID}"
name = "erp"
connector = "api"
"""
LIMITS = """
[[limits]]
module = "connector.woocommerce"
record_types = ["order"]
max_key = 25
"""


@pytest.fixture
def night(program: Program) -> Program:
    """A shop that was imported; then its euros are refused, an ERP tells hostile things, and the shop goes down."""
    with faulty_shop(program, "503 at 1", REMOTE.replace("0", "2") + CHAIN):
        program.fine("import")
    with faulty_shop(program, "", REMOTE + FAILING + LIMITS + OUTSIDE) as server:
        assert program("import", "--full").code == 1
        secret = server.sandbox.settings["consumer_secret"]
    assert program("import").code == 3
    related = (Related("INV-881", f"2024-{HOSTILE}", "unknown"), Related("INV-882"))
    summary = f"the tax office says {HOSTILE} {secret}"
    with program.store() as store:
        store.log_events.add(ERP_ID, LogEvent("critical", summary, "2024-03-03T14:09:27Z", "invoice", related=related))
    return program


def test_errors_are_grouped_by_cause_with_the_orders_and_what_to_do(night: Program) -> None:
    told = night.fine("report", "--since", "24h", "--json").json
    assert told["well"] is False
    shop, erp = told["connections"]
    assert (shop["connection"], shop["connectionId"]) == ("shop", SHOP_ID)
    assert shop["runs"] == {"succeeded": 2, "failed": 1}
    assert shop["retried"] == {"status 503": 1}
    euros = [
        one["displayId"] for one in night.fine("records", "list", "--format", "json").json if one["currency"] == "EUR"
    ]
    records, run = shop["troubles"]
    assert (records["kind"], records["count"], sorted(records["records"])) == ("records", len(euros), sorted(euros))
    assert records["summary"].startswith(REASON)
    assert records["todo"][0].startswith("Correct the chain in [connection.import.order]")
    assert records["todo"][2].startswith("crossdock quarantine retry --cause ")
    assert (run["kind"], run["count"]) == ("run", 1)
    assert "refuses the connection" in run["summary"]
    assert run["todo"][:2] == ["crossdock check --live", "crossdock import shop --type order"]
    assert erp["troubles"][0]["records"] == [f"2024-{HOSTILE} (id INV-881)", "INV-882"]


def test_known_records_left_stale_and_entries_refused_by_limits_are_told(night: Program) -> None:
    shop = night.fine("report", "--json").json["connections"][0]
    failed = shop["troubles"][0]
    assert (failed["leftStale"], failed["count"], shop["stale"]) == (True, shop["records"]["failed"], [])
    assert "left stale: all are known, and stay as they were imported before" in night.fine("report").out
    refused = {one["key"]: one for one in shop["refusedEntries"]}
    assert refused["meta._wc_order_attribution_utm_source"]["rule"] == "max_key"


def test_what_was_mended_is_no_longer_there(night: Program) -> None:
    with faulty_shop(night, "", REMOTE + CHAIN):
        night.fine("quarantine", "retry", "--all")
        night.fine("import")
    shop = night.fine("report", "--json").json["connections"][0]
    assert shop["stale"] == []
    [run] = shop["troubles"]
    assert (run["severity"], run["todo"][0]) == ("info", "Nothing: a later import succeeded.")


def test_the_text_fits_80_columns_but_for_what_is_to_be_copied(night: Program) -> None:
    lines = night.fine("report").lines
    assert lines[0].startswith("Crossdock, ")
    assert "To look into: shop, erp." in lines
    assert any(line.startswith("!  ") and " orders failed: no euros" in line for line in lines)
    assert "   > crossdock check --live" in lines
    long = [line for line in lines if len(line) > 80 and not line.startswith("   > crossdock ")]
    assert all(len(line.split()) == 1 for line in long)


class _Page(HTMLParser):
    """Collects tags and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [name for name, _value in attrs if name in ("src", "href", "onerror", "onclick")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_one_file_in_which_hostile_names_are_text(night: Program) -> None:
    file = night.folder / "report.html"
    assert night.fine("report", "--format", "html", "--output", str(file)).out == ""
    page = _Page()
    page.feed(file.read_text("utf-8"))
    page.close()
    assert "script" not in page.tags
    assert page.links == []
    text = "".join(page.text)
    assert f"no euros {HOSTILE} & co" in text
    assert f"2024-{HOSTILE} (id INV-881)" in text
    assert "crossdock check --live" in text
    assert "<script" not in file.read_text("utf-8")


@pytest.mark.parametrize("shape", ["text", "html", "json"])
def test_no_secret_is_in_it(night: Program, shape: str) -> None:
    with faulty_shop(night, "", REMOTE + CHAIN + OUTSIDE) as server:
        out = night.fine("report", "--format", shape).out
        assert server.sandbox.settings["consumer_secret"] not in out
    assert "[redacted]" in out


def test_a_quiet_night_is_told_in_a_line(shop: Program) -> None:
    lines = shop.fine("report").lines
    assert lines[2] == "All is well."
    assert lines[5].split()[:2] == ["demo-shop", "2"]
    assert len(lines) == 6


def test_a_file_that_cannot_be_written_is_told(shop: Program) -> None:
    assert "'none/report.txt' cannot be written: No such file" in shop.refused("report", "--output", "none/report.txt")


def test_a_time_that_is_still_to_come_is_refused(shop: Program) -> None:
    assert "'2999-01-01' is still to come" in shop.refused("report", "--since", "2999-01-01")


def test_events_that_were_given_up_are_told(shop: Program) -> None:
    event = ("m1", "erp-events", "record.created", "order", "0" * 32, "then", b"", 11, "then", "then")
    with shop.store() as store, store._database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO outbox (message_id, subscription, kind, record_type, local_id, occurred, body, attempts, due,"
            " failed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            event,
        )
    shown = shop.fine("report").out
    assert "!  1 event was given up, since no receiver took them\n   > crossdock events list --failed" in shown
    assert shop.fine("report", "--json").json["eventsGivenUp"] == 1
