-- The first store: records, what each connection made of them, runs, leases, cursors, quarantine, history.

-- One row per record. The sequence is taken inside the write transaction, so it grows in the order of commits; as the
-- row's own key it costs no index, and a reader that polls walks the end of the table.
CREATE TABLE records (
    sequence INTEGER PRIMARY KEY,
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    display_id TEXT,
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX records_by_local_id ON records (record_type, local_id);
CREATE INDEX records_by_display_id ON records (record_type, display_id) WHERE display_id IS NOT NULL;

-- One row per remote record of a connection: the identity (what remoteIdMap says) and the last import.
-- outcome: stored, ignored, or linked (a connection wrote its own key, no import came yet).
-- produced: NULL = equal to the record's document as this import wrote it.
-- Remote ids come in any order, so rows lie in the order of arrival and only the index is written all over the place.
CREATE TABLE imports (
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    local_id TEXT,
    outcome TEXT NOT NULL,
    digest BLOB,
    config_hash BLOB,
    modified TEXT,
    imported TEXT,
    leaves INTEGER NOT NULL,
    mapped INTEGER NOT NULL,
    stashed INTEGER NOT NULL,
    empty INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    produced TEXT,
    payload BLOB,
    PRIMARY KEY (connection_id, record_type, remote_id)
);

CREATE TABLE history (
    history_id INTEGER PRIMARY KEY AUTOINCREMENT,
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    changed TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    connection_id TEXT,
    through TEXT NOT NULL,
    run_id TEXT,
    path TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL
);
CREATE INDEX history_by_record ON history (record_type, local_id, history_id);

CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    direction TEXT NOT NULL,
    config_hash BLOB NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    outcome TEXT,
    report TEXT
);
CREATE INDEX runs_by_start ON runs (started);

-- One run per connection and record type: whoever has the row. It counts as dead without a heartbeat.
CREATE TABLE leases (
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    run_id TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    heartbeat TEXT NOT NULL,
    PRIMARY KEY (connection_id, record_type)
);

CREATE TABLE cursors (
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    cursor TEXT NOT NULL,
    moved TEXT NOT NULL,
    run_id TEXT,
    PRIMARY KEY (connection_id, record_type)
);

-- identity: what makes a repeat replace its entry: the remote id, or the payload's digest where none was found.
CREATE TABLE quarantine (
    quarantine_id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    identity TEXT NOT NULL,
    remote_id TEXT,
    modified TEXT,
    stage TEXT NOT NULL,
    error_class TEXT NOT NULL,
    error TEXT NOT NULL,
    pointer TEXT,
    config_hash BLOB NOT NULL,
    run_id TEXT,
    first_failed TEXT NOT NULL,
    last_failed TEXT NOT NULL,
    failures INTEGER NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (connection_id, record_type, identity)
);

CREATE TABLE configurations (
    config_hash BLOB PRIMARY KEY,
    remembered TEXT NOT NULL,
    snapshot TEXT NOT NULL
);

-- The last sequence that was given out.
CREATE TABLE sequence (value INTEGER NOT NULL);
INSERT INTO sequence (value) VALUES (0);
