-- A key of custom data may be longer than what an index of PostgreSQL takes: what flows brought is found by its record.
CREATE TABLE flowed_anew (
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    place TEXT NOT NULL,
    entry_key TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source_id TEXT NOT NULL,
    entry TEXT,
    refused TEXT
);
INSERT INTO flowed_anew SELECT record_type, local_id, place, entry_key, source_type, source_id, entry, refused FROM flowed;
DROP TABLE flowed;
ALTER TABLE flowed_anew RENAME TO flowed;
CREATE INDEX flowed_by_record ON flowed (record_type, local_id);
