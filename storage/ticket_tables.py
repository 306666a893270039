"""The tables of tickets: the ticket as it stands, its timeline, its followers and files, and the number counter."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from domain.files.file import Check, Stage, Trouble
from domain.tickets.states import Priority, State
from storage.schema import Id, Payload, UTCDateTime, Words, metadata, one_of, only

tickets = Table(
    "tickets",
    metadata,
    Column("id", Id, primary_key=True),
    # All three are NULL while it is a draft, whose number is "D-<id>" for ever.
    Column("number", Words, unique=True),
    Column("number_key", Words, unique=True),  # as it is compared: case folded
    Column("serial", BigInteger, index=True),  # its digits
    Column("desk", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("state", one_of(State), nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("priority", one_of(Priority), nullable=False),
    Column("requester", ForeignKey("people.id"), nullable=False),
    Column("assignee", ForeignKey("people.id")),
    Column("place", Words, nullable=False),
    Column("category", Words, nullable=False, server_default=""),
    Column("origin_platform", Words, nullable=False),
    Column("origin_kind", Words, nullable=False),
    Column("origin_key", Words, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("opened_at", UTCDateTime),
    Column("responded_at", UTCDateTime),
    Column("resolved_at", UTCDateTime),
    Column("closed_at", UTCDateTime),
    Column("urged_at", UTCDateTime),
    Column("urges", Integer, nullable=False),
    Column("declines", Integer, nullable=False),
    Column("transfers", Integer, nullable=False),
    Column("reopens", Integer, nullable=False),
    Column("question", Words, nullable=False),
    Column("resolution", Words, nullable=False),
    Column("transfer_to", ForeignKey("people.id")),
    Column("transfer_by", BigInteger),  # the clock and rules are nobody in ``people``
    Column("transfer_reason", Words),
    Column("transfer_at", UTCDateTime),
    Column("version", Integer, nullable=False),
    Column("event_count", Integer, nullable=False),
    only("state", State),
    only("priority", Priority),
    Index("ix_tickets_requester", "requester", "id"),
    Index("ix_tickets_assignee", "assignee", "state"),
    Index("ix_tickets_desk", "desk", "state"),
    # What came and went in a few days: the digest asks every morning.
    Index("ix_tickets_opened", "desk", "opened_at"),
    Index("ix_tickets_origin", "origin_platform", "origin_key", "opened_at"),
    Index("ix_tickets_resolved", "desk", "resolved_at"),
    Index(
        "ix_tickets_transfer_to",
        "transfer_to",
        sqlite_where=text("transfer_to IS NOT NULL"),
        postgresql_where=text("transfer_to IS NOT NULL"),
    ),
    sqlite_autoincrement=True,  # a draft's number must never come again
)

events = Table(
    "events",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", Words, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("actor", BigInteger, nullable=False),  # 0 is the clock
    Column("payload", Payload, nullable=False),
    # Its place in the chain through everything, given when its transaction ends.
    Column("link", BigInteger),
    Column("hash", Words),
    Index("ix_events_link", "link", unique=True),
)

followers = Table(
    "ticket_followers",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True, index=True),
    Column("follows", Boolean, nullable=False, server_default=true()),
    Column("affected", Boolean, nullable=False, server_default=false()),  # said 我也遇到
)

files = Table(
    "ticket_files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    Column("nth", Integer, nullable=False),
    Column("platform", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("by", BigInteger, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("internal", Boolean, nullable=False, server_default=false()),
    Column("stage", one_of(Stage), nullable=False),
    Column("sha256", Words, nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("type", Words, nullable=False, server_default=""),
    Column("is_picture", Boolean, nullable=False, server_default=false()),
    Column("check", one_of(Check), nullable=False, server_default=Check.NONE.value),
    Column("trouble", one_of(Trouble)),
    UniqueConstraint("ticket", "nth"),
    Index("ix_ticket_files_sha256", "sha256"),
    Index(
        "ix_ticket_files_pending",
        "id",
        sqlite_where=text("\"check\" = 'pending'"),
        postgresql_where=text("\"check\" = 'pending'"),
    ),
    sqlite_autoincrement=True,  # effects name files by their id
)

# What others said, by a name of it, and the ticket that began with it.
passed_on = Table(
    "passed_on",
    metadata,
    Column("key", Words, primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False, index=True),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
