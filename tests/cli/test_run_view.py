"""How a run's report names records."""

import pytest

from crossdock.cli.run_view import record_name


@pytest.mark.parametrize(
    ("remote_id", "reference", "name"),
    [
        ("7", "A-7", "A-7 (id 7)"),
        ("7", "7", "7"),
        ("7", None, "7"),
        (None, "A-7", "A-7"),
        (None, None, "(no id)"),
        ("x" * 1000, "A-7", f"A-7 (id {'x' * 60}…)"),
        ("x" * 1000, None, f"{'x' * 60}…"),
    ],
)
def test_a_record_is_named_as_people_call_it(remote_id: str | None, reference: str | None, name: str) -> None:
    assert record_name({"remoteId": remote_id, "reference": reference}) == name
