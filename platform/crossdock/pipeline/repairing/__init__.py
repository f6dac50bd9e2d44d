"""Repairing: audits of remote systems, replays of stored payloads, and what waits in quarantine."""
