"""The conformance kit: it proves that a connector keeps what every connector promises."""

from crossdock.testing.conformance.promise import Promise, promises

__all__ = ["Promise", "promises"]
