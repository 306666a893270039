"""Plays a history against the whole program, and keeps everything that was offered, answered and seen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.server import Emulator
from bot.app import running
from bot.settings import Settings
from storage.cards import copies as cards
from storage.ticket_tables import tickets
from tests.histories.acts import Act, AtOnce, Goes, Passes, Presses, Restarts, Says
from tests.histories.phones import Copy, Phones
from tests.stories.stage import EMPLOYEES, GROUP, TEAM, Player, Stage, settings_for, vendors

Counts = Mapping[str, int]  # a ticket's number, and how many events it has had


@dataclass(frozen=True)
class Heard:
    """One message that was offered, by the id that its vendor gave it."""

    act: Says
    id: str
    accepted: bool


@dataclass(frozen=True)
class Press:
    """One press, what the books said before and after it, and everything that its presser then got to read."""

    act: Presses
    copy: Copy
    key: str
    superseded: bool
    followed: bool  # by a newer card about the same ticket, in the same chat
    alone: bool
    before: Counts
    after: Counts
    answers: tuple[str, ...]  # one for each delivery; "" where it was empty
    told: tuple[str, ...]  # in the presser's own chats, besides
    under_way: bool  # something could not be delivered yet

    def __str__(self) -> str:
        return (
            f"{self.act.who} pressed {self.key} on {self.copy}\n  answers {self.answers}\n  told {self.told}"
        )


@dataclass
class Record:
    heard: list[Heard] = field(default_factory=list)
    presses: list[Press] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)  # names, once for each thing that somebody did
    lost_answers: int = 0
    restarts: int = 0
    quiet_after: timedelta = timedelta()


class Play:
    def __init__(self, emulator: Emulator, settings: Settings) -> None:
        self.emulator = emulator
        self.settings = settings
        self.phones = Phones(emulator)
        self.record = Record()
        self.stage: Stage
        self._program: Any = None

    # ── the program ──

    async def begin(self) -> None:
        self._program = running(self.settings, now=self.emulator.clock.now)
        app = await self._program.__aenter__()
        await self.emulator.dingtalk.connected()
        await self.emulator.wecom.aibot.connected()
        self.stage = Stage(self.emulator, app)

    async def end(self) -> None:
        await self._program.__aexit__(None, None, None)
        await self.emulator.dingtalk.connected(0)

    # ── the history ──

    async def perform(self, acts: tuple[Act, ...]) -> None:
        for act in acts:
            match act:
                case Says() | Presses():
                    await self._together((act,))
                case AtOnce():
                    await self._together(act.acts)
                case Passes(minutes=minutes):
                    await self.stage.later(minutes=minutes)
                case Goes():
                    self._go_wrong(act)
                case Restarts():
                    self.record.restarts += 1
                    await self.end()
                    await self.begin()
                    await self.stage.settle()

    async def come_to_rest(self) -> None:
        """Nothing goes wrong any more, and time passes until what failed has been tried again."""
        self.emulator.wecom.faults.clear()
        self.emulator.dingtalk.faults.clear()
        await self.stage.settle()
        began = self.emulator.clock.now()
        while (due := await self._due_soon()) is not None:
            self.emulator.clock.advance(max(due - self.emulator.clock.now(), timedelta()))
            await self.stage.settle()
        self.record.quiet_after = self.emulator.clock.now() - began

    async def _due_soon(self) -> datetime | None:
        due = await self.stage.app.outbox.next_due()
        soon = self.emulator.clock.now() + timedelta(minutes=20)
        return due if due is not None and due <= soon else None

    # ── people ──

    async def _together(self, acts: tuple[Says | Presses, ...]) -> None:
        aims = {act: self._aim(act) for act in acts if isinstance(act, Presses)}
        followed = {aim[0] for aim in aims.values() if aim and self.phones.is_followed(aim[0])}
        before = await self._counts()
        superseded = await self._superseded()
        read = {person: len(self._read_by(person)) for person in {act.who for act in acts}}
        aimed = [aims[act] if isinstance(act, Presses) else None for act in acts]
        doings = [self._do(act, before, aim) for act, aim in zip(acts, aimed, strict=True)]
        answers = await asyncio.gather(*doings)
        await self.stage.settle()
        after, waiting = await self._counts(), await self.stage.app.outbox.pending() > 0
        for act, aim, answer in zip(acts, aimed, answers, strict=True):
            if not isinstance(act, Presses) or aim is None:
                continue
            copy, key = aim
            self.record.presses.append(
                Press(
                    act=act,
                    copy=copy,
                    key=key,
                    superseded=(copy.door, copy.handle) in superseded,
                    followed=copy in followed,
                    alone=len(acts) == 1,
                    before=before,
                    after=after,
                    answers=answer,
                    told=tuple(self._read_by(act.who)[read[act.who] :]),
                    under_way=waiting,
                )
            )

    async def _do(self, act: Says | Presses, counts: Counts, aim: tuple[Copy, str] | None) -> tuple[str, ...]:
        if isinstance(act, Says):
            await self._say(act, counts)
            return ()
        return await self._press(act, *aim) if aim else ()

    async def _say(self, act: Says, counts: Counts) -> None:
        numbers = [*reversed(list(counts))] or ["1001"]
        text = act.text.format(n=numbers[act.ticket % len(numbers)])
        player, group = self._player(act), {"wecom": TEAM, "dingtalk": GROUP}[act.on]
        self.record.acted.append(act.who)
        if act.on == "wecom" and act.where == "group":
            await self.emulator.wecom.aibot.says(player.id, text, TEAM)
        elif act.on == "wecom":
            delivery = await self.emulator.wecom.says(player.id, text)
            self._hear(act, player, delivery.status == 200)
        else:
            place = group if act.where == "group" else None
            if place and player.id not in self.emulator.company.groups[GROUP].members:
                place = None
            said = await self.emulator.dingtalk.says(player.id, text, place)
            self._hear(act, player, said.acked, place or "")

    def _hear(self, act: Says, player: Player, accepted: bool, group: str = "") -> None:
        chat = self.stage.chat(act.on, group or player.id)
        said = next(bubble for bubble in reversed(chat) if bubble.sender == player.id)
        self.record.heard.append(Heard(act, said.id, accepted))

    async def _press(self, act: Presses, copy: Copy, key: str) -> tuple[str, ...]:
        self.record.acted.append(act.who)
        person, wecom, dingtalk = self._player(act).id, self.emulator.wecom, self.emulator.dingtalk
        if copy.door == "wecom-aibot":
            done = wecom.aibot.book.done
            before = len(done)
            await wecom.aibot.presses(person, copy.bubble, key, stale=True)
            painted = [one.body for one in done[before:] if one.cmd == "aibot_respond_update_msg"]
            return (_words(painted),)
        if act.on == "wecom":
            delivery = await wecom.presses_stale(person, copy.bubble, key)
            answers = [delivery.reply.plain if delivery.reply else ""]
            for _ in range(act.times - 1):
                again = await wecom.redeliver()
                answers.append(again.reply.plain if again.reply else "")
            return tuple(answers)
        pressed = await dingtalk.presses_stale(person, copy.handle, key)
        answers = [_words(pressed.response)]
        for _ in range(act.times - 1):
            answers.append(_words((await dingtalk.repeat()).response))
        return tuple(answers)

    def _aim(self, act: Presses) -> tuple[Copy, str] | None:
        player = self._player(act)
        group = GROUP if act.on == "dingtalk" else TEAM
        inside = player.id in self.emulator.company.groups[group].members
        copies = self.phones.seen_by(act.on, (player.id, group) if inside else (player.id,))
        copies = [copy for copy in copies if copy.keys]
        if not copies:
            return None
        copy = copies[act.card % len(copies)]
        return copy, copy.keys[act.key % len(copy.keys)]

    def _player(self, act: Says | Presses) -> Player:
        return self.stage.player(act.who, act.on)

    def _read_by(self, name: str) -> list[str]:
        who = next(employee for employee in EMPLOYEES if employee.name == name)
        said = [*self.phones.said_to("wecom", who.wecom), *self.phones.said_to("dingtalk", who.dingtalk)]
        return [bubble.text for bubble in sorted(said, key=lambda bubble: bubble.at)]

    # ── the books ──

    async def _counts(self) -> Counts:
        wanted = select(tickets.c.number, tickets.c.id, tickets.c.event_count).order_by(tickets.c.id)
        async with self.stage.app.database.read() as connection:
            rows = (await connection.execute(wanted)).all()
        return {row.number or f"D-{row.id}": row.event_count for row in rows}

    async def _superseded(self) -> set[tuple[str, str]]:
        wanted = select(cards.c.platform, cards.c.handle).where(cards.c.state == "superseded")
        async with self.stage.app.database.read() as connection:
            return {(row.platform, row.handle) for row in await connection.execute(wanted)}

    # ── what goes wrong ──

    def _go_wrong(self, act: Goes) -> None:
        wecom, dingtalk = self.emulator.wecom, self.emulator.dingtalk
        match act.wrong:
            case "the repaint of a card fails on DingTalk":
                dingtalk.faults.plan("/v1.0/card/instances", Fault.UNAVAILABLE, times=act.times)
            case "the answer to a card is lost on DingTalk":
                self.record.lost_answers += act.times
                dingtalk.faults.plan("/v1.0/card/instances", Fault.RESET_AFTER, times=act.times)
            case "DingTalk says too fast":
                dingtalk.faults.plan("/v1.0/", Fault.TOO_FAST, times=act.times)
            case "the answer to words is lost on DingTalk":
                self.record.lost_answers += act.times
                dingtalk.faults.plan("/v1.0/robot", Fault.RESET_AFTER, times=act.times)
            case "the repaint of a card fails on WeCom":
                wecom.faults.bad_gateway("message/update_template_card", act.times)
            case "the answer to a repaint is lost on WeCom":
                wecom.faults.reset_after("message/update_template_card", act.times)
            case "the answer to a message is lost on WeCom":
                wecom.faults.reset_after("message/send", act.times)
            case "WeCom is busy":
                wecom.faults.fail("message/send", 45009, act.times)


CARD_WRONGS = (
    "the repaint of a card fails on DingTalk",
    "the answer to a card is lost on DingTalk",
    "the repaint of a card fails on WeCom",
    "the answer to a repaint is lost on WeCom",
)
ALL_WRONGS = (
    *CARD_WRONGS,
    "DingTalk says too fast",
    "the answer to words is lost on DingTalk",
    "the answer to a message is lost on WeCom",
    "WeCom is busy",
)


def _words(response: Any) -> str:
    return json.dumps(response, ensure_ascii=False) if response else ""


CHANNELS = {
    "a DingTalk group": [f"dingtalk:{GROUP}", "wecom-webhook:it-alerts"],
    "no group in which one can press": ["wecom-webhook:it-alerts"],
    "a WeCom group with the AI bot": [f"wecom-aibot:{TEAM}"],
    "a group on either platform": [f"dingtalk:{GROUP}", f"wecom-aibot:{TEAM}"],
}


@asynccontextmanager
async def playing(database_url: str, folder: Path, channels: list[str]) -> AsyncIterator[Play]:
    async with vendors() as (emulator, port):
        emulator.dingtalk.switches.qps = 0  # time stands still, and with it the second that is counted
        settings = settings_for(emulator, database_url, folder, port, channels)
        play = Play(emulator, settings)
        await play.begin()
        try:
            yield play
        finally:
            await play.end()
