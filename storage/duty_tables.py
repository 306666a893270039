"""The tables of duty: leaves and what they moved, rosters and exceptions, swaps, and the journal of all that."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, text

from domain.duty.leave import Phase
from domain.duty.swap import Offer
from storage.schema import Id, Payload, UTCDateTime, Words, metadata, one_of, only

IS_DUE = text("due_at IS NOT NULL")  # most rows are over, and time wants nothing of them any more


leaves = Table(
    "leaves",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("begins_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
    Column("deputy", ForeignKey("people.id")),
    Column("accepted", Boolean, nullable=False),
    Column("phase", one_of(Phase), nullable=False),
    Column("asked_at", UTCDateTime),
    Column("warned", Boolean, nullable=False),
    Column("due_at", UTCDateTime),
    Column("version", Integer, nullable=False),
    only("phase", Phase),
    Index("ix_leaves_person", "person", "phase"),
    Index("ix_leaves_deputy", "deputy", "phase"),
    Index("ix_leaves_phase", "phase"),
    Index("ix_leaves_due_at", "due_at", sqlite_where=IS_DUE, postgresql_where=IS_DUE),
    sqlite_autoincrement=True,  # an old card must never come to mean another leave
)

leave_tickets = Table(
    "leave_tickets",
    metadata,
    Column("leave", ForeignKey("leaves.id"), primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), primary_key=True, index=True),
    Column("to", ForeignKey("people.id")),
)

# Where a ticket is to go when the leave begins; NULL is its desk.
leave_choices = Table(
    "leave_choices",
    metadata,
    Column("leave", ForeignKey("leaves.id"), primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), primary_key=True, index=True),
    Column("to", ForeignKey("people.id")),
)

rosters = Table(
    "rosters",
    metadata,
    Column("desk", ForeignKey("desks.key"), primary_key=True),
    Column("rotations", Payload, nullable=False),
    Column("full", Boolean, nullable=False),
    Column("listed_until", UTCDateTime),
    Column("gap_told", UTCDateTime),
    Column("due_at", UTCDateTime, index=True),
    Column("version", Integer, nullable=False),
)

roster_exceptions = Table(
    "roster_exceptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("desk", ForeignKey("rosters.desk"), nullable=False),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("begins_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
    Index("ix_roster_exceptions_desk", "desk", "ends_at"),
)

swaps = Table(
    "swaps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("desk", ForeignKey("rosters.desk"), nullable=False),
    Column("giver", ForeignKey("people.id"), nullable=False),
    Column("taker", ForeignKey("people.id"), nullable=False),
    Column("begins_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
    Column("state", one_of(Offer), nullable=False),
    Column("due_at", UTCDateTime),
    Column("version", Integer, nullable=False),
    only("state", Offer),
    Index("ix_swaps_giver", "giver", "state"),
    Index("ix_swaps_taker", "taker", "state"),
    Index("ix_swaps_due_at", "due_at", sqlite_where=IS_DUE, postgresql_where=IS_DUE),
    sqlite_autoincrement=True,
)

duty_events = Table(
    "duty_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("actor", BigInteger, nullable=False),  # 0 is the clock
    Column("payload", Payload, nullable=False),
    # Its place in the chain through everything, given when its transaction ends.
    Column("link", BigInteger),
    Column("hash", Words),
    Index("ix_duty_events_link", "link", unique=True),
)

# Tickets of which somebody was told that nobody is there.
told_unowned = Table(
    "told_unowned",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
)
