"""Reading: records by what people type or search for, their history, and the feed of changes."""
