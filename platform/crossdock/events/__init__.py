"""Events out: what happened is sent to who asked for it, signed, at least once, in order per record."""

from crossdock.events.sender import Sender
from crossdock.events.tally import Tally

__all__ = ["Sender", "Tally"]
