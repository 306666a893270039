"""One ticket for a card or a page, its timeline, and the lists that people ask for in a chat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import CLOCK, Actor, Conversation, PersonId, TicketId, TicketRef
from domain.dispatch.round import Round
from domain.tickets.errors import TicketNotFound
from domain.tickets.events import TicketDeclined
from domain.tickets.states import UNFINISHED, State
from storage import deadlines, rounds
from storage.database import Database
from storage.desks import SqlDesks
from storage.files import SqlFiles
from storage.importing import import_lines
from storage.people_tables import people
from storage.queries import exporting
from storage.queries.views import Named, Refusal, TicketLine, TicketView, TimelineRow
from storage.references import parse
from storage.ticket_tables import events, files, followers, tickets
from storage.tickets import draft_number
from storage.visibility import served_by, visible_to

_SAME = (
    "title", "text", "state", "since", "priority", "place", "created_at", "opened_at", "responded_at", "resolved_at",
    "closed_at", "urged_at", "question", "resolution", "declines", "transfers", "reopens", "urges", "version",
    "transfer_at", "category",
)  # fmt: skip
REFUSALS = 3  # that a card tells of, with their reasons
# Notes, and files that came with notes. What was written before files could be internal does not say.
_IS_INTERNAL = func.coalesce(events.c.payload["internal"].as_boolean(), false())

_requester, _assignee = people.alias("requester"), people.alias("assignee")
_receiver, _offerer = people.alias("receiver"), people.alias("offerer")
_TICKET = (
    select(
        tickets,
        _requester.c.name.label("requester_name"),
        _assignee.c.name.label("assignee_name"),
        _receiver.c.name.label("receiver_name"),
        _offerer.c.name.label("offerer_name"),
    )
    .join(_requester, _requester.c.id == tickets.c.requester)
    .outerjoin(_assignee, _assignee.c.id == tickets.c.assignee)
    .outerjoin(_receiver, _receiver.c.id == tickets.c.transfer_to)
    .outerjoin(_offerer, _offerer.c.id == tickets.c.transfer_by)
)
_LINE = (
    select(
        tickets.c.id,
        tickets.c.number,
        tickets.c.title,
        tickets.c.state,
        tickets.c.priority,
        tickets.c.desk,
        tickets.c.since,
        tickets.c.opened_at,
        _requester.c.name.label("requester_name"),
        _assignee.c.name.label("assignee_name"),
    )
    .join(_requester, _requester.c.id == tickets.c.requester)
    .outerjoin(_assignee, _assignee.c.id == tickets.c.assignee)
)


class TicketQueries:
    def __init__(self, db: Database) -> None:
        self._db = db

    # ── one ticket ──

    async def view(self, ticket: TicketId | TicketRef) -> TicketView:
        """For programs, which may see everything. Raises TicketNotFound."""
        ref = ticket if isinstance(ticket, str) else f"#{ticket}"
        found = await self._view(ref, CLOCK)
        if found is None:
            raise TicketNotFound(ref)
        return found

    async def by_number(self, number: TicketRef) -> TicketView | None:
        return await self._view(number, CLOCK)

    async def visible(self, ref: TicketRef, actor: Actor) -> TicketView | None:
        """None for what does not exist and for what ``actor`` may not see. Bare digits that fit several: the newest."""
        return await self._view(ref, actor)

    async def timeline(self, ticket: TicketId, *, include_internal: bool = False) -> Sequence[TimelineRow]:
        told = true() if include_internal else ~_IS_INTERNAL
        wanted = (
            select(events, people.c.name)
            .outerjoin(people, people.c.id == events.c.actor)
            .where(events.c.ticket == ticket, told)
            .order_by(events.c.seq)
        )
        async with self._db.read() as connection:
            return [_timeline_row(row) for row in await connection.execute(wanted)]

    # ── lists ──

    async def mine(self, person: PersonId, *, limit: int = 20, offset: int = 0) -> Sequence[TicketLine]:
        """What this person asked for; what goes on comes before what is over, and newer before older."""
        is_over = case((tickets.c.state.in_([State.CLOSED, State.CANCELLED]), 1), else_=0)
        wanted = _LINE.where(tickets.c.requester == person).order_by(is_over, tickets.c.id.desc())
        return await self._lines(wanted, limit, offset)

    async def todo(self, person: PersonId, *, limit: int = 20, offset: int = 0) -> Sequence[TicketLine]:
        """Offered to this person, assigned to them, or in the pool of a desk that they serve; urgent ones first."""
        assigned = and_(tickets.c.assignee == person, tickets.c.state.in_([State.IN_PROGRESS, State.WAITING]))
        offered = and_(tickets.c.transfer_to == person, tickets.c.state.in_(UNFINISHED))
        pool = and_(tickets.c.state == State.OPEN, served_by(person))
        kind = case((offered, 0), (assigned, 1), else_=2)
        wanted = _LINE.where(or_(assigned, offered, pool))
        return await self._lines(wanted.order_by(kind, tickets.c.priority, tickets.c.id), limit, offset)

    async def search(
        self, actor: Actor, words: str, *, limit: int = 20, offset: int = 0
    ) -> Sequence[TicketLine]:
        """Every word must be in the number, the title, the text, the place or the resolution."""
        needles = words.casefold().split()
        if not needles:
            return []
        wanted = _LINE.where(visible_to(actor), *(_contains(needle) for needle in needles))
        return await self._lines(wanted.order_by(tickets.c.id.desc()), limit, offset)

    async def going_on_with(self, person: PersonId, limit: int = 3) -> Sequence[str]:
        """Numbers of what this person opened or has in hand, newest first; no drafts."""
        theirs = or_(tickets.c.requester == person, tickets.c.assignee == person)
        wanted = select(tickets.c.id, tickets.c.number).where(theirs, tickets.c.state.in_(UNFINISHED))
        async with self._db.read() as connection:
            rows = await connection.execute(wanted.order_by(tickets.c.id.desc()).limit(limit))
            return [_number(row.id, row.number) for row in rows]

    async def lately(self, person: PersonId, place: Conversation, since: datetime, in_a_row: datetime) -> str:
        """What a bare picture most likely belongs to: where this person has just put one (``in_a_row``), else
        what they wrote or opened after ``since``. In a group only what was said there. "" for nothing."""
        here = and_(tickets.c.origin_platform == place.platform, tickets.c.origin_key == place.key)
        where = here if place.kind == "group" else true()
        going_on = tickets.c.state.in_([State.DRAFT, *UNFINISHED])
        put = exists().where(files.c.ticket == tickets.c.id, files.c.by == person, files.c.at >= in_a_row)
        fresh = or_(
            and_(tickets.c.state == State.DRAFT, tickets.c.since >= since), tickets.c.opened_at >= since
        )
        told = and_(tickets.c.requester == person, fresh)
        wanted = select(tickets.c.id, tickets.c.number).where(going_on, where, or_(put, told))
        best = wanted.order_by(case((put, 0), else_=1), tickets.c.id.desc()).limit(1)
        async with self._db.read() as connection:
            row = (await connection.execute(best)).one_or_none()
            return _number(row.id, row.number) if row else ""

    # ── all of them ──

    async def export(self) -> AsyncIterator[dict[str, Any]]:
        """Every ticket, each as one JSON object, all of the same moment."""
        async with self._db.read() as connection:
            async for line in exporting.lines(connection):
                yield line

    async def import_(self, lines: Iterable[Mapping[str, Any]]) -> int:
        """What ``export`` wrote. Answers how many tickets were new. Raises BadLine."""
        return await import_lines(self._db, lines)

    async def _lines(self, wanted: Select[Any], limit: int, offset: int) -> Sequence[TicketLine]:
        async with self._db.read() as connection:
            return [_line(row) for row in await connection.execute(wanted.limit(limit).offset(offset))]

    async def _view(self, ref: TicketRef, actor: Actor) -> TicketView | None:
        by_number_first = tickets.c.number.is_(None)
        wanted = _TICKET.where(parse(ref).where(), visible_to(actor))
        async with self._db.read() as connection:
            ordered = wanted.order_by(by_number_first, tickets.c.id.desc()).limit(1)
            row = (await connection.execute(ordered)).one_or_none()
            return await _view_of(connection, row) if row else None


async def _view_of(connection: AsyncConnection, row: Row[Any]) -> TicketView:
    all_desks = {desk.key: desk for desk in await SqlDesks(connection).all()}
    # Nobody is asked to take what somebody has.
    round_ = await rounds.load(connection, row.id) if row.state is State.OPEN else None
    return TicketView(
        id=row.id,
        number=_number(row.id, row.number),
        draft=draft_number(row.id),
        desk=all_desks.get(row.desk),
        requester=Named(row.requester, row.requester_name),
        assignee=_named(row.assignee, row.assignee_name),
        receiver=_named(row.transfer_to, row.receiver_name),
        transfer_by=_named(row.transfer_by, row.offerer_name),
        transfer_reason=row.transfer_reason or "",
        offer=round_.offer if round_ else None,
        asked=await _asked_in(connection, round_) if round_ and round_.exhausted else (),
        refusals=await _refusals_of(connection, row.id) if row.declines and row.state is State.OPEN else (),
        origin=Conversation(row.origin_platform, row.origin_kind, row.origin_key),
        **await _followers_of(connection, row.id),
        files=tuple(await SqlFiles(connection).of(row.id)),
        deadlines=tuple(deadlines.newest(await deadlines.load(connection, [row.id]))),
        **{name: getattr(row, name) for name in _SAME},
    )


async def _asked_in(connection: AsyncConnection, round_: Round) -> tuple[Named, ...]:
    found = await connection.execute(select(people.c.id, people.c.name).where(people.c.id.in_(round_.asked)))
    names = {row.id: row.name for row in found}
    return tuple(Named(person, names[person]) for person in round_.asked)


async def _refusals_of(connection: AsyncConnection, ticket: TicketId) -> tuple[Refusal, ...]:
    wanted = select(people.c.name, events.c.payload).join(people, people.c.id == events.c.actor)
    newest = wanted.where(events.c.ticket == ticket, events.c.kind == TicketDeclined.kind)
    rows = await connection.execute(newest.order_by(events.c.seq.desc()).limit(REFUSALS))
    return tuple(Refusal(row.name, row.payload["reason"]) for row in reversed(rows.all()))


async def _followers_of(connection: AsyncConnection, ticket: TicketId) -> dict[str, Any]:
    columns = (people.c.id, people.c.name, followers.c.follows, followers.c.affected)
    wanted = select(*columns).join(followers, followers.c.person == people.c.id)
    rows = (await connection.execute(wanted.where(followers.c.ticket == ticket).order_by(people.c.id))).all()
    return {
        "followers": tuple(Named(row.id, row.name) for row in rows if row.follows),
        "affected": frozenset(row.id for row in rows if row.affected),
    }


def _contains(needle: str) -> ColumnElement[bool]:
    told = (tickets.c.number_key, tickets.c.title, tickets.c.text, tickets.c.place, tickets.c.resolution)
    return or_(*(func.lower(column).contains(needle, autoescape=True) for column in told))


def _line(row: Row[Any]) -> TicketLine:
    return TicketLine(
        id=row.id,
        number=_number(row.id, row.number),
        title=row.title,
        state=row.state,
        priority=row.priority,
        desk=row.desk,
        requester_name=row.requester_name,
        assignee_name=row.assignee_name or "",
        since=row.since,
        opened_at=row.opened_at,
    )


def _timeline_row(row: Row[Any]) -> TimelineRow:
    name = row.name if row.name is not None else CLOCK.name
    return TimelineRow(row.seq, row.at, row.kind, row.actor, name, row.payload)


def _named(person: int | None, name: str | None) -> Named | None:
    if person is None:
        return None
    return Named(PersonId(person), name if name is not None else CLOCK.name)


def _number(id_: int, number: str | None) -> str:
    return number or draft_number(id_)
