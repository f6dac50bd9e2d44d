-- Remote records that are kept out since a person's data in them were erased, by the SHA-256 of their ids.
CREATE TABLE erasures (
    connection_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    erased TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (connection_id, record_type, digest)
);
