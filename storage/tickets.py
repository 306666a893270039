"""Tickets of one unit: found, added, and written back when they changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Actor, Conversation, PersonId, TicketId, TicketRef
from domain.tickets.errors import AmbiguousNumber, TicketNotFound
from domain.tickets.states import UNFINISHED, State
from domain.tickets.ticket import PendingTransfer, Ticket
from storage import events
from storage.chain import TICKET, Chain
from storage.database import Conflict
from storage.events import Journal
from storage.references import Reference, key_of, parse, serial_of
from storage.schema import insert_into
from storage.ticket_tables import counters, followers, passed_on, tickets
from storage.visibility import visible_to

FIRST_NUMBER = 1001

PLAIN = (
    "desk", "title", "text", "state", "since", "priority", "requester", "assignee", "place", "created_at",
    "opened_at", "responded_at", "resolved_at", "closed_at", "urged_at", "urges", "declines", "transfers",
    "reopens", "question", "resolution", "category",
)  # fmt: skip
_WHOLE = (
    select(tickets, followers.c.person.label("follower"), followers.c.follows, followers.c.affected)
    .outerjoin(followers, followers.c.ticket == tickets.c.id)
    # On PostgreSQL the second of two who press at once waits here and then sees the truth, instead of a Conflict.
    .with_for_update(of=tickets)
)
_INSERT = insert(tickets).returning(tickets.c.id)
_UPDATE = (
    update(tickets)
    .where(tickets.c.id == bindparam("_id"), tickets.c.version == bindparam("_version"))
    .values({column.name: bindparam(column.name) for column in tickets.c if column.name != "id"})
)


@dataclass
class _Tracked:
    """A ticket and what the database has of it."""

    ticket: Ticket
    values: dict[str, Any]
    followers: dict[PersonId, _How] = field(default_factory=dict)
    event_count: int = 0
    written: int = 0  # of ``ticket.events``
    is_new: bool = False


class SqlTickets:
    def __init__(self, connection: AsyncConnection, actor: Actor, journal: Journal, chain: Chain) -> None:
        self._connection = connection
        self._chain = chain
        self._actor = actor
        self._journal = journal
        self._tracked: dict[TicketId, _Tracked] = {}

    async def find(self, ref: TicketRef) -> Ticket:
        wanted = parse(ref)
        candidates = {ticket.id: ticket for ticket in await self._load(wanted)}
        # What this unit has opened is not yet written, so the database does not know its number.
        candidates |= {id_: tracked.ticket for id_, tracked in self._tracked.items()}
        named = [ticket for ticket in candidates.values() if wanted.names(ticket)]
        named = named or [ticket for ticket in candidates.values() if wanted.names_draft(ticket)]
        if not named:
            raise TicketNotFound(ref)
        return named[0] if len(named) == 1 else await self._only_visible(ref, named)

    async def add(self, ticket: Ticket) -> None:
        values = values_of(ticket)
        inserted = await self._connection.execute(_INSERT, {**values, "version": 0, "event_count": 0})
        ticket.id = TicketId(inserted.scalar_one())
        ticket.draft = ticket.draft or draft_number(ticket.id)
        ticket.number = ticket.number or ticket.draft
        self._tracked[ticket.id] = _Tracked(ticket, values, is_new=True)
        self._journal.watch(ticket)

    def is_new(self, ticket: TicketId) -> bool:
        """Made in this unit, so nothing else in the database can know of it."""
        return ticket in self._tracked and self._tracked[ticket].is_new

    async def next_number(self, prefix: str) -> str:
        """One row counts for all desks, so that the bare digits name one ticket."""
        return f"{prefix}-{await count(self._connection, 'ticket', FIRST_NUMBER)}"

    async def newest_draft(self, requester: PersonId) -> Ticket | None:
        newest = (
            select(tickets.c.id)
            .where(tickets.c.requester == requester, tickets.c.state == State.DRAFT)
            .order_by(tickets.c.id.desc())
            .limit(1)
        )
        id_ = (await self._connection.execute(newest)).scalar()
        if id_ is None:
            return None
        (ticket,) = await self._load(Reference(id=id_))
        return ticket if ticket.state is State.DRAFT else None

    async def newest_in(self, group: Conversation, since: datetime) -> Ticket | None:
        found = await self._unfinished(_told_in(group, since), most=1)
        return found[0] if found else None

    async def told_in(self, group: Conversation, requester: PersonId, since: datetime) -> list[Ticket]:
        return await self._unfinished(and_(_told_in(group, since), tickets.c.requester == requester), most=5)

    async def brought(self, key: str) -> Ticket | None:
        began = select(passed_on.c.ticket).where(passed_on.c.key == key).scalar_subquery()
        found = await self._unfinished(tickets.c.id == began, most=1)
        return found[0] if found else None

    async def bring(self, key: str, ticket: TicketId) -> None:
        noted = insert_into(self._connection, passed_on).values(key=key, ticket=ticket)
        again = noted.on_conflict_do_update(index_elements=["key"], set_={"ticket": ticket})
        await self._connection.execute(again)

    async def _unfinished(self, where: ColumnElement[bool], *, most: int) -> list[Ticket]:
        """Newest first."""
        newest = (
            select(tickets.c.id)
            .where(where, tickets.c.state.in_(UNFINISHED))
            .order_by(tickets.c.id.desc())
            .limit(most)
        )
        ids = (await self._connection.execute(newest)).scalars().all()
        found = [ticket for id_ in ids for ticket in await self._load(Reference(id=id_))]
        # What this unit has closed meanwhile is not written yet.
        return [ticket for ticket in found if ticket.state in UNFINISHED]

    async def flush(self) -> None:
        for tracked in self._tracked.values():
            if self._has_changed(tracked):
                await self._write(tracked)

    # ── reading ──

    async def _load(self, wanted: Reference) -> list[Ticket]:
        rows = (await self._connection.execute(_WHOLE.where(wanted.where()))).all()
        found: dict[TicketId, list[Row[Any]]] = {}
        for row in rows:
            found.setdefault(row.id, []).append(row)
        return [self._same(id_, of_one) for id_, of_one in found.items()]

    def _same(self, id_: TicketId, rows: list[Row[Any]]) -> Ticket:
        """One ticket is one object in one unit, however often it is found."""
        if id_ not in self._tracked:
            ticket = ticket_of(rows[0])
            ticket.followers = {row.follower for row in rows if row.follows}
            ticket.affected = {row.follower for row in rows if row.affected}
            self._tracked[id_] = _Tracked(ticket, values_of(ticket), _how(ticket), rows[0].event_count)
            self._journal.watch(ticket)
        return self._tracked[id_].ticket

    async def _only_visible(self, ref: TicketRef, named: list[Ticket]) -> Ticket:
        """Several have these digits. What the actor may not see must not show, not even as a candidate."""
        by_id = {ticket.id: ticket for ticket in named}
        visible = select(tickets.c.id).where(tickets.c.id.in_(by_id), visible_to(self._actor))
        ids = (await self._connection.execute(visible.order_by(tickets.c.id))).scalars().all()
        if not ids:
            raise TicketNotFound(ref)
        if len(ids) > 1:
            raise AmbiguousNumber(ref, [by_id[id_].number for id_ in ids])
        return by_id[ids[0]]

    # ── writing ──

    def _has_changed(self, tracked: _Tracked) -> bool:
        ticket = tracked.ticket
        return (
            len(ticket.events) > tracked.written
            or _how(ticket) != tracked.followers
            or values_of(ticket) != tracked.values
        )

    async def _write(self, tracked: _Tracked) -> None:
        ticket = tracked.ticket
        fresh = ticket.events[tracked.written :]
        values = values_of(ticket)
        changed = {
            **values,
            "version": ticket.version + 1,
            "event_count": tracked.event_count + len(fresh),
            "_id": ticket.id,
            "_version": ticket.version,
        }
        if (await self._connection.execute(_UPDATE, changed)).rowcount == 0:
            raise Conflict(f"ticket {ticket.number} is not at version {ticket.version} any more")
        self._chain.add(
            TICKET,
            [
                events.row_of(ticket.id, seq, event)
                for seq, event in enumerate(fresh, tracked.event_count + 1)
            ],
        )
        await self._write_followers(tracked)
        ticket.version += 1
        tracked.values, tracked.event_count = values, tracked.event_count + len(fresh)
        tracked.written = len(ticket.events)

    async def _write_followers(self, tracked: _Tracked) -> None:
        before, now = tracked.followers, _how(tracked.ticket)
        if changed := {person for person in before if before[person] != now.get(person)}:
            of_ticket = followers.c.ticket == tracked.ticket.id
            await self._connection.execute(
                delete(followers).where(of_ticket, followers.c.person.in_(changed))
            )
        if new := {person for person in now if now[person] != before.get(person)}:
            rows = [
                {
                    "ticket": tracked.ticket.id,
                    "person": person,
                    "follows": now[person][0],
                    "affected": now[person][1],
                }
                for person in sorted(new)
            ]
            await self._connection.execute(insert(followers), rows)
        tracked.followers = now


_How = tuple[bool, bool]  # follows, is affected


def _how(ticket: Ticket) -> dict[PersonId, _How]:
    return {p: (p in ticket.followers, p in ticket.affected) for p in ticket.followers | ticket.affected}


def _told_in(group: Conversation, since: datetime) -> ColumnElement[bool]:
    return and_(
        tickets.c.origin_platform == group.platform,
        tickets.c.origin_kind == group.kind,
        tickets.c.origin_key == group.key,
        tickets.c.opened_at > since,
    )


def draft_number(id_: int) -> str:
    return f"D-{id_}"


async def count(connection: AsyncConnection, name: str, first: int) -> int:
    """The next value of a counter; the row is locked until the transaction ends."""
    counted = (
        insert_into(connection, counters)
        .values(name=name, value=first)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
        .returning(counters.c.value)
    )
    return int((await connection.execute(counted)).scalar_one())


def values_of(ticket: Ticket) -> dict[str, Any]:
    is_open = ticket.number != ticket.draft
    transfer = ticket.transfer
    return {
        **{name: getattr(ticket, name) for name in PLAIN},
        "number": ticket.number if is_open else None,
        "number_key": key_of(ticket.number) if is_open else None,
        "serial": serial_of(ticket.number) if is_open else None,
        "origin_platform": ticket.origin.platform,
        "origin_kind": ticket.origin.kind,
        "origin_key": ticket.origin.key,
        "transfer_to": transfer and transfer.to,
        "transfer_by": transfer and transfer.by,
        "transfer_reason": transfer and transfer.reason,
        "transfer_at": transfer and transfer.at,
    }


def ticket_of(row: Row[Any]) -> Ticket:
    draft = draft_number(row.id)
    return Ticket(
        id=TicketId(row.id),
        number=row.number or draft,
        draft=draft,
        origin=Conversation(row.origin_platform, row.origin_kind, row.origin_key),
        transfer=_transfer_of(row),
        version=row.version,
        **{name: getattr(row, name) for name in PLAIN},
    )


def _transfer_of(row: Row[Any]) -> PendingTransfer | None:
    if row.transfer_to is None:
        return None
    return PendingTransfer(row.transfer_to, row.transfer_by, row.transfer_reason, row.transfer_at)
