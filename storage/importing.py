"""Reads back what ``storage.queries.exporting`` wrote, into the same database or another one.

A ticket whose number is there already is left alone, so an interrupted import can simply be repeated. Only
``number``, ``title``, ``state``, ``requester`` and one time are needed; what else is missing is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Column, ColumnElement, Enum, and_, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, TicketId
from domain.files.file import Check, Stage, Trouble
from domain.tickets.states import Priority, State
from storage.acquaintances import Acquaintances
from storage.chain import TICKET, Chain
from storage.database import Database
from storage.deadlines import deadlines
from storage.events import people_in
from storage.references import key_of, parse, serial_of
from storage.rounds import rounds
from storage.schema import Span, UTCDateTime, insert_into
from storage.ticket_tables import counters, files, followers, tickets
from storage.timers import timers

BATCH = 100
_IDS_GO_ON = text(
    "SELECT setval('tickets_id_seq', GREATEST(nextval('tickets_id_seq'), (SELECT max(id) FROM tickets)))"
)

_FILE_FACTS = [column.name for column in files.c if column.name not in {"id", "ticket", "by"}]
_FILE_DEFAULTS = {
    "internal": False,
    "sha256": "",
    "size": 0,
    "type": "",
    "is_picture": False,
    "check": Check.NONE.value,
}

Line = Mapping[str, Any]


class BadLine(Exception):
    """``str()`` is for whoever runs the import, in zh-CN."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"第 {position} 行无法导入：{reason}")
        self.position = position


async def import_lines(db: Database, lines: Iterable[Line]) -> int:
    """How many tickets are new. A bad line ends it; the batches before it are kept."""
    numbered = iter(enumerate(lines, 1))
    new = 0
    while batch := list(islice(numbered, BATCH)):
        async with db.write() as connection:
            chain = Chain(connection)
            for position, line in batch:
                new += await _import(connection, chain, line, position)
            await _count_on(connection)
            await chain.flush()
    return new


async def _import(connection: AsyncConnection, chain: Chain, line: Line, position: int) -> bool:
    try:
        importing = _Importing(connection, chain, line)
        if await importing.is_known():
            return False
        await importing.write()
    except (KeyError, TypeError, ValueError) as error:
        raise BadLine(position, f"{type(error).__name__} {error}") from error
    return True


class _Importing:
    """One ticket on its way in, and the people it names as they are called here."""

    def __init__(self, connection: AsyncConnection, chain: Chain, line: Line) -> None:
        self._chain = chain
        self._connection = connection
        self._line = line
        self._people = Acquaintances(connection, line.get("people", {}))

    async def is_known(self) -> bool:
        number, draft = self._line["number"], self._line.get("draft", "")
        same: ColumnElement[bool] = tickets.c.number_key == key_of(number)
        if number == draft:
            # A draft has only its id for a number, and that may be another one here, or another draft's.
            as_it_was = and_(tickets.c.number.is_(None), tickets.c.text == self._text())
            is_it = or_(tickets.c.id == parse(draft).draft, as_it_was)
            same = and_(tickets.c.created_at == self._created_at(), is_it)
        known = select(func.count()).select_from(tickets).where(same)
        return bool((await self._connection.execute(known)).scalar_one())

    async def write(self) -> None:
        await self._people.introduce(self._events())
        ticket = await self._ticket()
        self._chain.add(TICKET, [self._event(ticket, *numbered) for numbered in enumerate(self._events(), 1)])
        await self._all(followers, await self._followers(ticket))
        await self._all(
            files, [self._file(ticket, *one) for one in enumerate(self._line.get("files", []), 1)]
        )
        await self._all(deadlines, [self._deadline(ticket, d) for d in self._line.get("deadlines", [])])
        await self._all(timers, [_timer(ticket, timer) for timer in self._line.get("timers", [])])
        await self._all(
            rounds, [self._round(ticket, round_) for round_ in [self._line.get("round")] if round_]
        )

    async def _all(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            await self._connection.execute(insert(table), rows)

    # ── the ticket ──

    async def _ticket(self) -> TicketId:
        values = {**self._facts(), **self._times(), **self._counts(), **await self._who()}
        wanted = parse(self._line.get("draft", "")).draft
        taken = select(func.count()).select_from(tickets).where(tickets.c.id == wanted)
        if wanted is not None and not (await self._connection.execute(taken)).scalar_one():
            values["id"] = wanted
        inserted = await self._connection.execute(insert(tickets).values(**values).returning(tickets.c.id))
        return TicketId(inserted.scalar_one())

    def _facts(self) -> dict[str, Any]:
        line = self._line
        is_open = line["number"] != line.get("draft")
        origin = line.get("origin") or {"platform": "", "kind": "direct", "key": ""}
        return {
            "number": line["number"] if is_open else None,
            "number_key": key_of(line["number"]) if is_open else None,
            "serial": serial_of(line["number"]) if is_open else None,
            "title": line["title"],
            "text": self._text(),
            "state": State(line["state"]),
            "priority": Priority(line.get("priority") or "P3"),
            **{
                name: line.get(name) or "" for name in ("desk", "place", "question", "resolution", "category")
            },
            **{f"origin_{name}": origin[name] for name in ("platform", "kind", "key")},
        }

    def _times(self) -> dict[str, Any]:
        moments = ("opened_at", "responded_at", "resolved_at", "closed_at", "urged_at")
        return {
            **{name: _moment(self._line.get(name)) for name in moments},
            "created_at": self._created_at(),
            "since": _moment(self._line.get("since")) or self._created_at(),
        }

    def _counts(self) -> dict[str, Any]:
        counted = {name: self._line.get(name) or 0 for name in ("urges", "declines", "transfers", "reopens")}
        return {**counted, "version": 1, "event_count": len(self._events())}

    async def _who(self) -> dict[str, Any]:
        line, transfer = self._line, self._line.get("transfer") or {}
        requester = await self._people.meet(line.get("requester_id"), line.get("requester"))
        if requester is None:
            raise ValueError("requester")
        return {
            "requester": requester,
            "assignee": await self._people.meet(line.get("assignee_id"), line.get("assignee")),
            "transfer_to": self._people.same(transfer.get("to")),
            "transfer_by": self._people.same(transfer.get("by")),
            "transfer_reason": transfer.get("reason"),
            "transfer_at": _moment(transfer.get("at")),
        }

    def _created_at(self) -> datetime:
        first = self._line.get("created_at") or self._line.get("opened_at")
        moment = _moment(first or (self._events()[0]["at"] if self._events() else None))
        if moment is None:
            raise ValueError("created_at")
        return moment

    def _text(self) -> str:
        text_: str = self._line.get("text") or self._line["title"]
        return text_

    def _events(self) -> list[Line]:
        return self._line.get("events") or []

    # ── around it ──

    def _event(self, ticket: TicketId, seq: int, event: Line) -> dict[str, Any]:
        known = {"kind", "at", "actor", "actor_id"}
        people = people_in(event["kind"])
        facts = {name: value for name, value in event.items() if name not in known}
        return {
            "ticket": ticket,
            "seq": seq,
            "kind": event["kind"],
            "at": _moment(event["at"]),
            "actor": self._people.actor(event),
            "payload": {name: self._same(v) if name in people else v for name, v in facts.items()},
        }

    def _same(self, people: Any) -> Any:
        """One person, or several."""
        return [self._same(one) for one in people] if isinstance(people, list) else self._people.same(people)

    def _file(self, ticket: TicketId, nth: int, file: Line) -> dict[str, Any]:
        """What lines of earlier versions do not say was not known then: those files were never fetched."""
        never = {"nth": nth, "stage": Stage.LOST.value, "trouble": Trouble.GONE.value}
        known = {**_FILE_DEFAULTS, **never, **file}
        facts = {name: known.get(name) for name in _FILE_FACTS}
        return {
            **{name: _stored(files.c[name], value) for name, value in facts.items()},
            "ticket": ticket,
            "by": self._people.same(file["by"]) or 0,
        }

    def _deadline(self, ticket: TicketId, deadline: Line) -> dict[str, Any]:
        values = {name: _stored(deadlines.c[name], value) for name, value in deadline.items()}
        return {
            **values,
            "ticket": ticket,
            **{name: self._people.same(deadline.get(name)) for name in ("taken_by", "asked_by")},
        }

    def _round(self, ticket: TicketId, round_: Line) -> dict[str, Any]:
        values = {name: _stored(rounds.c[name], value) for name, value in round_.items()}
        asked = [self._people.same(person) for person in round_["asked"]]
        return {
            **values,
            "ticket": ticket,
            "asked": asked,
            "offered_to": self._people.same(round_["offered_to"]),
        }

    async def _followers(self, ticket: TicketId) -> list[dict[str, Any]]:
        follow, affected = await self._met("follower_ids"), await self._met("affected_ids")
        everybody = dict.fromkeys([*follow, *affected])
        return [
            {"ticket": ticket, "person": p, "follows": p in follow, "affected": p in affected}
            for p in everybody
        ]

    async def _met(self, name: str) -> list[PersonId]:
        """Lines of other programs may not name them."""
        found = [await self._people.meet(person, "") for person in self._line.get(name, [])]
        return [person for person in found if person is not None]


async def _count_on(connection: AsyncConnection) -> None:
    """Numbers and ids go on after the greatest one that came in."""
    greatest = (await connection.execute(select(func.max(tickets.c.serial)))).scalar()
    if greatest is not None:
        put = insert_into(connection, counters).values(name="ticket", value=greatest)
        behind = counters.c.value < greatest
        await connection.execute(
            put.on_conflict_do_update(index_elements=["name"], set_={"value": greatest}, where=behind)
        )
    if connection.dialect.name == "postgresql":
        await connection.execute(_IDS_GO_ON)


def _timer(ticket: TicketId, timer: Line) -> dict[str, Any]:
    parts: Iterator[str] = filter(None, (timer["kind"], str(ticket), timer.get("detail")))
    return {"key": ":".join(parts), "ticket": ticket, "due_at": _moment(timer["due_at"])}


def _stored(column: Column[Any], value: Any) -> Any:
    """As ``exporting`` wrote it down, by the type that it had."""
    match column.type:
        case UTCDateTime():
            return _moment(value)
        case Span():
            return None if value is None else timedelta(seconds=value)
        case Enum() as words:
            return words.enum_class(value) if words.enum_class and value is not None else value
        case _:
            return value


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
