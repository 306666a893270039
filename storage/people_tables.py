"""The tables of people, their accounts and roles, and of the desks they serve."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, UniqueConstraint, text

from domain.base import Role
from domain.people.people import OFFER_FOR, Strategy
from storage.schema import Id, Payload, Span, UTCDateTime, Words, metadata, one_of

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Words, nullable=False),
    Column("name_key", Words, nullable=False, index=True),  # as compared
    Column("is_named", Boolean, nullable=False),  # False while ``name`` is only a user id
    Column("skills", Payload, nullable=False),
    Column("active", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

person_roles = Table(
    "person_roles",
    metadata,
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("role", one_of(Role), primary_key=True, index=True),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False, index=True),
    Column("platform", Words, nullable=False),
    Column("user_id", Words, nullable=False),  # as delivered
    Column("user_key", Words, nullable=False, index=True),  # as compared
    Column("used_at", UTCDateTime),
    Column("closed_at", UTCDateTime),  # the platform does not know it any more
    UniqueConstraint("platform", "user_key"),
)
# Logged in to the web pages.
web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_hash", Words, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False, index=True),
    Column("platform", Words, nullable=False),  # the account that was proven
    Column("user_id", Words, nullable=False),
    Column("began_at", UTCDateTime, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
)

desks = Table(
    "desks",
    metadata,
    Column("key", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("prefix", Words, nullable=False),
    Column("lead", ForeignKey("people.id"), index=True),
    Column("keywords", Payload, nullable=False),
    Column("sla", Words, nullable=False),
    Column("dispatch", one_of(Strategy), nullable=False, server_default=Strategy.MANUAL.value),
    Column(
        "offer_for", Span, nullable=False, server_default=text(str(OFFER_FOR // timedelta(microseconds=1)))
    ),
    Column("categories", Payload, nullable=False, server_default="[]"),
    Column("war_room", Payload, nullable=False, server_default="{}"),
    Column("position", Integer, nullable=False),
)

desk_members = Table(
    "desk_members",
    metadata,
    Column("desk", ForeignKey("desks.key"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),
)

desk_channels = Table(
    "desk_channels",
    metadata,
    Column("desk", ForeignKey("desks.key"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("platform", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("key", Words, nullable=False),
)
