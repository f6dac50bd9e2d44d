"""The official JMESPath compliance cases, evaluated with exact decimals."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from crossdock.expressions.expression import ExpressionError, Json, compile_expression
from crossdock.expressions.values import parse_json

FOLDER = Path(__file__).parents[3] / "shared" / "jmespath-compliance"


def cases() -> Iterator[tuple[str, Json, dict[str, Json]]]:
    for file in sorted(FOLDER.glob("*.json")):
        for suite in cast("list[dict[str, Json]]", parse_json(file.read_text(encoding="utf-8"))):
            for case in cast("list[dict[str, Json]]", suite["cases"]):
                yield file.stem, suite["given"], case


def problem(given: Json, case: dict[str, Json]) -> str | None:
    """What is wrong with our answer to a case; None if nothing is."""
    try:
        answer = compile_expression(str(case["expression"])).search(given)
    except ExpressionError as error:
        return None if "error" in case else f"{case['expression']} raised {error}"
    if "error" in case:
        return f"{case['expression']} should be refused ({case['error']}), gave {answer}"
    if "result" in case and answer != case["result"]:
        return f"{case['expression']} should give {case['result']}, gave {answer}"
    return None


def test_every_compliance_case_gives_the_official_answer() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"the compliance cases are not at {FOLDER}")
    every = list(cases())
    problems = [f"{name}: {wrong}" for name, given, case in every if (wrong := problem(given, case))]
    assert len(every) > 850
    assert problems == []
