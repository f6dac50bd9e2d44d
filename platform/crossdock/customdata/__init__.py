"""Custom data: typed entries for remote data that has no field, each owned by the connection that wrote it."""

from crossdock.customdata.entry import (
    BoolEntry,
    CustomDataEntry,
    DecimalEntry,
    IntegerEntry,
    JsonEntry,
    StringEntry,
    entry_of,
)
from crossdock.customdata.key import dictionary_key, escape_key, split_dictionary_key
from crossdock.customdata.replacing import replace_own
from crossdock.customdata.stash import StashPlace, read_stash_key, stash_key

__all__ = [
    "BoolEntry",
    "CustomDataEntry",
    "DecimalEntry",
    "IntegerEntry",
    "JsonEntry",
    "StashPlace",
    "StringEntry",
    "dictionary_key",
    "entry_of",
    "escape_key",
    "read_stash_key",
    "replace_own",
    "split_dictionary_key",
    "stash_key",
]
