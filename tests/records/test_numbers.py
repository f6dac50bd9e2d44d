"""Numbers that no decimal can hold are no JSON here, wherever they come from."""

from __future__ import annotations

import msgspec
import pytest

from crossdock.records import parse_json
from crossdock.records.wire import parse_unmarked

BEYOND = ["1e99999999999999999999", "-1E-99999999999999999999", '[0.5,{"a":1e9999999999999999999}]']


@pytest.mark.parametrize("text", BEYOND)
def test_an_exponent_beyond_all_decimals_is_refused(text: str) -> None:
    for parse in (parse_json, parse_unmarked):
        with pytest.raises(msgspec.DecodeError, match="exponent"):
            parse(text.encode())
