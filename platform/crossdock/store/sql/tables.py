"""The tables, for building statements; the migrations are the truth and a test compares the two.

What is said for SQLite about rows that an index leaves out holds for PostgreSQL as well. It is not said twice, since to
name PostgreSQL here would load its dialect at every start.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

from crossdock.store.sql.column_text import AnyText

metadata = MetaData()
Counter = BigInteger().with_variant(Integer(), "sqlite")

records = Table(
    "records",
    metadata,
    Column("sequence", Counter, primary_key=True),
    Column("record_type", Text, nullable=False),
    Column("local_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("display_id", AnyText),
    Column("document", Text, nullable=False),
    Column("status", Text),
    Column("payment_status", Text),
    Column("shipping_status", Text),
)
Index("records_by_time", records.c.record_type, records.c.last_modified)
Index(
    "records_by_sequence",
    records.c.record_type,
    records.c.sequence,
    records.c.status,
    records.c.payment_status,
    records.c.shipping_status,
)
Index("records_by_local_id", records.c.record_type, records.c.local_id, unique=True)
Index(
    "records_by_display_id",
    records.c.record_type,
    records.c.display_id,
    sqlite_where=records.c.display_id.is_not(None),
)

imports = Table(
    "imports",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("remote_id", AnyText, primary_key=True),
    Column("local_id", Text),
    Column("outcome", Text, nullable=False),
    Column("digest", LargeBinary),
    Column("config_hash", LargeBinary),
    Column("modified", Text),
    Column("imported", Text),
    Column("leaves", Integer, nullable=False),
    Column("mapped", Integer, nullable=False),
    Column("stashed", Integer, nullable=False),
    Column("empty", Integer, nullable=False),
    Column("dropped", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("produced", Text),
    Column("payload", LargeBinary),
)

history = Table(
    "history",
    metadata,
    Column("history_id", Counter, primary_key=True),
    Column("record_type", Text, nullable=False),
    Column("local_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_name", AnyText, nullable=False),
    Column("connection_id", Text),
    Column("through", Text, nullable=False),
    Column("run_id", Text),
    Column("path", AnyText, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("history_by_record", history.c.record_type, history.c.local_id, history.c.history_id)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("connection_id", Text, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("config_hash", LargeBinary, nullable=False),
    Column("host", AnyText, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("ended", Text),
    Column("outcome", Text),
    Column("report", Text),
    Column("kind", Text, nullable=False),
)
Index("runs_by_start", runs.c.started)

leases = Table(
    "leases",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("run_id", Text, nullable=False, unique=True),
    Column("host", AnyText, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("heartbeat", Text, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("cursor", AnyText, nullable=False),
    Column("moved", Text, nullable=False),
    Column("run_id", Text),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", Counter, primary_key=True),
    Column("connection_id", Text, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("identity", AnyText, nullable=False),
    Column("remote_id", AnyText),
    Column("modified", Text),
    Column("stage", Text, nullable=False),
    Column("error_class", Text, nullable=False),
    Column("error", AnyText, nullable=False),
    Column("pointer", AnyText),
    Column("config_hash", LargeBinary, nullable=False),
    Column("run_id", Text),
    Column("first_failed", Text, nullable=False),
    Column("last_failed", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("digest", LargeBinary),
    UniqueConstraint("connection_id", "record_type", "identity"),
    sqlite_autoincrement=True,
)

absences = Table(
    "absences",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("remote_id", AnyText, primary_key=True),
    Column("how", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("run_id", Text),
)

configurations = Table(
    "configurations",
    metadata,
    Column("config_hash", LargeBinary, primary_key=True),
    Column("remembered", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("sources", LargeBinary),
)

erasures = Table(
    "erasures",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("erased", Text, nullable=False),
)

dictionaries = Table(
    "dictionaries",
    metadata,
    Column("dictionary_id", Counter, primary_key=True, autoincrement=False),
    Column("connection_id", Text, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

sequence = Table("sequence", metadata, Column("value", Counter, nullable=False))

deletions = Table(
    "deletions",
    metadata,
    Column("sequence", Counter, primary_key=True),
    Column("record_type", Text, nullable=False),
    Column("local_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("deleted", Text, nullable=False),
    Column("remote_id_map", Text, nullable=False),
)
Index("deletions_by_local_id", deletions.c.local_id, deletions.c.record_type, unique=True)

entry_index = Table(
    "entry_index",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("local_id", Text, primary_key=True),
)
Index("entry_index_by_record", entry_index.c.record_type, entry_index.c.local_id)

searchable = Table("searchable", metadata, Column("declared", Text, nullable=False))

links = Table(
    "links",
    metadata,
    Column("record_type", Text, primary_key=True),
    Column("local_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("target_type", Text, nullable=False),
    Column("target_id", Text),
    Column("connection_id", Text),
    Column("remote_id", AnyText),
)
Index(
    "links_by_target",
    links.c.target_type,
    links.c.target_id,
    sqlite_where=links.c.target_id.is_not(None),
)
Index(
    "links_waiting",
    links.c.connection_id,
    links.c.target_type,
    links.c.remote_id,
    sqlite_where=links.c.target_id.is_(None),
)

flowed = Table(
    "flowed",
    metadata,
    Column("record_type", Text, nullable=False),
    Column("local_id", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("entry_key", AnyText, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("entry", Text),
    Column("refused", AnyText),
)
Index("flowed_by_record", flowed.c.record_type, flowed.c.local_id)

copied = Table(
    "copied",
    metadata,
    Column("source_type", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("target_type", Text, primary_key=True),
    Column("target_id", Text, primary_key=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("connection_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created", Text, nullable=False),
    Column("revoked", Text),
)

answers = Table(
    "answers",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("idempotency_key", AnyText, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("local_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("answered", Text, nullable=False),
)
Index("answers_by_time", answers.c.answered)

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", Counter, primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("subscription", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("local_id", Text, nullable=False),
    Column("occurred", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Text, nullable=False),
    Column("claimed", Text),
    Column("failed", Text),
    Column("error", AnyText),
    sqlite_autoincrement=True,
)
Index("outbox_by_record", outbox.c.subscription, outbox.c.record_type, outbox.c.local_id, outbox.c.event_id)
Index(
    "outbox_by_due",
    outbox.c.subscription,
    outbox.c.due,
    sqlite_where=outbox.c.failed.is_(None),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("delivery_id", AnyText, primary_key=True),
    Column("record_type", Text, nullable=False),
    Column("remote_id", AnyText),
    Column("modified", Text),
    Column("received", Text, nullable=False),
    Column("processed", Text),
    Column("error", AnyText),
    Column("payload", LargeBinary),
)
Index(
    "deliveries_waiting",
    deliveries.c.received,
    sqlite_where=deliveries.c.processed.is_(None),
)

log_events = Table(
    "log_events",
    metadata,
    Column("event_id", Counter, primary_key=True),
    Column("connection_id", Text, nullable=False),
    Column("occurred", Text, nullable=False),
    Column("received", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("record_type", Text),
    Column("direction", Text),
    Column("summary", AnyText, nullable=False),
    Column("body", Text, nullable=False),
    Column("related", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("log_events_by_time", log_events.c.received)

known_payloads = Table(
    "known_payloads",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("known", Text, nullable=False),
)

drift = Table(
    "drift",
    metadata,
    Column("drift_id", Counter, primary_key=True),
    Column("connection_id", Text, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("found", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("held", Integer, nullable=False),
    Column("accepted", Text),
    Column("finding", Text, nullable=False),
    UniqueConstraint("connection_id", "record_type", "digest"),
    sqlite_autoincrement=True,
)
