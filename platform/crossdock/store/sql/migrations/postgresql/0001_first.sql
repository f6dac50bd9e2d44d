-- The first store: records, what each connection made of them, runs, leases, cursors, quarantine, history.
-- What is compared or sorted is so by its bytes, as on SQLite, whatever the database's own collation is.

-- One row per record. The sequence is taken inside the write transaction, so it grows in the order of commits; as the
-- row's own key it costs no index, and a reader that polls walks the end of the table.
CREATE TABLE records (
    sequence BIGINT PRIMARY KEY,
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    created TEXT COLLATE "C" NOT NULL,
    last_modified TEXT COLLATE "C" NOT NULL,
    display_id TEXT COLLATE "C",
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX records_by_local_id ON records (record_type, local_id);
CREATE INDEX records_by_display_id ON records (record_type, display_id) WHERE display_id IS NOT NULL;

-- One row per remote record of a connection: the identity (what remoteIdMap says) and the last import.
-- outcome: stored, ignored, or linked (a connection wrote its own key, no import came yet).
-- produced: NULL = equal to the record's document as this import wrote it.
-- Remote ids come in any order, so rows lie in the order of arrival and only the index is written all over the place.
CREATE TABLE imports (
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    remote_id TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C",
    outcome TEXT COLLATE "C" NOT NULL,
    digest BYTEA,
    config_hash BYTEA,
    modified TEXT COLLATE "C",
    imported TEXT COLLATE "C",
    leaves INTEGER NOT NULL,
    mapped INTEGER NOT NULL,
    stashed INTEGER NOT NULL,
    empty INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    produced TEXT,
    payload BYTEA,
    PRIMARY KEY (connection_id, record_type, remote_id)
);

-- Payloads are compressed already; the server need not try.
ALTER TABLE imports ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE history (
    history_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    changed TEXT COLLATE "C" NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL,
    actor_name TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C",
    through TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C",
    path TEXT COLLATE "C" NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL
);
CREATE INDEX history_by_record ON history (record_type, local_id, history_id);

CREATE TABLE runs (
    run_id TEXT COLLATE "C" PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    config_hash BYTEA NOT NULL,
    host TEXT COLLATE "C" NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT COLLATE "C" NOT NULL,
    ended TEXT COLLATE "C",
    outcome TEXT COLLATE "C",
    report TEXT
);
CREATE INDEX runs_by_start ON runs (started);

-- One run per connection and record type: whoever has the row. It counts as dead without a heartbeat.
CREATE TABLE leases (
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C" NOT NULL UNIQUE,
    host TEXT COLLATE "C" NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT COLLATE "C" NOT NULL,
    heartbeat TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (connection_id, record_type)
);

CREATE TABLE cursors (
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    cursor TEXT COLLATE "C" NOT NULL,
    moved TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C",
    PRIMARY KEY (connection_id, record_type)
);

-- identity: what makes a repeat replace its entry: the remote id, or the payload's digest where none was found.
CREATE TABLE quarantine (
    quarantine_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    remote_id TEXT COLLATE "C",
    modified TEXT COLLATE "C",
    stage TEXT COLLATE "C" NOT NULL,
    error_class TEXT COLLATE "C" NOT NULL,
    error TEXT NOT NULL,
    pointer TEXT COLLATE "C",
    config_hash BYTEA NOT NULL,
    run_id TEXT COLLATE "C",
    first_failed TEXT COLLATE "C" NOT NULL,
    last_failed TEXT COLLATE "C" NOT NULL,
    failures INTEGER NOT NULL,
    payload BYTEA NOT NULL,
    UNIQUE (connection_id, record_type, identity)
);

CREATE TABLE configurations (
    config_hash BYTEA PRIMARY KEY,
    remembered TEXT COLLATE "C" NOT NULL,
    snapshot TEXT NOT NULL
);

-- The last sequence that was given out.
CREATE TABLE sequence (value BIGINT NOT NULL);
INSERT INTO sequence (value) VALUES (0);
