"""Out and in again: nothing changes, nothing doubles, and people are the same people."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.base import Account, PersonId
from domain.dispatch.round import Offer, Round
from domain.files.attaching import AttachFiles, IncomingFile, attach_files
from domain.people.people import Strategy
from domain.sla.keeping import start_clock
from domain.tickets.conversing import AddNote, add_note
from domain.tickets.events import TransferOffered
from domain.tickets.steering import FollowTicket, follow_ticket
from domain.tickets.transferring import TransferTicket, transfer_ticket
from storage.database import Database
from storage.importing import BadLine
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.timers import Timers
from tests.storage.making import GROUP, LI, MINUTE, SUN, T0, WANG, draft_one, open_one, unit

# What products that export least would give us.
FOREIGN = {
    "number": "OLD-77",
    "title": "网络断了",
    "desk": "it",
    "state": "closed",
    "priority": "P2",
    "requester": "外来者",
    "assignee": "李四",
    "opened_at": "2026-11-01T09:00:00+08:00",
    "events": [{"kind": "opened", "at": "2026-11-01T09:00:00+08:00", "actor": "外来者", "number": "OLD-77"}],
}


@pytest.fixture
async def elsewhere(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database: from it, to it, and so also from PostgreSQL to it."""
    database = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    await database.migrate()
    yield database
    await database.close()


async def lines(db: Database) -> list[dict[str, Any]]:
    return [line async for line in TicketQueries(db).export()]


async def busy_day(db: Database) -> None:
    number = await open_one(db)
    await draft_one(db, by=SUN)
    async with unit(db, LI, T0 + MINUTE) as work:
        ticket = await work.tickets.find(number)
        await start_clock(ticket, work)
        ticket.accept(LI, work.now)
        for deadline in await work.deadlines.of(ticket.id):
            deadline.ended_at, deadline.taken_by, deadline.spent = T0, WANG.person, 1.5 * MINUTE
        await add_note(AddNote(number, "第三次了"), work)
        await attach_files(AttachFiles(number, (IncomingFile("wecom", "image", "media1", "照片.jpg"),)), work)
        await follow_ticket(FollowTicket(number), work)
        ticket.join(SUN, work.now)
        ticket.join(LI, work.now)
        await transfer_ticket(TransferTicket(number, "王五", "换硬盘"), work)
    await asked_in_turn(db)


async def asked_in_turn(db: Database) -> None:
    """孙七 was asked, and 王五 is being asked."""
    number = await open_one(db)
    async with unit(db, LI, T0 + MINUTE) as work:
        ticket = await work.tickets.find(number)
        round_ = Round(ticket=ticket.id, desk="it", strategy=Strategy.LEAST_LOADED, offer_for=5 * MINUTE)
        round_.passed(SUN.person)
        offer = round_.ask(WANG.person, work.now)
        await work.rounds.add(round_)
        await work.timers.set(f"offer:{ticket.id}", ticket.id, offer.until)


async def test_a_line_has_the_shape_that_scripts_rely_on(db: Database) -> None:
    await busy_day(db)
    ticket, draft, asked = json.loads(json.dumps(await lines(db), ensure_ascii=False))
    assert {
        name: ticket[name]
        for name in ("number", "title", "desk", "state", "priority", "requester", "assignee")
    } == {
        "number": "IT-1001",
        "title": "3楼打印机卡纸",
        "desk": "it",
        "state": "in_progress",
        "priority": "P3",
        "requester": "张三",
        "assignee": "李四",
    }
    assert ticket["opened_at"] == "2026-11-25T02:00:00+00:00"
    told = {
        "kind": "opened",
        "at": "2026-11-25T02:00:00+00:00",
        "actor_id": 1,
        "actor": "张三",
        "number": "IT-1001",
        "title": "3楼打印机卡纸",
        "desk": "it",
        "priority": "P3",
    }
    assert {name: ticket["events"][0][name] for name in told} == told
    assert ticket["events"][-1]["to"] == WANG.person
    assert ticket["people"]["3"] == {"name": "王五", "accounts": ["dingtalk:wang5"]}
    assert (draft["number"], draft["state"], draft["assignee"]) == ("D-2", "draft", None)
    assert (ticket["round"], asked["round"]["strategy"]) == (None, "least_loaded")
    assert TransferOffered.kind == ticket["events"][-1]["kind"]


async def test_what_went_out_comes_in_the_same(db: Database, elsewhere: Database) -> None:
    await busy_day(db)
    sent = await lines(db)
    queries = TicketQueries(elsewhere)
    assert await queries.import_(json.loads(json.dumps(sent))) == 3
    assert _without_ids(await lines(elsewhere)) == _without_ids(sent)
    assert await Timers(elsewhere).due(T0 + 2000 * MINUTE, 9) == await Timers(db).due(T0 + 2000 * MINUTE, 9)
    assert await queries.import_(sent) == 0
    assert len(await lines(elsewhere)) == 3


async def test_who_is_being_asked_is_asked_there_as_well(db: Database, elsewhere: Database) -> None:
    known = await Directory(elsewhere).meet(Account("dingtalk", "WANG5"), "王师傅", T0)
    await asked_in_turn(db)
    await TicketQueries(elsewhere).import_(json.loads(json.dumps(await lines(db))))
    view = await TicketQueries(elsewhere).view("IT-1001")
    assert view.offer == Offer(known.id, T0 + MINUTE, T0 + 6 * MINUTE)
    async with unit(elsewhere, LI) as work:
        round_ = await work.rounds.of(view.id)
        sun = await work.people.find("孙七")
    assert round_ is not None
    assert round_.asked == (sun.id, known.id)
    assert [timer.key for timer in await Timers(elsewhere).due(view.offer.until, 9)] == [f"offer:{view.id}"]


async def test_people_are_told_by_their_accounts(db: Database, elsewhere: Database) -> None:
    await busy_day(db)
    known = await Directory(elsewhere).meet(Account("dingtalk", "WANG5"), "王师傅", T0)
    await TicketQueries(elsewhere).import_(await lines(db))
    view = await TicketQueries(elsewhere).view("IT-1001")
    assert view.receiver is not None
    assert view.receiver.id == known.id
    offered = (await TicketQueries(elsewhere).timeline(view.id))[-1]
    assert offered.payload["to"] == known.id


async def test_numbers_go_on_after_an_import(db: Database) -> None:
    await TicketQueries(db).import_(
        [{**FOREIGN, "number": "IT-5000"}, {**FOREIGN, "number": "D-40", "draft": "D-40"}]
    )
    assert await open_one(db) == "IT-5001"
    assert (await TicketQueries(db).view("IT-5001")).id > 40


async def test_a_draft_whose_id_is_taken_gets_another_and_is_still_imported_once(db: Database) -> None:
    await open_one(db)
    draft = {**FOREIGN, "number": "D-1", "draft": "D-1", "state": "draft"}
    assert [await TicketQueries(db).import_([draft]) for _ in range(2)] == [1, 0]
    assert [line["number"] for line in await lines(db)] == ["IT-1001", "D-2"]


async def test_a_line_of_another_program_is_enough(db: Database) -> None:
    assert await TicketQueries(db).import_([FOREIGN]) == 1
    view = await TicketQueries(db).view("OLD-77")
    assert view.assignee is not None
    assert (view.assignee.id, view.requester.name, view.text) == (LI.person, "外来者", "网络断了")
    assert [row.actor_name for row in await TicketQueries(db).timeline(view.id)] == ["外来者"]
    assert view.requester.id == PersonId(6)
    assert view.origin != GROUP


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "新"},
        {"requester": None},
        {"opened_at": "昨天", "events": []},
        {"opened_at": "2026-11-01 09:00"},
    ],
)
async def test_a_bad_line_is_named_and_its_batch_left_out(db: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadLine, match="第 2 行"):
        await TicketQueries(db).import_([FOREIGN, {**FOREIGN, "number": "OLD-78", **wrong}])
    assert await lines(db) == []


def _without_ids(exported: Any) -> Any:
    """Ids of people are another database's; names and accounts must be the same."""
    if isinstance(exported, list):
        return [_without_ids(one) for one in exported]
    if not isinstance(exported, dict):
        return exported
    numbers = {"to", "by", "taken_by", "previous", "asked", "offered_to"}
    kept = {
        name: value
        for name, value in exported.items()
        if not name.endswith(("_id", "_ids")) and name not in numbers
    }
    return {
        name: sorted(value.values(), key=str) if name == "people" else _without_ids(value)
        for name, value in kept.items()
    }
