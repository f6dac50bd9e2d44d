"""Limits: what remote systems allow of custom data, as data, and what breaks it."""
