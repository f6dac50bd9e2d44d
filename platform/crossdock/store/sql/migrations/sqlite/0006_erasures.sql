-- Remote records that are kept out since a person's data in them were erased, by the SHA-256 of their ids.
CREATE TABLE erasures (
    connection_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    digest TEXT NOT NULL,
    erased TEXT NOT NULL,
    PRIMARY KEY (connection_id, record_type, digest)
) WITHOUT ROWID;
