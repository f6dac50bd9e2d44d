"""What is done about payloads that look different from those before."""

from typing import Literal, TypeAlias

DriftPolicy: TypeAlias = Literal["accept", "warn", "quarantine", "fail"]
