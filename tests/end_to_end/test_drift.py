"""A shop changes what its orders look like: what the operator sees, types and ends with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crossdock.testing.sandbox import Request, Response

from .conftest import Liar

LINE = '"billingAddress.vatNumber" = "meta_data[?key==\'_vat_number\'].value | [0]"\n'
IMPORTS = "[connection.import.order]\n{policy}\n[connection.import.order.mapping]\n"


def change(liar: Liar, **fields: Any) -> None:
    """Let all orders have these fields from now on; ``meta`` is a key that each has in its meta data."""
    key = fields.pop("meta", None)

    def lie(_: Request, response: Response) -> Response:
        orders = json.loads(response.body)
        for order in orders:
            order.update(fields)
            if key is not None:
                order["meta_data"].append({"id": 1, "key": key, "value": f"SE{order['id']}"})
        return Response(response.status, json.dumps(orders).encode(), response.headers)

    liar.tell_the_truth()
    liar.lie(lie)


@pytest.fixture
def drifting(liar: Liar) -> Liar:
    """A shop whose orders had a VAT number in their meta data, which a line of the operator takes."""
    liar.configure(IMPORTS.format(policy="") + LINE)
    change(liar, meta="_vat_number")
    assert "drift" not in liar.program.fine("import").out
    return liar


def vat_numbers(liar: Liar) -> int:
    with liar.program.store() as store:
        return sum("vatNumber" in record.get("billingAddress", {}) for record in store.records("order"))


def test_a_renamed_meta_field_is_one_vanished_and_one_new_path_and_the_proposed_line_mends_it(drifting: Liar) -> None:
    assert vat_numbers(drifting) == 50
    change(drifting, meta="_vat_nr")
    told = drifting("import", "--full").out
    assert "2 differences from earlier payloads; crossdock drift list shop shows more" in told
    assert "new path meta._vat_nr (string), in 50 payloads (first in " in told
    assert "meta._vat_number has vanished: it was in every payload before, and in none of the last 50; perhaps" in told
    assert (
        f"plugins.toml:{_line_number(drifting)}:30: billingAddress.vatNumber = meta_data[?key=='_vat_number']" in told
    )
    assert vat_numbers(drifting) == 0
    pasted = _pasted(drifting.program.fine("drift", "list").lines)
    text = (drifting.program.folder / "plugins.toml").read_text("utf-8").replace(LINE, pasted)
    (drifting.program.folder / "plugins.toml").write_text(text, "utf-8")
    assert drifting("check").code == 0
    assert "differences" not in drifting("import", "--full").out
    assert vat_numbers(drifting) == 50


def test_what_was_mended_is_neither_shown_nor_proposed_any_more(drifting: Liar) -> None:
    change(drifting, meta="_tin")
    told = drifting("import", "--full")
    assert "WARNING" not in told.err
    file = drifting.program.folder / "plugins.toml"
    plain = file.read_text("utf-8")
    listed = drifting.program.fine("drift", "list").lines
    assert _pasted(listed).splitlines()[1:] == [LINE.strip().replace("[?", "[?key=='_tin' || ")]
    assert listed[-1] == "When it is seen to: crossdock drift accept shop"
    file.write_text("# moved by a line\n" + plain, "utf-8")
    assert f"plugins.toml:{_line_number(drifting)}:30: billingAddress.vatNumber" in drifting("drift", "list").out
    for mended in (LINE.replace("_vat_number", "_tin"), LINE.replace("[?", "[?key=='_tin' || "), ""):
        file.write_text(plain.replace(LINE, mended), "utf-8")
        shown = drifting.program.fine("drift", "list").out
        assert "meta._vat_number has vanished" in shown
        assert "Mapping lines concerned" not in shown
        assert "To paste" not in shown
    assert "crossdock drift accept" not in drifting.program.fine("drift", "accept", "shop").out
    assert "crossdock drift accept" not in drifting("drift", "list", "--all").out


def test_each_difference_is_told_once_in_the_log_the_report_and_the_runs(drifting: Liar) -> None:
    change(drifting, meta="_vat_number", gift={"message": "hi"}, total=None)
    result = drifting("import", "--full", "--json")
    (report,) = result.json
    assert [(one["kind"], one["path"], one["count"]) for one in report["drift"]] == [
        ("type", "total", 50),
        ("path", "gift", 50),
        ("path", "gift.message", 50),
    ]
    assert "shop order: payloads have drifted: total is null, before string; new path gift.message" in result.err
    shown = drifting.program.fine("runs", "show", report["runId"]).out
    assert "Differences from earlier payloads" in shown
    assert "new path gift.message (string)" in shown
    assert drifting("import", "--full", "--prove", "--json").json[0]["drift"] == []


def test_with_quarantine_orders_wait_until_the_new_look_is_accepted(drifting: Liar) -> None:
    drifting.configure(IMPORTS.format(policy='drift = "quarantine"') + LINE)
    change(drifting, meta="_vat_number", gift="yes")
    assert drifting("import", "--full", "--json").json[0]["failed"] == 50
    shown = drifting("quarantine", "show", "1").out
    assert "Correct the mapping if need be, then: crossdock drift accept shop; then retry." in shown
    assert "With today's configuration it succeeds" not in shown
    entry = drifting("quarantine", "show", "1", "--json").json
    file = drifting.program.folder / "order.json"
    file.write_text(json.dumps(entry["payload"]), "utf-8")
    previewed = drifting("preview", "shop", str(file), "--json")
    assert (previewed.code, previewed.json["error"]) == (1, entry["error"])
    assert drifting("quarantine", "retry", "--all").code == 1
    (waiting,) = drifting.program.fine("drift", "list", "shop", "--json").json
    assert (waiting["path"], waiting["waits"], waiting["accepted"]) == ("gift", True, None)
    assert "nothing has drifted at 'gitf' of connection 'shop'; did you mean 'gift'?" in drifting.program.refused(
        "drift", "accept", "shop", "gitf"
    )
    assert drifting.program.fine("drift", "accept", "shop", "gift").lines == [
        "shop: 1 difference accepted",
        "what waits because of it: crossdock quarantine retry --all --connection shop",
    ]
    assert drifting("quarantine", "retry", "--all").code == 0
    assert drifting.program.fine("quarantine", "list", "--json").json == []
    assert drifting.program.fine("drift", "list").lines == ["nothing but what was accepted; --all shows it"]
    assert "accepted" in drifting.program.fine("drift", "list", "--all").out
    assert "nothing of connection 'shop' is to be accepted" in drifting.program.refused("drift", "accept", "shop")


def test_what_is_accepted_brings_the_new_objects_around_it_along(drifting: Liar) -> None:
    drifting.configure(IMPORTS.format(policy='drift = "quarantine"') + LINE)
    change(drifting, meta="_vat_number", gift={"wrap": {"colour": "red"}, "note": "x"})
    assert drifting("import", "--full", "--json").json[0]["failed"] == 50
    assert (
        drifting.program.fine("drift", "accept", "shop", "gift.wrap.colour").lines[0] == "shop: 1 difference accepted"
    )
    waiting = drifting.program.fine("drift", "list", "shop", "--json").json
    assert [one["told"] for one in waiting] == ["new path gift.note (string)"]
    assert drifting("quarantine", "retry", "--all").code == 1
    [error] = {one["error"] for one in drifting.program.fine("quarantine", "list", "--json").json}
    assert error.startswith("payloads have drifted: new path gift.note (string). ")
    assert drifting.program.fine("drift", "accept", "shop").lines[0] == "shop: 1 difference accepted"
    assert drifting("quarantine", "retry", "--all").code == 0


def test_with_fail_an_import_stops_until_the_new_look_is_accepted(drifting: Liar) -> None:
    drifting.configure(IMPORTS.format(policy='drift = "fail"') + LINE)
    change(drifting, meta="_vat_number", gift="yes")
    result = drifting("import", "--full")
    assert (result.code, drifting.outcome()) == (3, "failed")
    assert "error: stopped, because payloads have drifted: new path gift (string)" in result.out
    assert (
        drifting.program.fine("drift", "accept", "shop").lines[1]
        == "the import that was stopped: crossdock import shop"
    )
    assert drifting.program.fine("import", "--full", "--json").json[0]["updated"] == 50


def _line_number(liar: Liar) -> int:
    text = (liar.program.folder / "plugins.toml").read_text("utf-8")
    return text[: text.index(LINE)].count("\n") + 1


def _pasted(lines: list[str]) -> str:
    """What stands below the title of the table to paste into."""
    start = lines.index("    [connection.import.order.mapping]")
    return "".join(f"{line.strip()}\n" for line in lines[start + 1 :] if line.startswith("    "))
