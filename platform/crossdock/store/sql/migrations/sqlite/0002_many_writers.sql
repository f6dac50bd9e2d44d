-- Many writers: outside programs with tokens, searches, links and flows between records, events out and webhooks in.

ALTER TABLE records ADD COLUMN status TEXT;
ALTER TABLE records ADD COLUMN payment_status TEXT;
ALTER TABLE records ADD COLUMN shipping_status TEXT;
-- The statuses of what is there already: fields of the document, whose names begin with the record type for the first.
UPDATE records SET
    status = json_extract(document, '$.' || record_type || 'Status'),
    payment_status = json_extract(document, '$.paymentStatus'),
    shipping_status = json_extract(document, '$.shippingStatus');
CREATE INDEX records_by_time ON records (record_type, last_modified);
-- Readers of changes go along the sequence, and look at statuses without reading documents.
CREATE INDEX records_by_sequence ON records (record_type, sequence, status, payment_status, shipping_status);

-- Records that are gone, for readers of changes; the sequence is that of records.
CREATE TABLE deletions (
    sequence INTEGER PRIMARY KEY,
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    deleted TEXT NOT NULL,
    remote_id_map TEXT NOT NULL
);
CREATE UNIQUE INDEX deletions_by_local_id ON deletions (local_id, record_type);

-- Which records carry an entry with this key and value: digest = of dictionary key, type and value.
CREATE TABLE entry_index (
    digest BLOB NOT NULL,
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    PRIMARY KEY (digest, record_type, local_id)
);
CREATE INDEX entry_index_by_record ON entry_index (record_type, local_id);

-- What was declared searchable when the index was built; no row: it was not built yet.
CREATE TABLE searchable (declared TEXT NOT NULL);

-- A record's links to others, by localId or by remote id (connection_id, remote_id): then target_id is NULL as long as
-- the other is not there.
CREATE TABLE links (
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    target_type TEXT NOT NULL,
    target_id TEXT,
    connection_id TEXT,
    remote_id TEXT,
    PRIMARY KEY (record_type, local_id, position)
);
CREATE INDEX links_by_target ON links (target_type, target_id) WHERE target_id IS NOT NULL;
CREATE INDEX links_waiting ON links (connection_id, target_type, remote_id) WHERE target_id IS NULL;

-- Entries that a flow brought to a record: place = '' (the record itself), where they came from, and what was brought:
-- whoever has changed an entry since, or deleted it, has made it the record's own. refused = what limit keeps the
-- source's present entry out; entry is NULL if none was ever brought.
CREATE TABLE flowed (
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    place TEXT NOT NULL,
    entry_key TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source_id TEXT NOT NULL,
    entry TEXT,
    refused TEXT,
    PRIMARY KEY (record_type, local_id, place, entry_key)
);

-- Links over which a flow of mode copy has gone: it goes once.
CREATE TABLE copied (
    source_type TEXT NOT NULL,
    source_id TEXT NOT NULL,
    target_type TEXT NOT NULL,
    target_id TEXT NOT NULL,
    PRIMARY KEY (source_type, source_id, target_type, target_id)
);

-- Tokens of outside programs: shown once, kept as a hash.
CREATE TABLE tokens (
    token_id TEXT PRIMARY KEY,
    connection_id TEXT NOT NULL,
    role TEXT NOT NULL,
    hash BLOB NOT NULL,
    created TEXT NOT NULL,
    revoked TEXT
);

-- Answers to requests with an Idempotency-Key, given again to whoever repeats one.
CREATE TABLE answers (
    token_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request BLOB NOT NULL,
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    document BLOB NOT NULL,
    answered TEXT NOT NULL,
    PRIMARY KEY (token_id, idempotency_key)
);
CREATE INDEX answers_by_time ON answers (answered);

-- Events on their way to subscribers, in order per subscription and record; failed: given up, for the operator.
CREATE TABLE outbox (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    subscription TEXT NOT NULL,
    kind TEXT NOT NULL,
    record_type TEXT NOT NULL,
    local_id TEXT NOT NULL,
    occurred TEXT NOT NULL,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    due TEXT NOT NULL,
    claimed TEXT,
    failed TEXT,
    error TEXT
);
CREATE INDEX outbox_by_record ON outbox (subscription, record_type, local_id, event_id);
CREATE INDEX outbox_by_due ON outbox (subscription, due) WHERE failed IS NULL;

-- Webhooks that came in: each delivery once; payload is gone when it has been processed.
CREATE TABLE deliveries (
    connection_id TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    remote_id TEXT,
    modified TEXT,
    received TEXT NOT NULL,
    processed TEXT,
    error TEXT,
    payload BLOB,
    PRIMARY KEY (connection_id, delivery_id)
);
CREATE INDEX deliveries_waiting ON deliveries (received) WHERE processed IS NULL;

-- What outside programs tell the operator about their own systems.
CREATE TABLE log_events (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id TEXT NOT NULL,
    occurred TEXT NOT NULL,
    received TEXT NOT NULL,
    severity TEXT NOT NULL,
    record_type TEXT,
    direction TEXT,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    related TEXT NOT NULL
);
CREATE INDEX log_events_by_time ON log_events (received);
