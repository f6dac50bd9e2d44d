"""docs/manipulators.md says what the specs say; the tutorial's plugin works as it stands there.

``UPDATE_DOCS=1 pytest tests/manipulators/test_docs.py`` writes the pages of the manipulators anew.
"""

from __future__ import annotations

import os
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossdock.config import load_config
from crossdock.config.manual import describe_manipulator, example_toml
from crossdock.expressions.expression import compile_expression
from crossdock.plugins import Example, Fail, Ignore, Plugins, Setup, load_plugins
from crossdock.plugins.example import read_example, run_example

from .bench import OWN, SPECS

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "manipulators.md"
TUTORIAL = (DOCS / "your-first-manipulator.md").read_text("utf-8")
MARK = "<!-- from here on generated: UPDATE_DOCS=1 pytest tests/manipulators/test_docs.py -->\n"
EXAMPLES = [(name, example) for name, spec in SPECS.items() for example in spec.examples]


def test_the_reference_is_what_the_specs_say() -> None:
    text = REFERENCE.read_text("utf-8")
    written, _, _ = text.partition(MARK)
    wanted = written + MARK + "".join(f"\n{describe_manipulator(spec)}\n" for spec in SPECS.values())
    if "UPDATE_DOCS" in os.environ:
        REFERENCE.write_text(text := wanted, "utf-8")
    assert text == wanted


@pytest.mark.parametrize("condition", re.findall(r'^\| `` "(.*?)" `` \|', REFERENCE.read_text("utf-8"), re.MULTILINE))
def test_every_condition_of_the_reference_can_be_compiled(condition: str) -> None:
    assert compile_expression(condition).text == condition


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}: {example.title}" for name, example in EXAMPLES])
def test_an_example_is_shown_as_the_toml_that_it_is(name: str, example: Example) -> None:
    shown = tomllib.loads(f"step = {example_toml(name, example)}", parse_float=Decimal)["step"]
    assert shown == {"use": name, **read_example(example)}


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (Ignore("why"), "is ignored: why."),
        (Fail("why"), "goes to quarantine: why."),
        ({"channel": "é"}, '{"channel": "é"}'),
    ],
)
def test_what_becomes_of_a_record_is_shown(after: object, line: str) -> None:
    spec = SPECS["field-set"]
    example = Example("a test", 'field = "channel"\nvalue = "é"', {}, after)  # type: ignore[arg-type]  # of three kinds
    page = describe_manipulator(type(spec)(spec.name, spec.title, spec.settings, spec.build, (example,)))
    assert line in page.splitlines()


@pytest.fixture
def tutorial(tmp_path: Path) -> Plugins:
    """The tutorial's plugin, loaded from a folder as the reader would have it."""
    source = re.search(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)
    assert source
    (tmp_path / "dialling_code.py").write_text(source[1], "utf-8")
    return load_plugins(paths=[tmp_path], installed=[]).require_sound()


def test_the_tutorials_plugin_does_what_its_examples_say(tutorial: Plugins) -> None:
    spec = tutorial.manipulators["dialling-code"]
    assert spec.examples
    for example in spec.examples:
        outcome = run_example(spec, example)
        assert (outcome.result, outcome.warnings) == (example.after, ())


def test_the_tutorials_plugin_warns_where_it_does_not_know(tutorial: Plugins) -> None:
    spec = tutorial.manipulators["dialling-code"]
    before = {"billingAddress": {"countryCode": "DE", "phone": "0123"}}
    outcome = run_example(spec, Example("unknown", 'codes = { SE = "+46" }', before, before))
    assert outcome.result == before
    assert outcome.warnings == ("dialling-code: no code for 'DE'; the number stays as it was",)


def test_the_tutorials_plugin_has_a_manual_page(tutorial: Plugins) -> None:
    page = describe_manipulator(tutorial.manipulators["dialling-code"])
    assert page.startswith("## dialling-code\n\nCompletes phone numbers")
    assert "| `codes` |" in page


def test_the_tutorials_configuration_uses_the_plugin(tmp_path: Path) -> None:
    python, toml = (re.search(rf"```{kind}\n(.*?)```", TUTORIAL, re.DOTALL) for kind in ("python", "toml"))
    assert python
    assert toml
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "dialling_code.py").write_text(python[1], "utf-8")
    (tmp_path / "plugins.toml").write_text(toml[1], "utf-8")
    [connection] = load_config(tmp_path / "plugins.toml", {}).connections
    assert [step.name for step in connection.imports["order"].manipulators] == ["dialling-code"]


def test_the_tutorials_second_piece_of_code_builds_on_fields_and_expressions() -> None:
    source = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)[1]
    scope: dict[str, Any] = {}
    exec(compile(source, "tutorial", "exec"), scope)
    setup = Setup("order", "import", OWN, "woocommerce", Path())
    step = scope["build"](SimpleNamespace(field="rows[].name", unless="channel == 'web'"), setup)
    assert step({"rows": [{"name": "a"}, {}]}, None) == {"rows": [{"name": "A"}, {}]}
    assert step({"rows": [{"name": "a"}], "channel": "web"}, None) == {"rows": [{"name": "a"}], "channel": "web"}


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_every_example_is_a_step_of_plugins_toml(tmp_path: Path, record_type: str) -> None:
    examples = [(name, example) for name, example in EXAMPLES if example.record_type == record_type]
    if record_type == "customer":  # none of the examples needs one; these work on any record
        examples = [(name, SPECS[name].examples[0]) for name in ("email-set", "address-switch", "fail")]
    steps = ",\n".join(example_toml(name, example) for name, example in examples)
    head, _, _ = re.findall(r"```toml\n(.*?)```", TUTORIAL, re.DOTALL)[0].partition("[connection.import.order]")
    head = head.replace('paths = ["./my_plugins"]', "")
    (tmp_path / "plugins.toml").write_text(f"{head}[connection.import.{record_type}]\nmanipulators = [\n{steps}\n]\n")
    [connection] = load_config(tmp_path / "plugins.toml", {}).connections
    assert [step.name for step in connection.imports[record_type].manipulators] == [name for name, _ in examples]
