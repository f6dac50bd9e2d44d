"""The options of the HTTP client and the durations in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import TypeAdapter, ValidationError

from crossdock.config.duration import Duration, format_duration, parse_duration
from crossdock.config.remote import RemoteConfig


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400), ("500ms", 0.5), ("1h30m", 5400), ("1.5s", 1.5), ("0s", 0)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "-1s", "1y", "1s1", 30, None, True, "1e3s", "٣s٣"])
def test_anything_else_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match='such as "30s"'):
        parse_duration(text)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**12))
def test_a_written_duration_reads_back(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


def test_a_duration_serialises_as_people_write_it() -> None:
    adapter = TypeAdapter[timedelta](Duration)
    assert adapter.dump_json(timedelta(minutes=90)) == b'"1h30m"'
    assert adapter.json_schema()["type"] == "string"


def test_every_option_has_a_default_and_a_description() -> None:
    config = RemoteConfig()
    assert config.connect_timeout == timedelta(seconds=10)
    assert all(field.description for field in RemoteConfig.model_fields.values())


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("proxy", "http://user:pw@proxy.example:3128", "proxy_auth"),
        ("proxy", "proxy.example:3128", "such as http://proxy.example:3128"),
        ("ca_bundle", "no/such/file.pem", "no/such/file.pem"),
        ("rate_limit", 0, "greater than 0"),
        ("read_timeout", "0s", "above zero"),
        ("retries", -1, "greater than or equal to 0"),
        ("timeout", "1s", "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_a_hint(option: str, value: object, hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RemoteConfig.model_validate({option: value})
    assert hint in str(caught.value)


def test_a_certificate_file_is_accepted(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    assert RemoteConfig.model_validate({"ca_bundle": str(bundle)}).ca_bundle == bundle
