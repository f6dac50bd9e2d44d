-- What is known of the payloads of each connection and record type, and what came to differ from it.
CREATE TABLE known_payloads (
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    known TEXT NOT NULL,
    PRIMARY KEY (connection_id, record_type)
);
CREATE TABLE drift (
    drift_id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    digest BLOB NOT NULL,
    found TEXT NOT NULL,
    run_id TEXT NOT NULL,
    held INTEGER NOT NULL,
    accepted TEXT,
    finding TEXT NOT NULL,
    UNIQUE (connection_id, record_type, digest)
);
