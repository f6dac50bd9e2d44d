"""Copies of a whole store: backups, and the same store in another database."""
