"""What breaks limits: in an import, in a direct write, and of what stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.limits.limits import Limits
from crossdock.limits.rule import LimitRule
from crossdock.limits.sieve import broken, items_of, newly_broken, sift
from tests.limits.entries import ERP, SHOP, entry, many


def rule(connection_id: str | None = None, module_id: str | None = None, **limits: Any) -> LimitRule:
    return LimitRule("test", Limits(**limits), connection_id, module_id)


def names(found: list[Any]) -> list[tuple[str | None, str]]:
    return [(one.key, one.rule) for one in found]


class TestWhatIsCounted:
    def test_a_rule_for_a_connection_leaves_others_alone(self) -> None:
        entries = entry("k", "long", owner=SHOP) | entry("k", "long", owner=ERP)
        assert names(broken([rule(connection_id=ERP, max_value=1)], entries)) == [(f"{ERP}|x-erp|k", "max_value")]

    def test_a_rule_for_a_module_is_for_every_owner(self) -> None:
        entries = entry("k", "long", owner=SHOP) | entry("k", "long", owner=None) | entry("k", "long", module="x-b")
        assert len(broken([rule(module_id="x-erp", max_value=1)], entries)) == 2

    def test_entries_are_counted_for_each_owner(self) -> None:
        entries = many(2, owner=SHOP) | many(2, owner=ERP)
        assert broken([rule(max_entries=2)], entries) == []
        assert names(broken([rule(max_entries=1)], entries)) == [(None, "max_entries")] * 2

    def test_or_for_the_whole_record(self) -> None:
        entries = many(2, owner=SHOP) | many(2, owner=ERP)
        (found,) = broken([rule(max_entries=2, per="record")], entries)
        assert (found.by, found.said) == (2, "there are 4 entries of all owners, 2 more than the 2 allowed")

    def test_the_key_alone_or_the_whole_dictionary_key(self) -> None:
        assert broken([rule(max_key=1)], entry("k")) == []
        (found,) = broken([rule(max_key=1, key_counts="dictionaryKey")], entry("k"))
        assert found.by == len(f"{ERP}|x-erp|k") - 1

    def test_a_nested_value_is_one_entry_or_each_of_its_leaves(self) -> None:
        nested = entry("k", {"a": [1, 2], "b": {}, "c": None}, "json")
        assert broken([rule(max_entries=1)], nested) == []
        assert [one.by for one in broken([rule(max_entries=1, nested="each")], nested)] == [3]

    def test_a_value_is_measured_as_the_text_it_is_sent_as(self) -> None:
        limits = [rule(max_value=3)]
        for fits in (
            entry("k", True, "bool"),
            entry("k", "abc"),
            entry("k", "1.5", "decimal"),
            entry("k", 123, "integer"),
        ):
            assert [one.by for one in broken(limits, fits)] == ([1] if fits[f"{ERP}|x-erp|k"]["value"] is True else [])
        assert [one.by for one in broken(limits, entry("k", {"a": 1}, "json"))] == [len('{"a":1}') - 3]

    def test_a_message_says_which_limit_and_by_how_much(self) -> None:
        (found,) = broken([rule(max_value=1000)], entry("k", "v" * 1234))
        assert str(found) == (
            f"'{ERP}|x-erp|k': the value has 1,234 characters, 234 more than the 1,000 allowed "
            "(limit 'test', max_value)"
        )


class TestAnImport:
    def test_what_no_longer_fits_is_refused_and_the_rest_is_kept(self) -> None:
        found = sift([rule(max_entries=2)], items_of(many(4)))
        assert list(found) == [f"{ERP}|x-erp|k2", f"{ERP}|x-erp|k3"]

    def test_a_refused_entry_takes_no_room(self) -> None:
        entries = entry("much too long a key") | many(2)
        assert list(sift([rule(max_entries=2, max_key=5)], items_of(entries))) == [f"{ERP}|x-erp|much too long a key"]

    def test_a_small_entry_may_still_fit_after_a_large_one(self) -> None:
        entries = entry("a", "x" * 10) | entry("b", "x" * 90) | entry("c", "x" * 10)
        assert list(sift([rule(max_total=50)], items_of(entries))) == [f"{ERP}|x-erp|b"]

    @given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=20)), max_size=12))
    def test_what_is_kept_breaks_nothing(self, pairs: list[tuple[str, str]]) -> None:
        entries: dict[str, dict[str, Any]] = {}
        for key, value in pairs:
            entries |= entry(key.replace("|", ""), value)
        rules = [rule(max_entries=4, max_total=60, max_value=10), rule(min_key=1, per="record", max_entries=3)]
        found = sift(rules, items_of(entries))
        assert broken(rules, {name: one for name, one in entries.items() if name not in found}) == []
        assert bool(found) == bool(broken(rules, entries))


class TestADirectWrite:
    def test_an_entry_that_breaks_a_limit_already_and_stays_is_no_fault_of_the_writer(self) -> None:
        before = entry("k", "long")
        after = before | entry("l", "s")
        assert newly_broken([rule(max_value=1)], before, after) == []

    def test_a_changed_entry_must_fit_even_if_it_got_shorter(self) -> None:
        before, after = entry("k", "longer"), entry("k", "long")
        assert names(newly_broken([rule(max_value=1)], before, after)) == [(f"{ERP}|x-erp|k", "max_value")]

    def test_one_entry_more_than_allowed_is_laid_to_the_new_one(self) -> None:
        found = newly_broken([rule(max_entries=2)], many(2), many(3))
        assert names(found) == [(f"{ERP}|x-erp|k2", "max_entries")]

    def test_changing_an_entry_of_too_many_is_allowed(self) -> None:
        assert newly_broken([rule(max_entries=2)], many(3), many(3) | entry("k0", "new")) == []

    def test_what_together_grows_over_the_limit_is_laid_to_what_was_written(self) -> None:
        before = entry("a", "x" * 40) | entry("b", "x" * 40)
        after = entry("a", "x" * 60) | entry("b", "x" * 40)
        assert names(newly_broken([rule(max_total=100)], before, after)) == [(f"{ERP}|x-erp|a", "max_total")]
        assert newly_broken([rule(max_total=10)], after, before) == []

    def test_others_are_not_blamed_for_what_an_owner_had_too_much_of(self) -> None:
        before = many(3, owner=SHOP)
        assert newly_broken([rule(max_entries=2)], before, before | many(1)) == []

    def test_deleting_breaks_no_upper_limit(self) -> None:
        assert newly_broken([rule(max_entries=1)], many(3), many(2)) == []

    @pytest.mark.parametrize(
        ("before", "after", "lacking"),
        [
            (0, 0, []),  # whoever has none owes none
            (0, 1, [2]),
            (0, 3, []),
            (1, 1, []),  # as the limit found it
            (1, 2, []),  # better than before
            (2, 1, [2]),
            (3, 2, [1]),
            (3, 0, [3]),
        ],
    )
    def test_fewer_than_must_stand_together(self, before: int, after: int, lacking: list[int]) -> None:
        found = newly_broken([rule(min_entries=3)], many(before), many(after))
        assert [(one.rule, one.by) for one in found] == [("min_entries", by) for by in lacking]

    def test_the_store_is_asked_for_what_lacks_too(self) -> None:
        assert names(broken([rule(min_entries=3)], many(2))) == [(None, "min_entries")]
