"""No statement that runs all day walks a whole table. SQLite can say so; the indexes are the same on PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import event

from domain.base import CLOCK, Account, TicketId
from domain.duty.watching import CheckOwners, check_owners
from domain.tickets.assigning import AcceptTicket, accept_ticket
from storage.cards import Cards
from storage.database import Database
from storage.duty import DutyTimes
from storage.inbox import PendingInbox
from storage.outbox import Outbox, Queued
from storage.people import Directory
from storage.prompts import Prompts
from storage.queries.digest import DigestQueries
from storage.queries.tickets import TicketQueries
from storage.timers import Timers
from tests.storage.making import DIRECT, LI, T0, ZHANG, draft_one, open_one, seed_company, unit

# A handful of rows each, read whole on purpose.
SMALL = {"desks", "desk_members", "desk_channels", "people", "rosters", "told_unowned"}


async def test_nothing_that_runs_all_day_walks_a_whole_table(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'paidan.db'}")
    await db.migrate()
    async with db.write() as connection:
        await seed_company(connection)
    heard = _listen(db)
    await _a_day(db)
    scanned = {table for statement, values in heard for table in await _scanned(db, statement, values)}
    assert "desks" in scanned  # so the plans are read right
    assert scanned - SMALL == set()
    await db.close()


async def _a_day(db: Database) -> None:
    await draft_one(db)
    number = await open_one(db)
    async with unit(db, LI) as work:
        await work.served("wecom:1")
        await accept_ticket(AcceptTicket(number.removeprefix("IT-")), work)
        await work.tickets.newest_draft(ZHANG.person)
        await work.people.find("李四")
        await work.take_timer("draft:1", T0)
        await work.enqueue(Queued("refresh", "{}", "ticket:1", "refresh:1"))
        await work.serve("wecom:1", "null")
    await _around_it(db)
    await _who_is_there(db)
    await _who_is_asked(db)
    queries = TicketQueries(db)
    await queries.visible("#2", LI)
    await queries.timeline(TicketId(2))
    await queries.mine(ZHANG.person)
    await queries.todo(LI.person)
    await queries.going_on_with(ZHANG.person)
    await _a_morning(db)


async def _who_is_there(db: Database) -> None:
    await DutyTimes(db).due(T0, 10)
    await DutyTimes(db).next_due()
    async with unit(db, CLOCK) as work:
        await check_owners(CheckOwners(), work)
        await work.duty.absence(LI.person)
        await work.leaves.deputized_to(LI.person)
        await work.rosters.swaps_of(LI.person)
        await work.holdings.held_by(LI.person)
        await work.holdings.offered_to(LI.person)
        await work.holdings.watched_by(LI.person)
        await work.holdings.open_at("it")


async def _who_is_asked(db: Database) -> None:
    async with unit(db, CLOCK) as work:
        await work.rounds.of(TicketId(2))
        await work.rounds.asked_of(LI.person)
        await work.rounds.last_asked("it")
        await work.rounds.pass_turn("it", LI.person)
        await work.rounds.loads([LI.person, ZHANG.person])


async def _a_morning(db: Database) -> None:
    digest = DigestQueries(db)
    await digest.items([LI.person, ZHANG.person])
    await digest.unfinished(["it"])
    await digest.flow(["it"], T0, T0)
    await digest.away(T0, T0)
    await digest.not_here()


async def _around_it(db: Database) -> None:
    outbox, cards, inbox, account = Outbox(db), Cards(db), PendingInbox(db), Account("wecom", "ZhangSan")
    await outbox.claim(T0, "w", 10)
    await outbox.next_due()
    await outbox.pending()
    await outbox.done(1, T0)
    copy = await cards.remember(DIRECT, "task-1", TicketId(2), "requester", "d", 1, "code", T0)
    await cards.spend(copy.id, "d", T0)
    await cards.doubt(copy.id)
    await cards.by_handle("wecom", "task-1")
    await cards.copies_of(TicketId(2))
    await inbox.pending(T0, 10)
    await Timers(db).due(T0, 10)
    await Timers(db).next_due()
    await Directory(db).meet(account, "张三", T0)
    await Prompts(db).open(account, T0)


def _listen(db: Database) -> list[tuple[str, Any]]:
    heard: list[tuple[str, Any]] = []
    for engine in (db._writer, db._reader):
        event.listen(
            engine.sync_engine,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, values, *_: heard.append((statement, values)),
        )
    return heard


async def _scanned(db: Database, statement: str, values: Any) -> list[str]:
    if statement.startswith(("BEGIN", "EXPLAIN")):
        return []
    async with db.write() as connection:
        one = values[0] if isinstance(values, list) else values
        plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(one))).all()
    return [found[1] for step in plan if (found := re.match(r"SCAN (\w+)", str(step[-1])))]
