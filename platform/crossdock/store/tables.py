"""The tables, for building statements; the migrations are the truth and a test compares the two."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

from crossdock.store.column_text import AnyText

metadata = MetaData()

records = Table(
    "records",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("record_type", Text, nullable=False),
    Column("local_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("display_id", AnyText),
    Column("document", Text, nullable=False),
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
    Column("history_id", Integer, primary_key=True),
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
    Column("quarantine_id", Integer, primary_key=True),
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
    UniqueConstraint("connection_id", "record_type", "identity"),
    sqlite_autoincrement=True,
)

configurations = Table(
    "configurations",
    metadata,
    Column("config_hash", LargeBinary, primary_key=True),
    Column("remembered", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
)

sequence = Table("sequence", metadata, Column("value", Integer, nullable=False))
