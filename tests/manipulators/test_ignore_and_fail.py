"""``ignore`` and ``fail`` end the way of a record, with the configured reason."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from crossdock.plugins.manipulator import Fail, Ignore

from .bench import after, refusal, run


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_any_record_can_be_ignored_or_failed(record_type: str) -> None:
    assert after("ignore", 'reason = "r"', {}, record_type=record_type) == Ignore("r", "new")
    assert after("ignore", 'reason = "r"\napplies_to = "all"', {}, record_type=record_type) == Ignore("r", "all")
    assert after("fail", 'reason = "r"', {}, record_type=record_type) == Fail("r")


def test_a_failure_may_say_which_field_it_is_about() -> None:
    toml = 'reason = "no country"\nfield = "shippingAddress.countryCode"'
    assert after("fail", toml, {}) == Fail("no country", "shippingAddress.countryCode")
    assert refusal("fail", toml.replace("Code", "Cod")).setting == "field"


@pytest.mark.parametrize("name", ["ignore", "fail"])
def test_a_reason_is_required(name: str) -> None:
    with pytest.raises(ValidationError):
        run(name, "", {})
    with pytest.raises(ValidationError):
        run(name, 'reason = ""', {})
