"""Flows: which rule decides about an entry, what the defaults are, and how a file changes them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from crossdock.config.flows import DEFAULT_FLOWS, EntryPattern, Flows
from tests.config.loading import load

DOCS = Path(__file__).parents[2] / "docs"
SHOP, ERP = "5377568eb7e165e3b38af6eece4a0001", "0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e"
BEGINNING = f"""
[[connection]]
id = "{SHOP}"
name = "demo"
connector = "shop"
settings.url = "sandbox:"
"""


def flows(folder: Path, text: str) -> Flows:
    return load(folder, BEGINNING + text).flows


def mode(rules: Flows, source: str, target: str, key: str = f"{SHOP}|x-crm|tier") -> str | None:
    chosen = rules.rule_for(source, target, key)
    return chosen and chosen.rule.mode


def test_without_a_line_the_defaults_hold(tmp_path: Path) -> None:
    assert flows(tmp_path, "") == DEFAULT_FLOWS
    assert mode(DEFAULT_FLOWS, "invite", "order") == mode(DEFAULT_FLOWS, "checkout", "order") == "copy"
    assert mode(DEFAULT_FLOWS, "order", "shipment") == "follow"
    assert mode(DEFAULT_FLOWS, "order", "refund") is None
    assert DEFAULT_FLOWS.copying == {("invite", "order"), ("checkout", "order")}
    assert DEFAULT_FLOWS.pairs == DEFAULT_FLOWS.copying | {("order", "shipment")}


def test_a_flow_replaces_the_default_for_its_two_record_types(tmp_path: Path) -> None:
    rules = flows(
        tmp_path,
        """
        [[flow]]
        from = "order"
        to = "shipment"
        mode = "off"
        [[flow]]
        from = "order"
        to = "refund"
        mode = "copy"
        on_conflict = "overwrite"
        """.replace("        ", ""),
    )
    assert mode(rules, "order", "shipment") is None
    assert mode(rules, "checkout", "order") == "copy"
    chosen = rules.rule_for("order", "refund", f"{SHOP}|x-crm|tier")
    assert chosen is not None
    assert chosen.rule.overwrites
    assert ("order", "shipment") not in rules.pairs


def test_the_first_flow_that_takes_an_entry_decides(tmp_path: Path) -> None:
    rules = flows(
        tmp_path,
        f"""
        [[flow]]
        from = "order"
        to = "shipment"
        mode = "off"
        entries = ["*|*|secret*"]
        [[flow]]
        from = "order"
        to = "shipment"
        mode = "copy"
        entries = ["demo|x-crm|*", "|*|*"]
        [[flow]]
        from = "order"
        to = "shipment"
        mode = "follow"
        entries = ["{ERP}|*|*"]
        """.replace("        ", ""),
    )
    assert mode(rules, "order", "shipment", f"{SHOP}|x-crm|secret.code") is None
    assert mode(rules, "order", "shipment", f"{SHOP}|x-crm|tier") == "copy"
    assert mode(rules, "order", "shipment", "|x-crm|tier") == "copy"
    assert mode(rules, "order", "shipment", f"{ERP}|x-crm|tier") == "follow"
    assert mode(rules, "order", "shipment", f"{SHOP}|x-erp|tier") is None


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        (f"{SHOP}|x-crm|tier", f"{SHOP}|x-crm|tier", True),
        (f"{SHOP}|x-crm|tier", f"{SHOP}|x-crm|tiers", False),
        ("*|x-crm|*", "|x-crm|tier", True),
        ("|x-crm|*", f"{SHOP}|x-crm|tier", False),
        ("*|*|meta.*_code", "|x-crm|meta.a_code_code", True),
        ("*|*|meta.*_code", "|x-crm|meta_code", False),
        ("*|*|a*a", "|x-crm|a", False),  # the beginning is not the end as well
        ("*|*|[ab]?", "|x-crm|a1", False),  # nothing but * stands for anything
        ("*|*|[ab]?", "|x-crm|[ab]?", True),
        ("*|*|**", "|x-crm|", True),
    ],
)
def test_an_asterisk_stands_for_anything_inside_one_part(pattern: str, key: str, fits: bool) -> None:
    assert EntryPattern(*pattern.split("|")).fits(key) is fits


@given(st.text("ab*", max_size=6), st.text("ab", max_size=8))
def test_patterns_mean_what_they_mean_in_a_shell(pattern: str, key: str) -> None:
    assert EntryPattern("*", "*", pattern).fits(f"|x-crm|{key}") is fnmatchcase(key, pattern)


def test_a_pattern_of_many_asterisks_is_decided_at_once() -> None:
    assert not EntryPattern("*", "*", "a*" * 2000 + "b").fits("|x-crm|" + "a" * 20_000)


def test_the_defaults_are_documented() -> None:
    said = (DOCS / "plugins-toml.md").read_text("utf-8").partition("## `[[flow]]`")[2]
    rows = re.findall(r"\| `(\w+)` \| `(\w+)` \| (\w+) \|", said)
    assert rows == [(rule.source, rule.target, rule.mode) for rule in DEFAULT_FLOWS.rules]
