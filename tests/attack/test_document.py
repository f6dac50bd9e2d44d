"""Whatever the OpenAPI document allows, and whatever it forbids, is answered as the document says."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crossdock.records import RECORD_TYPES
from tests.api.serving import Api

CHECKS: Any = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


def repeats(path: str) -> bool:
    """Whether an operation is that of orders once more, for another type of record: one implementation serves all."""
    record_type = path.split("/")[2] if path.startswith("/api/") else ""
    return record_type in RECORD_TYPES and record_type != "order"


def test_every_operation_answers_as_documented(attacked: Api) -> None:
    document = schemathesis.openapi.from_url(f"{attacked.url}/openapi.json")
    callers = cycle((attacked.erp.token, attacked.operator.token))
    failures: dict[str, str] = {}
    for found in document.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        @given(operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        @settings(max_examples=1 if repeats(operation.path) else 4, suppress_health_check=list(HealthCheck))
        def attack(case: Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {next(callers)}"})

        try:
            attack()
        except FailureGroup as group:
            failures[operation.label] = "\n".join(str(one) for one in group.exceptions)
    assert failures == {}
