"""Reports: of one run, and of a night."""
