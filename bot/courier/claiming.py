"""Takes the heads of free lanes and performs them, a lane never twice at a time."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime

import structlog

from adapters.billing import billed_to
from adapters.chat import ChatPlatform, Elsewhere, Paced, PlatformError
from bot.answering import Answering
from bot.courier.failing import ELSEWHERE, MOST_ATTEMPTS, Failing, Undelivered
from bot.courier.insisting import Insisting
from bot.courier.painting import Painting
from bot.courier.places import Places
from bot.courier.refreshing import Refreshing
from bot.courier.reserving import Reserving
from bot.courier.sending import Sending
from bot.courier.showing import Showing, key_of
from bot.doorways import Doorways
from bot.effects import (
    Effect,
    FetchFile,
    Insist,
    RefreshLater,
    RefreshTicket,
    RepaintCopy,
    ShowAnswer,
    ShowCalls,
    TellFiles,
    TellRoom,
    TendRoom,
    from_json,
)
from bot.files.errands import FileErrands
from bot.lost_groups import GroupWatch
from bot.metering import Meters
from bot.reach import Breakers
from bot.rooms.errands import RoomErrands
from bot.screens import Screens
from bot.tasks import Tasks
from bot.thrift import Thrift
from storage.cards import Cards
from storage.outbox import Claimed, Outbox
from storage.people import Directory
from storage.prompts import Prompts

log = structlog.get_logger()

BATCH = 16
IDLE_POLL = 1.0  # seconds; a wake-up usually comes first
RENEWED = 5.0  # seconds; a quarter of the lease


class Courier:
    def __init__(
        self,
        outbox: Outbox,
        cards: Cards,
        screens: Screens,
        directory: Directory,
        prompts: Prompts,
        platforms: Mapping[str, ChatPlatform],
        answering: Answering,
        tasks: Tasks,
        *,
        now: Callable[[], datetime],
        name: str,
        breakers: Breakers,
        thrift: Thrift,
        undelivered: Undelivered,
        errands: FileErrands,
        meters: Meters,
        rooms: RoomErrands,
        doorways: Doorways,
        groups: GroupWatch,
        ring: Callable[[], None] = lambda: None,
        rng: random.Random | None = None,
    ) -> None:
        """``ring`` wakes the couriers of other replicas, for what this one can't do or has no hands for."""
        self._outbox = outbox
        self._ring = ring
        self._errands = errands
        self._meters = meters
        self._rooms = rooms
        self._tasks = tasks
        self._now = now
        self._name = name
        self._rng = rng or random.Random()
        places = Places(directory, platforms, breakers, doorways)
        reserving = Reserving(places)
        painting = Painting(cards, outbox, places, now=now)
        self._refreshing = Refreshing(
            cards,
            outbox,
            screens,
            directory,
            places,
            painting,
            reserving,
            answering,
            thrift,
            now=now,
            rng=self._rng,
        )
        showing = Showing(
            cards,
            outbox,
            prompts,
            directory,
            screens,
            places,
            reserving,
            thrift,
            now=now,
        )
        self._sending = Sending(outbox, screens, places, showing, breakers, errands, groups, now=now)
        self._insisting = Insisting(screens, places)
        self._failing = Failing(outbox, undelivered, meters, now=now, rng=self._rng)
        self._awake = asyncio.Event()
        self._looking = asyncio.Lock()
        self._room = asyncio.Semaphore(BATCH)
        self._busy: dict[asyncio.Task[None], int] = {}  # and the row that it performs
        self._ending = self._has_claimed = False

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled, or told to finish."""
        while not self._ending:
            self._awake.clear()
            if not await self._start_due():
                await self._sleep()

    async def keep(self) -> None:
        """Until cancelled: what is under way stays ours, however long a platform or a download takes."""
        while True:
            await asyncio.sleep(RENEWED)
            await self.renew()

    async def renew(self) -> None:
        """Whatever somebody else has taken meanwhile, because we were away for too long, is theirs to do."""
        held = dict(self._busy)
        still_ours = await self._outbox.renew(held.values(), self._name, self._now()) if held else set()
        for task, row in held.items():
            if row not in still_ours and not task.done():
                log.warning("effect is another replica's now", id=row)
                task.cancel()

    async def finish(self) -> None:
        """Claims nothing more, and returns when all that is under way has ended."""
        async with self._looking:
            self._ending = True
        self._awake.set()
        while self._busy:
            await asyncio.wait(self._busy)

    async def let_go(self) -> None:
        """What was cut off, to whoever comes next."""
        if self._has_claimed:
            await self._outbox.let_go(self._name)

    async def drain(self) -> None:
        """Perform until nothing is due. For tests and for the end of the program."""
        while await self._start_due() or self._busy or await self._something_is_due():
            await asyncio.gather(*self._busy)

    async def _something_is_due(self) -> bool:
        """A claim goes around what somebody has locked at that moment, and may come back empty-handed."""
        due = await self._outbox.next_due()
        return due is not None and due <= self._now()

    async def _start_due(self) -> bool:
        # Locked, so that ``drain`` never overlooks rows that ``run`` has claimed but not yet begun.
        async with self._looking:
            if self._ending:
                return False
            claimed = await self._outbox.claim(self._now(), self._name, BATCH)
            if claimed:
                self._has_claimed = True
                sys.audit("paidan.outbox.claimed")
            for one in claimed:
                if one.id in self._busy.values():
                    continue  # ours, and slow: claiming it again has only made its lease longer
                task = self._tasks.spawn(self._guarded(one), f"effect {one.id}")
                self._busy[task] = one.id
                task.add_done_callback(self._finished)
        if len(claimed) == BATCH:
            self._ring()  # more than one program has hands for
        return bool(claimed)

    def _finished(self, task: asyncio.Task[None]) -> None:
        # The lane is free again: its next row can be claimed at once.
        del self._busy[task]
        self._awake.set()

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._awake.wait(), IDLE_POLL)
        except TimeoutError:
            return

    async def _guarded(self, claimed: Claimed) -> None:
        effect = from_json(claimed.payload)
        structlog.contextvars.bind_contextvars(effect=claimed.id)  # this task is about nothing else
        # A slow download has a room of its own, and keeps no word from anybody.
        async with nullcontext() if isinstance(effect, FetchFile) else self._room:
            try:
                with billed_to(None if isinstance(effect, ShowCalls | ShowAnswer) else effect.ticket):
                    await self._perform(effect, claimed)
            except Elsewhere:
                at = self._now() + self._rng.uniform(1.0, 2.0) * ELSEWHERE
                await self._outbox.hand_back(claimed.id, at)
                self._ring()
            except Paced as held:
                await self._failing.put_off(effect, claimed, held)
            except PlatformError as error:
                await self._failing(effect, claimed, error)
            except Exception as error:
                log.exception("effect hit a bug", kind=claimed.kind, id=claimed.id)
                await self._failing(effect, claimed, error)
            else:
                sys.audit("paidan.effect.performed")
                await self._outbox.done(claimed.id, self._now())
                self._meters.delivered(claimed.kind, self._now() - claimed.created_at)

    async def _perform(self, effect: Effect, claimed: Claimed) -> None:
        match effect:
            case RefreshTicket() | RefreshLater():
                await self._refreshing(effect.ticket, has_waited=isinstance(effect, RefreshLater))
            case RepaintCopy():
                await self._refreshing.one(effect)
            case Insist():
                await self._insisting(effect)
            case FetchFile():
                await self._errands.fetch(effect, is_last_try=claimed.attempts >= MOST_ATTEMPTS)
            case TendRoom():
                await self._rooms.tend(effect, is_last_try=claimed.attempts >= MOST_ATTEMPTS)
            case TellRoom():
                await self._rooms.tell(effect, key_of(claimed))
            case TellFiles():
                await self._errands.tell(effect, f"told:{claimed.id}")
            case _:
                await self._sending(effect, claimed)
