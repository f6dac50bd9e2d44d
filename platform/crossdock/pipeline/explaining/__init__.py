"""Explaining: where a value comes from, what an import would make of a payload, why it fails, and tests of that."""
