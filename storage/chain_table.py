"""The head of the chain through all events: one row, locked by whoever adds to it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table

from storage.schema import Words, metadata

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("link", BigInteger, nullable=False),
    Column("hash", Words, nullable=False),
)
