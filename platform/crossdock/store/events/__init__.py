"""Events that go out, deliveries that come in, and the journal of what went wrong."""
