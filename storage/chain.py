"""One chain through everything that happened: each event's hash holds the one before it.

Whoever changes, removes, inserts or exchanges rows breaks it from there on. Whoever rewrites all that follows, and the
head too, is found by a head that was written down elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.chain_table import audit_head
from storage.duty_tables import duty_events
from storage.schema import insert_into
from storage.ticket_tables import events

TICKET, DUTY = "ticket", "duty"
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
_TABLES = {TICKET: events, DUTY: duty_events}
_HEAD = select(audit_head.c.link, audit_head.c.hash).where(audit_head.c.id == 1)

Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Head:
    """How many links there are, and the last one's hash, which stands for all of them."""

    link: int = 0
    hash: str = ""

    def __str__(self) -> str:
        return f"{self.link}:{self.hash}"

    @classmethod
    def read(cls, written: str) -> Head:
        """Raises ValueError."""
        link, _, hash_ = written.strip().partition(":")
        return cls(int(link), hash_)


def link_to(before: Head, source: str, row: Row) -> Head:
    """The head after ``row``. ``source`` is TICKET, with a ticket and a seq, or DUTY."""
    place = [row["ticket"], row["seq"]] if source == TICKET else []
    at: datetime = row["at"]
    said = [source, *place, row["kind"], at.astimezone(UTC).isoformat(), row["actor"], _alike(row["payload"])]
    return Head(before.link + 1, hashlib.sha256(f"{before}\n{_encode(said)}".encode()).hexdigest())


def _alike(value: Any) -> Any:
    """JSONB writes 1e16 as a whole number, JSON text does not; both mean the same."""
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _alike(one) for name, one in value.items()}
        case list() | tuple():
            return [_alike(one) for one in value]
        case _:
            return value


class Chain:
    """What one transaction adds. Written at its end: the head is the last lock that it takes, and held shortest."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._rows: list[tuple[str, dict[str, Any]]] = []

    def add(self, source: str, rows: Iterable[dict[str, Any]]) -> None:
        self._rows += [(source, row) for row in rows]

    async def flush(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        head = await _locked_head(self._connection)
        linked: dict[str, list[dict[str, Any]]] = {}
        for source, row in rows:
            head = link_to(head, source, row)
            linked.setdefault(source, []).append({**row, "link": head.link, "hash": head.hash})
        for source, of_source in linked.items():
            await self._connection.execute(insert(_TABLES[source]), of_source)
        moved = update(audit_head).where(audit_head.c.id == 1)
        await self._connection.execute(moved.values(link=head.link, hash=head.hash))


async def _locked_head(connection: AsyncConnection) -> Head:
    locked = _HEAD.with_for_update()
    row = (await connection.execute(locked)).one_or_none()
    if row is None:
        first = insert_into(connection, audit_head).values(id=1, link=0, hash="")
        await connection.execute(first.on_conflict_do_nothing(index_elements=["id"]))
        row = (await connection.execute(locked)).one()
    return Head(row.link, row.hash)


async def head_of(connection: AsyncConnection) -> Head:
    row = (await connection.execute(_HEAD)).one_or_none()
    return Head(row.link, row.hash) if row else Head()


# ── looking at it ──


@dataclass(frozen=True)
class Linked:
    """A row as it is kept. ``link`` and ``hash`` are None for one that somebody has put there."""

    source: str
    row: Row
    link: int | None
    hash: str | None


@dataclass(frozen=True)
class Broken:
    """``row`` is where it shows, if there is one. ``why`` is for people, in zh-CN."""

    link: int
    why: str
    row: Row | None = None


class Walk:
    """Along the chain, row by row in the order of links; rows without one come first."""

    def __init__(self, against: Head | None = None) -> None:
        self.head = Head()
        self._against = against

    def step(self, found: Linked) -> Broken | None:
        if found.link is None or found.hash is None:
            return Broken(self.head.link, "有一条记录不在链上，是后来插入的", found.row)
        if found.link != self.head.link + 1:
            missing = found.link > self.head.link + 1
            why = "这里少了记录" if missing else "这里多了记录，是后来插入的"
            return Broken(self.head.link + 1, why, found.row)
        self.head = link_to(self.head, found.source, found.row)
        if self.head.hash != found.hash:
            return Broken(found.link, "这条记录被改动，或和别的记录换了位置", found.row)
        if self._against and self._against.link == self.head.link and self._against.hash != self.head.hash:
            return Broken(found.link, "到这里为止的历史被整个改写过，和给出的链头不符", found.row)
        return None

    def end(self, kept: Head) -> Broken | None:
        if self.head.link == kept.link != 0 and self.head != kept:
            return Broken(kept.link, "链头被改动")
        if self.head != kept:
            return Broken(self.head.link + 1, f"链的末尾应在第 {kept.link} 环，实际到第 {self.head.link} 环")
        if self._against and self._against.link > self.head.link:
            return Broken(self.head.link + 1, f"给出的链头在第 {self._against.link} 环，末尾的记录不见了")
        return None
