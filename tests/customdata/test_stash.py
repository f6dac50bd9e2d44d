"""Stash keys: different leaves never get the same key, and each key leads back to its place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from crossdock.customdata import StashPlace, read_stash_key, stash_key
from crossdock.customdata.entry import ENTRY

RESERVED = ("meta", "extra")
# Names that look like the syntax, or nearly.
TRICKY = st.text(st.sampled_from("am.[]0#1%|2E\x00é\n "), max_size=5)
NAMES = st.one_of(
    TRICKY, st.text(max_size=4), st.sampled_from(["meta", "extra", "meta.a", "%6Deta", "#2", "a#2", "a[0]", "", "."])
)
STEPS = st.one_of(NAMES, st.integers(0, 12))
PATHS = st.tuples(NAMES, st.lists(STEPS, max_size=3)).map(lambda parts: (parts[0], *parts[1]))
LEAF_PLACES = PATHS.map(StashPlace)
ENTRY_PLACES = st.builds(
    StashPlace,
    st.one_of(st.just(()), PATHS),
    st.sampled_from(RESERVED),
    NAMES,
    st.integers(1, 12),
)
PLACES = st.one_of(LEAF_PLACES, ENTRY_PLACES)


@given(PLACES)
def test_a_key_leads_back_to_its_place(place: StashPlace) -> None:
    assert read_stash_key(stash_key(place, RESERVED), RESERVED) == place


@given(PLACES, PLACES)
def test_different_places_have_different_keys(one: StashPlace, other: StashPlace) -> None:
    assert (stash_key(one, RESERVED) == stash_key(other, RESERVED)) == (one == other)


@given(PLACES)
def test_a_key_may_stand_in_an_entry(place: StashPlace) -> None:
    ENTRY.validate_python({"moduleId": "x-a", "key": stash_key(place, RESERVED), "type": "bool", "value": True})


JSON = st.recursive(
    st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12
)


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every node of a payload below the root: a mapping decides which of them is stashed."""
    inside: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        inside = iter(value.items())
    elif isinstance(value, list):
        inside = iter(enumerate(value))
    for step, inner in inside:
        yield (*path, step)
        yield from leaves(inner, (*path, step))


@given(st.dictionaries(NAMES, JSON, max_size=4))
def test_all_places_of_any_payload_have_keys_of_their_own(payload: dict[str, object]) -> None:
    places = [StashPlace(path) for path in leaves(payload)]
    keys = [stash_key(place, RESERVED) for place in places]
    assert len(set(keys)) == len(places)
    assert [read_stash_key(key, RESERVED) for key in keys] == places


@given(st.lists(NAMES, max_size=6))
def test_all_entries_of_any_key_value_list_have_keys_of_their_own(names: list[str]) -> None:
    places = [StashPlace((), "meta", name, names[: index + 1].count(name)) for index, name in enumerate(names)]
    assert len({stash_key(place) for place in places}) == len(names)


@pytest.mark.parametrize(
    ("place", "key"),
    [
        (StashPlace(("billing", "phone")), "billing.phone"),
        (StashPlace(("taxes", 0, "id")), "taxes[0].id"),
        (StashPlace(("a", 0, 1)), "a[0][1]"),
        (StashPlace(("a.b",)), "a%2Eb"),
        (StashPlace(("a[0]",)), "a%5B0]"),
        (StashPlace(("50%|",)), "50%25%7C"),
        (StashPlace(("meta",)), "%6Deta"),  # a field that is called like the key/value list
        (StashPlace((), "meta", "_vat.number"), "meta._vat.number"),  # dots stay as the shop knows them
        (StashPlace((), "meta", "_vat", 2), "meta._vat#2"),
        (StashPlace((), "meta", "_vat#2"), "meta._vat%232"),
        (StashPlace((), "meta", "a|b%"), "meta.a%7Cb%25"),
        (StashPlace(("shipping", 0), "meta", "k"), "shipping[0].meta.k"),
    ],
)
def test_keys_look_like_the_paths_people_know(place: StashPlace, key: str) -> None:
    assert stash_key(place) == key
    assert read_stash_key(key) == place
