"""Acme's connector keeps what every connector promises."""

from pathlib import Path

import pytest

from crossdock.testing import Promise, promises

PROMISES = promises("acme", [Path(__file__).parents[1] / "my_plugins"])


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_acme_keeps_its_promises(promise: Promise, tmp_path: Path) -> None:
    assert promise.breaches(tmp_path) == []
