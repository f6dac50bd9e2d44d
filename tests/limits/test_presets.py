"""What known remote systems allow: the numbers, at their edges, as their documentation has them."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.limits.limits import Limits
from crossdock.limits.preset import presets
from crossdock.limits.rule import LimitRule
from crossdock.limits.sieve import broken
from tests.limits.entries import entry, many


def rules_broken(preset: str, entries: dict[str, dict[str, Any]]) -> list[tuple[str, int | None]]:
    return [(one.rule, one.by) for one in broken([LimitRule(preset, presets()[preset].limits)], entries)]


@pytest.mark.parametrize(
    ("preset", "entries", "broken_by"),
    [
        # Digital River: 20 keys of 40 characters, values of 500, string, boolean or integer
        ("digitalriver", many(20), []),
        ("digitalriver", many(21), [("max_entries", 1)]),
        ("digitalriver", entry("k" * 40, "v" * 500), []),
        ("digitalriver", entry("k" * 42), [("max_key", 2)]),
        ("digitalriver", entry("é" * 40, "é" * 500), []),  # characters, not bytes
        ("digitalriver", entry("k", "v" * 503), [("max_value", 3)]),
        ("digitalriver", entry("k", True, "bool") | entry("l", "12", "integer"), []),
        ("digitalriver", entry("k", "1.5", "decimal"), [("types", None)]),
        ("digitalriver", entry("k", {}, "json"), [("types", None)]),
        # Kibo: names of 1 to 100 characters, values of 1 to 1000, strings
        ("kibo", entry("n" * 100, "v" * 1000), []),
        ("kibo", entry("n" * 101, "v"), [("max_key", 1)]),
        ("kibo", entry("", "v"), [("min_key", 1)]),
        ("kibo", entry("n", ""), [("min_value", 1)]),
        ("kibo", entry("n", "v" * 1001), [("max_value", 1)]),
        ("kibo", entry("n", True, "bool"), [("types", None)]),
        # Zebo: strings, keys of 256 bytes, 25 KB of JSON
        ("zebo", entry("k" * 256, "v"), []),
        ("zebo", entry("é" * 129, "v"), [("max_key", 2)]),  # bytes, not characters
        ("zebo", entry("k", "v" * (25_600 - len('{"k":""}'))), []),
        ("zebo", entry("k", "v" * (25_601 - len('{"k":""}'))), [("max_total", 1)]),
        ("zebo", entry("k", '"' * 12_797), [("max_total", 2)]),  # each quote is two bytes in JSON
        ("zebo", entry("k", "5", "integer"), [("types", None)]),
        # Stripe: 50 keys of 40 characters without brackets, values of 500, strings
        ("stripe", many(50), []),
        ("stripe", many(52), [("max_entries", 2)]),
        ("stripe", entry("k" * 40, "v" * 500), []),
        ("stripe", entry("k" * 41, "v" * 501), [("max_key", 1), ("max_value", 1)]),
        ("stripe", entry("a[b]"), [("forbidden", None)]),
        ("stripe", entry("a", "[b]"), []),
        # Shopify: keys of 2 to 64 letters, digits, '_', '-', '.'; 64 KB, json 128 KB
        ("shopify", entry("k" * 64, "v" * 65_536), []),
        ("shopify", entry("k", "v"), [("min_key", 1)]),
        ("shopify", entry("k" * 65, "v"), [("max_key", 1)]),
        ("shopify", entry("size.cm-2_x", "v"), []),
        ("shopify", entry("size cm", "v"), [("allowed", None)]),
        ("shopify", entry("key", "v" * 65_537), [("max_value", 1)]),
        ("shopify", entry("key", ["v" * 131_068], "json"), []),
        ("shopify", entry("key", ["v" * 131_069], "json"), [("max_value", 1)]),
    ],
)
def test_the_edges_of_what_a_system_allows(
    preset: str, entries: dict[str, dict[str, Any]], broken_by: list[tuple[str, int | None]]
) -> None:
    assert rules_broken(preset, entries) == broken_by


def test_the_known_systems() -> None:
    assert list(presets()) == ["digitalriver", "kibo", "zebo", "stripe", "shopify"]


def test_a_kibo_name_cannot_change_and_at_least_one_pair_stands() -> None:
    assert presets()["kibo"].limits.fixed_name
    assert presets()["kibo"].limits.min_entries == 1


@pytest.mark.parametrize("name", list(presets()))
def test_each_preset_says_what_it_counts_and_where_that_is_from(name: str) -> None:
    preset = presets()[name]
    assert preset.source
    assert preset.title
    told = " ".join(preset.counts)
    assert "key" in told
    assert "nested" in told
    assert preset.limits.given


def test_limits_that_allow_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="min_key = 5 is more than max_key = 4"):
        Limits(min_key=5, max_key=4)
