-- Remote records that were marked because their remote system has them no longer, until an import sees them again.
CREATE TABLE absences (
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    remote_id TEXT COLLATE "C" NOT NULL,
    how TEXT COLLATE "C" NOT NULL,
    found TEXT COLLATE "C" NOT NULL,
    run_id TEXT COLLATE "C",
    PRIMARY KEY (connection_id, record_type, remote_id)
);
