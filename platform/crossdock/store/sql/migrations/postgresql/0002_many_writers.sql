-- Many writers: outside programs with tokens, searches, links and flows between records, events out and webhooks in.

ALTER TABLE records ADD COLUMN status TEXT COLLATE "C";
ALTER TABLE records ADD COLUMN payment_status TEXT COLLATE "C";
ALTER TABLE records ADD COLUMN shipping_status TEXT COLLATE "C";
CREATE INDEX records_by_time ON records (record_type, last_modified);
-- Readers of changes go along the sequence, and look at statuses without reading documents.
CREATE INDEX records_by_sequence ON records (record_type, sequence, status, payment_status, shipping_status);

-- Records that are gone, for readers of changes; the sequence is that of records.
CREATE TABLE deletions (
    sequence BIGINT PRIMARY KEY,
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    deleted TEXT COLLATE "C" NOT NULL,
    remote_id_map TEXT NOT NULL
);
CREATE UNIQUE INDEX deletions_by_local_id ON deletions (local_id, record_type);

-- Which records carry an entry with this key and value: digest = of dictionary key, type and value.
CREATE TABLE entry_index (
    digest BYTEA NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (digest, record_type, local_id)
);
CREATE INDEX entry_index_by_record ON entry_index (record_type, local_id);

-- What was declared searchable when the index was built; no row: it was not built yet.
CREATE TABLE searchable (declared TEXT NOT NULL);

-- A record's links to others, by localId or by remote id (connection_id, remote_id): then target_id is NULL as long as
-- the other is not there.
CREATE TABLE links (
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    position INTEGER NOT NULL,
    target_type TEXT COLLATE "C" NOT NULL,
    target_id TEXT COLLATE "C",
    connection_id TEXT COLLATE "C",
    remote_id TEXT COLLATE "C",
    PRIMARY KEY (record_type, local_id, position)
);
CREATE INDEX links_by_target ON links (target_type, target_id) WHERE target_id IS NOT NULL;
CREATE INDEX links_waiting ON links (connection_id, target_type, remote_id) WHERE target_id IS NULL;

-- Entries that a flow brought to a record: place = '' (the record itself), where they came from, and what was brought:
-- whoever has changed an entry since, or deleted it, has made it the record's own. refused = what limit keeps the
-- source's present entry out; entry is NULL if none was ever brought.
CREATE TABLE flowed (
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    entry_key TEXT COLLATE "C" NOT NULL,
    source_type TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    entry TEXT,
    refused TEXT,
    PRIMARY KEY (record_type, local_id, place, entry_key)
);

-- Links over which a flow of mode copy has gone: it goes once.
CREATE TABLE copied (
    source_type TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    target_type TEXT COLLATE "C" NOT NULL,
    target_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (source_type, source_id, target_type, target_id)
);

-- Tokens of outside programs: shown once, kept as a hash.
CREATE TABLE tokens (
    token_id TEXT COLLATE "C" PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    created TEXT COLLATE "C" NOT NULL,
    revoked TEXT COLLATE "C"
);

-- Answers to requests with an Idempotency-Key, given again to whoever repeats one.
CREATE TABLE answers (
    token_id TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    request BYTEA NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    document BYTEA NOT NULL,
    answered TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (token_id, idempotency_key)
);
CREATE INDEX answers_by_time ON answers (answered);

-- Events on their way to subscribers, in order per subscription and record; failed: given up, for the operator.
CREATE TABLE outbox (
    event_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id TEXT COLLATE "C" NOT NULL UNIQUE,
    subscription TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    local_id TEXT COLLATE "C" NOT NULL,
    occurred TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    attempts INTEGER NOT NULL,
    due TEXT COLLATE "C" NOT NULL,
    claimed TEXT COLLATE "C",
    failed TEXT COLLATE "C",
    error TEXT
);
CREATE INDEX outbox_by_record ON outbox (subscription, record_type, local_id, event_id);
CREATE INDEX outbox_by_due ON outbox (subscription, due) WHERE failed IS NULL;

-- Webhooks that came in: each delivery once; payload is gone when it has been processed.
CREATE TABLE deliveries (
    connection_id TEXT COLLATE "C" NOT NULL,
    delivery_id TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C" NOT NULL,
    remote_id TEXT COLLATE "C",
    modified TEXT COLLATE "C",
    received TEXT COLLATE "C" NOT NULL,
    processed TEXT COLLATE "C",
    error TEXT,
    payload BYTEA,
    PRIMARY KEY (connection_id, delivery_id)
);
CREATE INDEX deliveries_waiting ON deliveries (received) WHERE processed IS NULL;

-- What outside programs tell the operator about their own systems.
CREATE TABLE log_events (
    event_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL,
    occurred TEXT COLLATE "C" NOT NULL,
    received TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    record_type TEXT COLLATE "C",
    direction TEXT COLLATE "C",
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    related TEXT NOT NULL
);
CREATE INDEX log_events_by_time ON log_events (received);
