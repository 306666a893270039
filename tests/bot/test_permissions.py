"""The table of permissions, tried at every door: each person, each state of a ticket, each verb, typed and pressed.

What the table does not allow changes nothing, and who is nothing to a ticket hears the same as of one that does not
exist. The expectation is written from who somebody was made to be, not asked from the program.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path
from zlib import crc32

import pytest
from sqlalchemy import func, select

from adapters.chat import Pressed, Said
from adapters.emulator.clock import Clock
from adapters.emulator.server import Emulator
from adapters.grammar import PHRASES, Phrase, key_of
from bot.app import App, build
from bot.effects import Say, from_json
from domain.base import Account, Actor, Conversation
from domain.people.people import Person
from domain.tickets.opening import OpenTicket, StartDraft, open_ticket, start_draft
from domain.tickets.policy import RULES, Standing
from domain.tickets.states import UNFINISHED, State
from domain.tickets.ticket import Ticket
from storage.cards import Cards
from storage.outbox_table import outbox
from storage.ticket_tables import events
from storage.unit import SqlUnit
from tests.stories.stage import MORNING, Platform, company, settings_for

SECRET = "会议室投影仪密码"
NOBODY = "999999"  # a number that no ticket has
# Known by name in the configuration; the others are met when they first speak.
CAST = {
    Standing.REQUESTER: "张三",
    Standing.FOLLOWER: "关注的人",
    Standing.AFFECTED: "也遇到的人",
    Standing.ASSIGNEE: "外援",
    Standing.RECEIVER: "接收的人",
    Standing.MEMBER: "李四",
    Standing.LEAD: "陈静",
    Standing.ADMIN: "赵敏",
    None: "路人",
}
# All but time's own moves, and files.
TYPED: dict[str, Phrase] = {phrase.command.verb: phrase for phrase in PHRASES}


@dataclass
class Door:
    """The program without its background work; what it wants to say stays in the outbox."""

    app: App
    platform: Platform
    numbers: count[int]

    @property
    def cards(self) -> Cards:
        return Cards(self.app.database)

    async def somebody(self, standing: Standing | None) -> tuple[Account, Person]:
        name = CAST[standing]
        known = next((p for p in self.app.settings.people if p.name == name), None)
        user = getattr(known, self.platform) if known else f"u{crc32(name.encode()):x}"
        account = Account(self.platform, user)
        return account, await self.app.directory.meet(account, name, MORNING)

    async def said(self, account: Account, text: str) -> str:
        """What is answered to a sentence."""
        place = Conversation(self.platform, "direct", account.user_id)
        before = await self._newest()
        await self.app.intake.receive(Said(f"m{next(self.numbers)}", account, place, text))
        async with self.app.database.read() as connection:
            rows = await connection.execute(select(outbox.c.payload).where(outbox.c.id > before))
            effects = [from_json(row.payload) for row in rows]
        return "\n".join(effect.text for effect in effects if isinstance(effect, Say))

    async def pressed(self, account: Account, key: str, handle: str) -> str:
        """What the presser is told, of whatever copy came into their hands."""
        press = Pressed(f"m{next(self.numbers)}", account, None, handle, key)
        return (await self.app.intake.receive(press)).note

    async def _newest(self) -> int:
        async with self.app.database.read() as connection:
            return (await connection.execute(select(func.max(outbox.c.id)))).scalar() or 0

    async def events_of(self, ticket: Ticket) -> int:
        async with self.app.database.read() as connection:
            counted = select(func.count()).where(events.c.ticket == ticket.id)
            return int((await connection.execute(counted)).scalar_one())

    async def ticket(self, state: State, standing: Standing | None) -> Ticket:
        """One in ``state``, to which nobody of the cast is anything but what they are called."""
        requester, assignee, member = [
            (await self.somebody(who))[1].actor
            for who in (Standing.REQUESTER, Standing.ASSIGNEE, Standing.MEMBER)
        ]
        actor = (await self.somebody(standing))[1].actor
        async with self.app.database.write() as connection:
            unit = SqlUnit(connection, actor=requester, now=MORNING, policies=self.app.policies)
            origin = Conversation(self.platform, "direct", f"place {next(self.numbers)}")
            ticket = await _made(unit, state, origin)
            if state is not State.DRAFT:
                _given(ticket, standing, actor)
            _worked(ticket, state, requester, assignee)
            if standing is Standing.RECEIVER and state in UNFINISHED:
                ticket.offer(member, actor.person, "", MORNING)
            await unit.flush()
        group = Conversation(self.platform, "group", "somewhere")
        await self.cards.remember(group, f"copy of {ticket.number}", ticket.id, "desk", "", 0)
        return ticket

    async def tries(self, way: str, account: Account, phrase: Phrase, number: str) -> str:
        """Types the phrase's example, or presses its button on a copy of that ticket's card."""
        if way == "typed":
            return await self.said(account, re.sub(r"(?:D-17|1042)", number, phrase.example, count=1))
        return await self.pressed(account, key_of(phrase.command(ticket=number)), f"copy of {number}")


async def _made(unit: SqlUnit, state: State, origin: Conversation) -> Ticket:
    if state is State.DRAFT:
        return await unit.tickets.find(await start_draft(StartDraft(SECRET, origin), unit))
    return await unit.tickets.find(await open_ticket(OpenTicket(SECRET, origin, desk="it"), unit))


def _given(ticket: Ticket, standing: Standing | None, actor: Actor) -> None:
    if standing is Standing.FOLLOWER:
        ticket.follow(actor, MORNING)
    if standing is Standing.AFFECTED:
        ticket.join(actor, MORNING)


def _worked(ticket: Ticket, state: State, requester: Actor, assignee: Actor) -> None:
    if state in (State.IN_PROGRESS, State.WAITING, State.RESOLVED, State.CLOSED):
        ticket.accept(assignee, MORNING)
    if state is State.WAITING:
        ticket.ask(assignee, "哪一间？", MORNING)
    if state in (State.RESOLVED, State.CLOSED):
        ticket.resolve(assignee, "好了", MORNING)
    if state is State.CLOSED:
        ticket.confirm(requester, MORNING)
    if state is State.CANCELLED:
        ticket.cancel(requester, "", MORNING)


def standing_in(state: State, standing: Standing | None) -> Standing | None:
    """What they really are: a draft is its author's alone, and some things one is only for a while."""
    if state is State.DRAFT:
        return standing if standing is Standing.REQUESTER else None
    if standing is Standing.RECEIVER and state not in UNFINISHED:
        return None
    if standing is Standing.ASSIGNEE and state in (State.OPEN, State.CANCELLED):
        return None
    return standing


@pytest.fixture
async def door(database_url: str, tmp_path: Path, platform: Platform) -> AsyncIterator[Door]:
    settings = settings_for(Emulator(company(), Clock(MORNING)), database_url, tmp_path, 1, [])
    app = build(settings, now=lambda: MORNING)
    await app.apply_seeds()
    await app.rules.refresh()
    yield Door(app, platform, count())
    await app.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
@pytest.mark.parametrize("way", ["typed", "pressed"])
@pytest.mark.parametrize("standing", CAST, ids=lambda s: s.name.lower() if s else "stranger")
@pytest.mark.parametrize("share", [13, pytest.param(1, marks=pytest.mark.campaign)])
async def test_only_what_the_table_allows_happens(
    door: Door, standing: Standing | None, way: str, platform: Platform, share: int
) -> None:
    """One cell in ``share``."""
    account, _ = await door.somebody(standing)
    turn = crc32(f"{standing}{way}{platform}".encode())
    for number, (state, (verb, phrase)) in enumerate(product(State, TYPED.items())):
        if number % share != turn % share:
            continue
        ticket = await door.ticket(state, standing)
        before = await door.events_of(ticket)
        told = await door.tries(way, account, phrase, ticket.number)
        about = (verb, state.value, told)
        rule, really = RULES[verb], standing_in(state, standing)
        if really is None:
            unheard_of = await door.tries("typed", account, phrase, NOBODY)
            assert told.replace(ticket.number, NOBODY) == unheard_of, about
        elif really in rule.who:
            assert f"没有找到工单 {ticket.number}" not in told, about
            assert not told.startswith("仅"), about
        else:
            assert told.startswith("仅"), about
        if really not in rule.who or state not in rule.states:
            assert await door.events_of(ticket) == before, about
        assert SECRET not in told or really is not None, about
