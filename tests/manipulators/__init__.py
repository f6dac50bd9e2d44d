"""Tests of the built-in manipulators, the chain and their documentation."""
