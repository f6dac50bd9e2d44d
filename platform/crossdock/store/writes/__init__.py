"""Writes: the one door, the guard and the merge, and what follows from a write."""
