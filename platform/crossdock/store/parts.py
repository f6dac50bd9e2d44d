"""The parts of a store that are objects of their own, each with one matter.

Each is loaded when it is first asked for: most programs need few of them, and an import of orders hardly any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossdock.store.imports.drift import Drift

if TYPE_CHECKING:
    from crossdock.store.access.answers import Answers
    from crossdock.store.access.tokens import Tokens
    from crossdock.store.events.deliveries import Deliveries
    from crossdock.store.events.journal import Journal
    from crossdock.store.events.log_events import LogEvents
    from crossdock.store.events.outbox import Outbox
    from crossdock.store.flows.flow_preview import FlowPreview
    from crossdock.store.imports.holdings import Holdings
    from crossdock.store.imports.transfers import Transfers
    from crossdock.store.overview import Overview
    from crossdock.store.ownership.handover import Handover
    from crossdock.store.ownership.owners import Owners
    from crossdock.store.reads.entry_history import EntryHistory
    from crossdock.store.reads.feed import Feed
    from crossdock.store.retention import Retention
    from crossdock.store.sql.database import Database
    from crossdock.store.sql.moment import Clock
    from crossdock.store.writes.follower import Follower


class Parts:
    """Hands out the parts of a store; they share its database and its clock."""

    def __init__(self, database: Database, clock: Clock, followers: tuple[Follower, ...]) -> None:
        self._database = database
        self._clock = clock
        self._followers = followers

    @property
    def tokens(self) -> Tokens:
        """The tokens by which programs act as connections."""
        from crossdock.store.access.tokens import Tokens

        return Tokens(self._database, self._clock)

    @property
    def log_events(self) -> LogEvents:
        """What outside programs tell about errors in their own systems."""
        from crossdock.store.events.log_events import LogEvents

        return LogEvents(self._database, self._clock)

    @property
    def journal(self) -> Journal:
        """What went wrong, here and in outside systems."""
        from crossdock.store.events.journal import Journal

        return Journal(self._database, self._clock)

    @property
    def overview(self) -> Overview:
        """What a report over many runs is made of."""
        from crossdock.store.overview import Overview

        return Overview(self._database, self._clock)

    @property
    def transfers(self) -> Transfers:
        """How the latest runs of each connection went."""
        from crossdock.store.imports.transfers import Transfers

        return Transfers(self._database, self._clock)

    @property
    def holdings(self) -> Holdings:
        """What the store holds of remote records, for an audit."""
        from crossdock.store.imports.holdings import Holdings

        return Holdings(self._database)

    @property
    def flows(self) -> FlowPreview:
        """What flows would do."""
        from crossdock.store.flows.flow_preview import FlowPreview

        return FlowPreview(self._database, self._followers)

    @property
    def feed(self) -> Feed:
        """The changes in the order of their commits."""
        from crossdock.store.reads.feed import Feed

        return Feed(self._database)

    @property
    def entry_history(self) -> EntryHistory:
        """What happened to entries of custom data."""
        from crossdock.store.reads.entry_history import EntryHistory

        return EntryHistory(self._database)

    @property
    def owners(self) -> Owners:
        """Who owns what."""
        from crossdock.store.ownership.owners import Owners

        return Owners(self._database)

    @property
    def handover(self) -> Handover:
        """What connections own, handed over to others."""
        from crossdock.store.ownership.handover import Handover

        return Handover(self._database, self._clock, self._followers)

    @property
    def answers(self) -> Answers:
        """Answers to requests that may come twice."""
        from crossdock.store.access.answers import Answers

        return Answers(self._database, self._clock, self._followers)

    @property
    def deliveries(self) -> Deliveries:
        """What webhooks delivered."""
        from crossdock.store.events.deliveries import Deliveries

        return Deliveries(self._database, self._clock)

    @property
    def drift(self) -> Drift:
        """What is known of payloads, and what came to differ from it."""
        return Drift(self._database, self._clock)

    @property
    def retention(self) -> Retention:
        """How what is too old goes."""
        from crossdock.store.retention import Retention

        return Retention(self._database, self._clock)

    @property
    def outbox(self) -> Outbox:
        """The events that were written and not yet received."""
        from crossdock.store.events.outbox import Outbox

        return Outbox(self._database, self._clock)
