"""What was rendered is kept, within a budget, and never given for anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from crossdock.api import renderings
from crossdock.api.renderings import Renderings
from crossdock.records import pack_record
from crossdock.records.rendering import render_record


@given(st.lists(st.integers(0, 9)), st.integers(0, 200))
def test_whatever_was_asked_before_a_record_is_itself(asked: list[int], budget: int) -> None:
    kept = Renderings(budget)
    for number in asked:
        document = pack_record({"customerNote": "x" * number}).decode()
        assert kept.of(document) == render_record(document)
        assert kept._size == sum(len(one) + len(wire) for one, wire in kept._kept.items()) <= budget


def test_the_same_state_is_rendered_once_as_long_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def render(document: str) -> bytes:
        made.append(document)
        return document.encode()

    monkeypatch.setattr(renderings, "render_record", render)
    kept = Renderings(budget=4)
    for document in ("a", "b", "a", "b", "c", "b", "a", "too long"):
        kept.of(document)
    assert made == ["a", "b", "c", "a", "too long"]
