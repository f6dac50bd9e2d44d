"""Speaking to remote systems over HTTP: the session, and readers that neither miss nor repeat."""

from crossdock.remote.asking import fetch_page, fetch_record
from crossdock.remote.batch import Batch
from crossdock.remote.by_id import Stretch, read_by_id
from crossdock.remote.by_modification import NotByModificationError, Window, read_by_modification
from crossdock.remote.failure import RefusedError
from crossdock.remote.page import read_record, split_page
from crossdock.remote.session import Session
from crossdock.remote.stamp import read_stamp, shift, stamp
from crossdock.remote.traffic import Request, Traffic, TrafficListener

__all__ = [
    "Batch",
    "NotByModificationError",
    "RefusedError",
    "Request",
    "Session",
    "Stretch",
    "Traffic",
    "TrafficListener",
    "Window",
    "fetch_page",
    "fetch_record",
    "read_by_id",
    "read_by_modification",
    "read_record",
    "read_stamp",
    "shift",
    "split_page",
    "stamp",
]
