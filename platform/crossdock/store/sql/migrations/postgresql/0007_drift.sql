-- What is known of the payloads of each connection and record type, and what came to differ from it.
CREATE TABLE known_payloads (
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    known TEXT NOT NULL,
    PRIMARY KEY (connection_id, record_type)
);
CREATE TABLE drift (
    drift_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    found TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL,
    held INTEGER NOT NULL,
    accepted TEXT COLLATE "C",
    finding TEXT NOT NULL,
    UNIQUE (connection_id, record_type, digest)
);
