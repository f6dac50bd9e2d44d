"""The snapshot of everything that decides what an import makes of a payload, and its hash.

Two runs with equal hashes make the same of the same payload, so that an unchanged payload need not be mapped again.
Nothing in it depends on the machine, and no connector setting (so no secret) is part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from crossdock.config.chain import Step
from crossdock.limits.rule import LimitRule
from crossdock.mapping.definition import Mapping
from crossdock.plugins import Plugins

MAPPING_VERSION = 1
"""Raised whenever Crossdock itself comes to make something else of the same payload and mapping."""


def take_snapshot(
    connector: str, mapping: Mapping, steps: Sequence[Step], plugins: Plugins, limits: Sequence[LimitRule] = ()
) -> str:
    """Write the configuration of one import as canonical JSON."""
    names = sorted({connector, *(step.name for step in steps)})
    content: dict[str, object] = {
        "version": MAPPING_VERSION,
        "recordType": mapping.record_type,
        "connector": connector,
        "plugins": {name: plugins.origin(name).version for name in names},
        "mapping": json.loads(mapping.text),
        "manipulators": [
            {
                "use": step.name,
                "when": step.condition.text if step.condition else None,
                "settings": step.written,
                "files": [_digest(file) for file in step.files],
            }
            for step in steps
        ],
    }
    if limits:
        content["limits"] = [[rule.connection_id, rule.module_id, rule.limits.given] for rule in limits]
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_typed)


def hash_of(snapshot: str) -> str:
    """Return the configuration's hash: SHA-256 of the snapshot, in hex."""
    return hashlib.sha256(snapshot.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _typed(value: object) -> object:
    """Keep apart what JSON would not: the number 1.10 and the text "1.10"."""
    return {type(value).__name__: str(value)}
