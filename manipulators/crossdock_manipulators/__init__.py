"""Built-in manipulators."""
