-- What payloads are compressed with, per connection and record type; a payload names its dictionary in its own header.
-- Rows are never changed nor deleted: every payload stays readable.
CREATE TABLE dictionaries (
    dictionary_id INTEGER PRIMARY KEY,
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    content BLOB NOT NULL
);
