-- Remote records that were marked because their remote system has them no longer, until an import sees them again.
CREATE TABLE absences (
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    how TEXT NOT NULL,
    found TEXT NOT NULL,
    run_id TEXT,
    PRIMARY KEY (connection_id, record_type, remote_id)
);
