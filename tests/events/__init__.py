"""Events out: written with the change, sent to who asked for them."""
