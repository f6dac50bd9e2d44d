"""Values of the core are structs: a dataclass compiles its methods anew in every process, half a millisecond each."""

from __future__ import annotations

import subprocess
import sys

# The errors, which the help loads as well, and that quickly; a budget is a field of a pydantic model.
DATACLASSES = {"Exposition", "FailureBudget", "Offence", "Problem"}
SCRIPT = """
import sys, crossdock, crossdock.cli.observing, crossdock.pipeline.importing, crossdock.store.writes.followers
for name in [name for name in sys.modules if name.startswith("crossdock.")]:
    for found in vars(sys.modules[name]).values():
        if isinstance(found, type) and found.__module__ == name and "__dataclass_fields__" in vars(found):
            hides = not all(field.repr for field in found.__dataclass_fields__.values())
            keeps = found.__dictoffset__ != 0
            if not hides and not keeps and found.__name__ not in crossdock.__all__:
                print(found.__name__)
"""


def test_a_dataclass_of_the_core_hides_a_field_or_keeps_what_it_worked_out_or_is_made_by_plugins() -> None:
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) == DATACLASSES
