"""Limits: what remote systems allow of custom data, as data, and what breaks it."""

from crossdock.limits.error import LimitError, Refused
from crossdock.limits.excess import Excess
from crossdock.limits.limits import Limits
from crossdock.limits.preset import Preset, presets
from crossdock.limits.rule import LimitRule
from crossdock.limits.sieve import Item, broken, items_of, newly_broken, sift

__all__ = [
    "Excess",
    "Item",
    "LimitError",
    "LimitRule",
    "Limits",
    "Preset",
    "Refused",
    "broken",
    "items_of",
    "newly_broken",
    "presets",
    "sift",
]
