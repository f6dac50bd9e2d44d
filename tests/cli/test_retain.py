"""``crossdock retain``: what ``[retention]`` no longer wants kept, shown and let go."""

from __future__ import annotations

from .program import SHOP, SHOP_ID, Program


def retention(shop: Program, text: str) -> None:
    """Configure how long things are kept."""
    (shop.folder / "plugins.toml").write_text(f"[retention]\n{text}\n{SHOP}", "utf-8")


def kept(shop: Program) -> int:
    """Count the payloads that are kept."""
    with shop.store() as store:
        return store.count_payloads(SHOP_ID, "order").kept


def test_without_a_setting_everything_is_kept(shop: Program) -> None:
    lines = shop.fine("retain").lines
    assert lines[0].split() == ["what", "kept", "for", "gone"]
    assert [line.split() for line in lines[1:5]] == [
        [one, "forever"] for one in ("payloads", "history", "runs", "events")
    ]
    assert lines[5].startswith("everything is kept")
    assert kept(shop) == 250


def test_it_shows_what_would_go_and_then_lets_it_go(shop: Program) -> None:
    with shop.store() as store:
        count = sum(store.count_payloads(SHOP_ID, one).kept for one in ("order", "customer"))
    retention(shop, 'payloads = "0s"\nruns = "90d"')
    shown = shop.fine("retain", "--dry-run").lines
    assert shown[0].split() == ["what", "kept", "for", "would", "go"]
    assert shown[1].split() == ["payloads", "0s", str(count)]
    assert kept(shop) == 250
    done = shop.fine("retain", "--json").json
    assert done["payloads"] == {"keptFor": "0s", "count": count}
    assert done["runs"] == {"keptFor": "90d", "count": 0}
    assert done["events"] == {"keptFor": "forever", "count": None}
    assert kept(shop) == 0
    assert shop.fine("retain", "--dry-run").lines[1].split() == ["payloads", "0s", "0"]


def test_an_import_does_it_by_itself_and_a_dry_run_does_not(shop: Program) -> None:
    retention(shop, 'payloads = "0s"')
    shop.fine("import", "--dry-run")
    assert kept(shop) == 250
    shop.fine("import")
    assert kept(shop) == 0


def test_an_age_that_is_none_is_refused(shop: Program) -> None:
    retention(shop, 'history = "some months"')
    assert """'some months' is neither "forever" nor a duration such as "90d\"""" in shop.refused("retain")
