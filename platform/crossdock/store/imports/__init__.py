"""Imports as the store sees them: pages, payloads, runs with their leases, and what failed."""
