"""Erasing a person: finding, taking out, and searching for what is left."""
