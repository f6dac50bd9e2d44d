"""Payloads of a small shop, and what its mapping says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crossdock.drift.detector import Detector
from crossdock.drift.finding import Finding
from crossdock.drift.known import Known, decode
from crossdock.drift.policy import DriftPolicy
from crossdock.mapping.definition import Mapping as RecordMapping
from tests.pipeline.making import job_of


def mapping_of(added: str = "") -> RecordMapping:
    """The mapping of WooCommerce orders, with lines of a connection added."""
    return job_of(added).mapper.mapping


def order(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Make a parsed payload; ``meta`` is what its key/value list says."""
    plain = {"id": number, "number": str(number), "status": "processing", "total": "1.00"}
    return {**plain, "meta_data": entries(fields.pop("meta", {})), **fields}


def entries(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Make a key/value list."""
    return [{"id": at, "key": key, "value": value} for at, (key, value) in enumerate(values.items(), 1)]


def compared(
    known: Known,
    *payloads: dict[str, Any],
    policy: DriftPolicy = "warn",
    added: str = "",
    before: Sequence[Finding] = (),
) -> Detector:
    """Compare the payloads of one whole run; what is known is written and read again, as between two runs."""
    detector = Detector(mapping_of(added), known, policy, before)
    for payload in payloads:
        detector.compare(payload, str(payload.get("id")))
    detector.end(whole=True)
    return detector


def learned(*payloads: dict[str, Any], added: str = "") -> Known:
    """Learn from the payloads of a first run."""
    known = Known()
    assert not compared(known, *payloads, added=added).findings
    return decode(known.encode())


def told(detector: Detector) -> Sequence[str]:
    """What was found, in words."""
    return [finding.told for finding in detector.findings.values()]
