"""Who owns what, and how it gets into other hands."""
