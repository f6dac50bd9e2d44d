"""Moments in the database: a bound lets in what is not before it, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
from sqlalchemy import Column, MetaData, Table, Text, create_engine, insert, select

from crossdock.store.sql.moment import not_before, to_text

SECOND = datetime(2024, 3, 3, 12, tzinfo=UTC)
moments = st.sampled_from([0, 1, 500_000, 999_999, 1_000_000, 1_500_000]).map(
    lambda microseconds: SECOND + timedelta(microseconds=microseconds)
)
times = Table("times", MetaData(), Column("time", Text))


@given(st.lists(moments, unique=True), moments)
def test_it_compares_text_as_if_it_were_time(stored: list[datetime], bound: datetime) -> None:
    engine = create_engine("sqlite://")
    times.metadata.create_all(engine)
    with engine.begin() as connection:
        if stored:
            connection.execute(insert(times), [{"time": to_text(one)} for one in stored])
        found = connection.execute(select(times.c.time).where(not_before(times.c.time, bound))).scalars().all()
    engine.dispose()
    assert sorted(found) == sorted(to_text(one) for one in stored if one >= bound)
