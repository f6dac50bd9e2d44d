-- What payloads are compressed with, per connection and record type; a payload names its dictionary in its own header.
-- Rows are never changed nor deleted: every payload stays readable.
CREATE TABLE dictionaries (
    dictionary_id BIGINT PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    content BYTEA NOT NULL
);
