"""``custom-data-to-field`` reads an entry, of the connection's own or of another one, into a field."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.customdata import dictionary_key, entry_of

from .bench import OTHER, OWN, after, refusal, run

STASH = "connector.woocommerce"
TOML = 'key = "k"\nfield = "channel"\n'


def entries(*parts: tuple[str | None, str, Any]) -> dict[str, Any]:
    return {
        "customData": {
            dictionary_key(owner, module, "k"): entry_of(owner, module, "k", value) for owner, module, value in parts
        }
    }


@pytest.mark.parametrize(
    ("more", "found", "expected"),
    [
        ("", [(OWN, STASH, "own")], "own"),
        ("", [(OTHER, STASH, "other")], None),
        ("", [(OWN, "x-acme", "acme")], None),
        ('module = "x-acme"', [(OWN, "x-acme", "acme")], "acme"),
        ('connection = "none"', [(None, STASH, "unowned")], "unowned"),
        (f'connection = "{OTHER}"', [(OTHER, STASH, "other")], "other"),
        ('connection = "any"', [(OTHER, STASH, "other"), (None, STASH, "unowned"), (OWN, STASH, "own")], "own"),
        ('connection = "any"', [(OTHER, STASH, "other"), (None, STASH, "unowned")], "unowned"),
        ('connection = "any"', [("f" * 32, STASH, "f"), (OTHER, STASH, "other")], "other"),
        ("", [(OWN, STASH, 5)], "5"),
        ("", [(OWN, STASH, None)], None),
        ("", [], None),
    ],
)
def test_which_entry_is_read(more: str, found: Any, expected: str | None) -> None:
    outcome: Any = after("custom-data-to-field", TOML + more, entries(*found))
    assert outcome.get("channel") == expected
    assert outcome["customData"] == entries(*found)["customData"]


def test_a_row_reads_its_own_entries() -> None:
    before = {"rows": [{**entries((OWN, STASH, "a"))}, {}], **entries((OWN, STASH, "record"))}
    outcome: Any = after("custom-data-to-field", 'key = "k"\nfield = "rows[].unit"', before)
    assert [row.get("unit") for row in outcome["rows"]] == ["a", None]


@pytest.mark.parametrize(
    ("more", "found", "left"),
    [
        ("", [(OWN, STASH, "a")], [(OWN, STASH, "a")]),
        ("keep = false", [(OWN, STASH, "a")], []),
        ("keep = false", [(OWN, STASH, "a"), (OWN, "x-acme", "b")], [(OWN, "x-acme", "b")]),
        # what belongs to others is never taken away
        ('keep = false\nconnection = "any"', [(OTHER, STASH, "a")], [(OTHER, STASH, "a")]),
    ],
)
def test_an_entry_is_taken_away_only_on_request_and_if_it_is_ones_own(more: str, found: Any, left: Any) -> None:
    outcome: Any = after("custom-data-to-field", TOML + more, entries(*found))
    assert outcome["channel"] == "a"
    assert outcome.get("customData", {}) == entries(*left)["customData"]


def test_without_overwrite_nothing_is_moved_onto_a_value() -> None:
    before = {"channel": "web", **entries((OWN, STASH, "a"))}
    assert after("custom-data-to-field", TOML + "keep = false\noverwrite = false", before) == before


def test_a_value_that_does_not_fit_stays_in_its_entry_with_a_warning() -> None:
    before = entries((OWN, STASH, "Sweden"))
    outcome = run("custom-data-to-field", 'key = "k"\nfield = "billingAddress.countryCode"\nkeep = false', before)
    assert outcome.result == before
    assert "does not take 'Sweden'" in outcome.warnings[0]


@pytest.mark.parametrize(
    ("toml", "setting", "said"),
    [
        ('key = "k"\nfield = "chanel"', "field", "did you mean"),
        ('key = "a|b"\nfield = "channel"', "key", "%7C"),
        (TOML + 'module = "x|y"', "module", "%7C"),
        (TOML + 'connection = "demo-shop"', "connection", "32 hex digits"),
        ('key = "k"\nfield = "totals.totalInclVat"', "field", "use 'round'"),
    ],
)
def test_wrong_settings_are_named(toml: str, setting: str, said: str) -> None:
    error = refusal("custom-data-to-field", toml)
    assert error.setting == setting
    assert said in str(error)
