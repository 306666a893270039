"""What screens read: everything a card shows, and nothing that its reader may not see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.base import CLOCK, Actor, PersonId, TicketId
from domain.files.attaching import AttachFiles, IncomingFile, attach_files
from domain.sla.keeping import start_clock
from domain.tickets.conversing import AddComment, AddNote, add_comment, add_note
from domain.tickets.errors import TicketNotFound
from domain.tickets.policy import standings
from domain.tickets.states import State
from domain.tickets.steering import FollowTicket, follow_ticket
from storage.database import Database
from storage.queries.tickets import TicketQueries
from storage.queries.views import Named
from tests.storage.making import (
    DIRECT,
    LI,
    MINUTE,
    SUN,
    T0,
    WANG,
    ZHANG,
    ZHAO,
    draft_one,
    open_one,
    unit,
)

EVERYBODY = (ZHANG, LI, WANG, ZHAO, SUN, CLOCK)


async def test_a_view_has_everything_a_card_shows(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, LI, T0 + MINUTE) as work:
        ticket = await work.tickets.find(number)
        await start_clock(ticket, work)
        ticket.accept(LI, work.now)
        ticket.offer(LI, WANG.person, "要换硬盘", work.now)
        await attach_files(AttachFiles(number, (IncomingFile("wecom", "image", "media1", "照片.jpg"),)), work)
        await follow_ticket(FollowTicket(number), work)
    view = await TicketQueries(db).view(ticket.id)
    assert (view.number, view.draft, view.title, view.place, view.state) == (
        number, "D-1", "3楼打印机卡纸", "3楼", State.IN_PROGRESS,
    )  # fmt: skip
    assert view.desk is not None
    assert (view.desk.name, view.desk.lead, view.desk.members) == (
        "IT服务台",
        WANG.person,
        (LI.person, WANG.person),
    )
    assert (view.requester, view.assignee) == (Named(ZHANG.person, "张三"), Named(LI.person, "李四"))
    assert (view.receiver, view.transfer_by, view.transfer_reason) == (
        Named(WANG.person, "王五"), Named(LI.person, "李四"), "要换硬盘",
    )  # fmt: skip
    assert view.followers == (Named(LI.person, "李四"),)
    assert [file.name for file in view.files] == ["照片.jpg"]
    assert [(d.goal.value, d.started_at) for d in view.deadlines] == [
        ("respond", T0 + MINUTE),
        ("resolve", T0 + MINUTE),
    ]
    assert (view.origin, view.created_at, view.responded_at, view.version) == (DIRECT, T0, T0 + MINUTE, 2)


async def test_a_draft_without_a_desk_has_a_view(db: Database) -> None:
    draft = await draft_one(db, "帮我看看")
    view = await TicketQueries(db).view(draft)
    assert (view.number, view.desk, view.assignee, view.receiver, view.deadlines) == (
        "D-1",
        None,
        None,
        None,
        (),
    )


async def test_what_the_clock_offered_back_is_signed_by_the_clock(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, CLOCK) as work:
        (await work.tickets.find(number)).offer(CLOCK, WANG.person, "轮到您了", work.now)
    assert (await TicketQueries(db).view(number)).transfer_by == Named(PersonId(0), "系统时钟")
    assert (await TicketQueries(db).timeline(TicketId(1)))[-1].actor_name == "系统时钟"


async def test_what_is_not_there_is_not_found(db: Database) -> None:
    queries = TicketQueries(db)
    with pytest.raises(TicketNotFound):
        await queries.view(TicketId(7))
    assert await queries.by_number("IT-7") is None
    assert await queries.visible("IT-7", ZHAO) is None
    assert await queries.timeline(TicketId(7)) == []


async def test_sight_is_the_same_in_sql_as_in_the_domain(db: Database) -> None:
    """For every kind of ticket and every kind of person: the statement agrees with ``standings``."""
    await draft_one(db)
    await open_one(db)
    offered, followed = await open_one(db, desk="hr", by=ZHAO), await open_one(db, desk="hr", by=ZHAO)
    async with unit(db, ZHAO) as work:
        ticket = await work.tickets.find(offered)
        ticket.accept(LI, work.now)
        ticket.offer(LI, WANG.person, "", work.now)
        (await work.tickets.find(followed)).follow(SUN, work.now)
    queries = TicketQueries(db)
    for id_ in range(1, 5):
        async with unit(db, CLOCK) as work:
            ticket = await work.tickets.find(f"#{id_}")
            desk = await work.desks.get(ticket.desk)
        for actor in EVERYBODY:
            may_see = bool(standings(ticket, desk, actor))
            assert (await queries.visible(f"#{id_}", actor) is not None) == may_see, (id_, actor.name)


async def test_internal_notes_stay_out_of_the_timeline_unless_asked_for(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, LI, T0 + MINUTE) as work:
        await add_note(AddNote(number, "这台是第三次了"), work)
        await add_comment(AddComment(number, "下午三点过去"), work)
    queries = TicketQueries(db)
    told = await queries.timeline(TicketId(1))
    assert [(row.seq, row.kind, row.actor_name) for row in told] == [
        (1, "opened", "张三"),
        (3, "commented", "李四"),
    ]
    assert told[1].payload == {"text": "下午三点过去", "internal": False}
    assert told[1].at == T0 + MINUTE
    everything = await queries.timeline(TicketId(1), include_internal=True)
    assert [row.payload.get("text") for row in everything] == [None, "这台是第三次了", "下午三点过去"]


async def test_mine_shows_what_goes_on_before_what_is_over(db: Database) -> None:
    first, second, third = [await open_one(db, text) for text in ("一", "二", "三")]
    await open_one(db, "别人的", by=SUN)
    async with unit(db, ZHANG) as work:
        (await work.tickets.find(third)).cancel(ZHANG, "", work.now)
    queries = TicketQueries(db)
    lines = await queries.mine(ZHANG.person, limit=10, offset=0)
    assert [line.number for line in lines] == [second, first, third]
    assert [line.number for line in await queries.mine(ZHANG.person, limit=1, offset=1)] == [first]
    assert lines[0].title == "二"
    assert await queries.going_on_with(ZHANG.person) == [second, first]


async def test_todo_is_what_waits_for_this_person(db: Database) -> None:
    pool, mine, offered, hr = [await open_one(db, desk=desk) for desk in ("it", "it", "it", "hr")]
    await draft_one(db)
    async with unit(db, LI) as work:
        (await work.tickets.find(mine)).accept(LI, work.now)
        (await work.tickets.find(offered)).accept(WANG, work.now)
        (await work.tickets.find(offered)).offer(WANG, LI.person, "", work.now)
    queries = TicketQueries(db)
    assert [line.number for line in await queries.todo(LI.person)] == [offered, mine, pool]
    assert [line.number for line in await queries.todo(WANG.person)] == [offered, pool]
    assert [line.number for line in await queries.todo(ZHAO.person)] == [hr]
    assert await queries.todo(ZHANG.person) == []


async def test_search_finds_words_in_any_case_and_only_what_may_be_seen(db: Database) -> None:
    printer = await open_one(db, "3楼 HP打印机 卡纸")
    await open_one(db, "打印机没墨", desk="hr", by=SUN)
    queries = TicketQueries(db)

    async def found(actor: Actor, words: str) -> list[str]:
        return [line.number for line in await queries.search(actor, words)]

    assert await found(ZHANG, "打印机") == [printer]
    assert await found(ZHANG, "hp  卡纸") == [printer]
    assert await found(ZHANG, "卡纸 没墨") == []
    assert await found(LI, "it-1001") == [printer]
    assert await found(ZHAO, "打印机") == ["HR-1002", printer]
    assert await found(LI, "") == []


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", '"', "100%"])
async def test_search_takes_every_sign_literally(db: Database, words: str) -> None:
    await open_one(db, "普通的单")
    number = await open_one(db, f"磁盘 {words} 满了")
    assert [line.number for line in await TicketQueries(db).search(ZHANG, words)] == [number]


async def test_the_newest_of_several_with_the_same_digits_is_shown(db: Database) -> None:
    await open_one(db)
    view = await TicketQueries(db).visible("1001", replace(ZHANG))
    assert view is not None
    assert view.number == "IT-1001"
