"""Every documented example of every built-in does what it says."""

from __future__ import annotations

import pytest

from crossdock.plugins.example import run_example
from crossdock.plugins.manipulator import Example

from .bench import SPECS

EXAMPLES = [(name, example) for name, spec in SPECS.items() for example in spec.examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}: {example.title}" for name, example in EXAMPLES])
def test_example(name: str, example: Example) -> None:
    assert run_example(SPECS[name], example).result == example.after


@pytest.mark.parametrize("name", SPECS)
def test_every_built_in_has_an_example_and_describes_every_setting(name: str) -> None:
    spec = SPECS[name]
    assert spec.examples
    assert all(info.description for info in spec.settings.model_fields.values())
