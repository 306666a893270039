"""A small company and short ways to act in it. Time is what the test says it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, Actor, Conversation, PersonId, Role
from domain.sla.calendar import PlainTime
from domain.sla.policy import Policy, Target
from domain.tickets.opening import OpenTicket, StartDraft, open_ticket, start_draft
from domain.tickets.states import Priority
from storage.database import Database
from storage.people import DeskSeed, PersonSeed, seed
from storage.unit import SqlUnit

T0 = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GROUP = Conversation("dingtalk", "group", "cidIT")
DIRECT = Conversation("wecom", "direct", "ZhangSan")

PEOPLE = [
    PersonSeed("张三", (Account("wecom", "ZhangSan"), Account("dingtalk", "zhang3"))),
    PersonSeed("李四", (Account("wecom", "LiSi"),), frozenset({Role.AGENT}), ("打印机",)),
    PersonSeed("王五", (Account("dingtalk", "wang5"),), frozenset({Role.AGENT, Role.LEAD})),
    PersonSeed("赵六", (Account("dingtalk", "zhao6"),), frozenset({Role.ADMIN})),
    PersonSeed("孙七", (Account("wecom", "SunQi"),)),
]
ZHANG, LI, WANG, ZHAO, SUN = (
    Actor(PersonId(number), person.name, person.roles) for number, person in enumerate(PEOPLE, 1)
)
DESKS = [
    DeskSeed(
        "it",
        "IT服务台",
        "IT",
        lead="王五",
        members=("李四", "王五"),
        channels=(GROUP,),
        keywords=("打印机",),
        sla="标准",
    ),
    DeskSeed("hr", "人事", "HR", lead="赵六", members=("赵六",)),
]
POLICY = Policy(
    name="标准",
    targets={p: Target(respond=timedelta(minutes=30), resolve=timedelta(hours=4)) for p in Priority},
    calendar=PlainTime(),
    ladder=(timedelta(), timedelta(minutes=30)),
)
POLICIES = {"标准": POLICY}


async def seed_company(connection: AsyncConnection) -> None:
    await seed(connection, PEOPLE, DESKS)


@asynccontextmanager
async def unit(db: Database, actor: Actor, now: datetime = T0) -> AsyncIterator[SqlUnit]:
    async with db.write() as connection:
        opened = SqlUnit(connection, actor=actor, now=now, policies=POLICIES)
        yield opened
        await opened.flush()


async def open_one(
    db: Database, text: str = "3楼打印机卡纸", by: Actor = ZHANG, desk: str = "it", now: datetime = T0
) -> str:
    async with unit(db, by, now) as work:
        return await open_ticket(OpenTicket(text=text, origin=DIRECT, desk=desk), work)


async def draft_one(db: Database, text: str = "3楼打印机卡纸", by: Actor = ZHANG, now: datetime = T0) -> str:
    async with unit(db, by, now) as work:
        return await start_draft(StartDraft(text=text, origin=DIRECT), work)
