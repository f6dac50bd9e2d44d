"""``ignore`` and ``fail`` end the way of a record, with the configured reason."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from crossdock.plugins.manipulator import Fail, Ignore

from .bench import after, run


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_any_record_can_be_ignored_or_failed(record_type: str) -> None:
    assert after("ignore", 'reason = "r"', {}, record_type=record_type) == Ignore("r", "new")
    assert after("ignore", 'reason = "r"\napplies_to = "all"', {}, record_type=record_type) == Ignore("r", "all")
    assert after("fail", 'reason = "r"', {}, record_type=record_type) == Fail("r")


@pytest.mark.parametrize("name", ["ignore", "fail"])
def test_a_reason_is_required(name: str) -> None:
    with pytest.raises(ValidationError):
        run(name, "", {})
    with pytest.raises(ValidationError):
        run(name, 'reason = ""', {})
