"""The joined program: everything that runs, how it begins and how it ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import structlog
from aiohttp import web

from adapters.chat import ChatPlatform
from adapters.dingtalk import Stream
from adapters.signing_in import SignIn
from adapters.wecom import AiBotDoor
from bot.auditor import Auditor
from bot.bus import Bus
from bot.clockwork import Clockwork, TimerSweep
from bot.courier import Courier
from bot.duty_watch import DutyWatch
from bot.ending import Ending
from bot.files.rechecking import Rechecking
from bot.files.removing import Removing
from bot.inbox import Inbox
from bot.intake import Intake
from bot.links import Links
from bot.metering import Meters
from bot.morning import Morning
from bot.platforms import Now
from bot.quota_screens import QuotaScreens
from bot.quota_watch import QuotaWatch
from bot.recounting import Recounting
from bot.replaying import Replaying
from bot.rules import Rules
from bot.seeding import roster_seeds, seeds
from bot.settings import Settings
from bot.tasks import Tasks
from bot.thrift import Thrift
from domain.sla.policy import Policy
from storage.bell import Bell
from storage.company_days import CompanyDayBook
from storage.database import Conflict, Database, Unavailable
from storage.duty import seed_rosters
from storage.outbox import Outbox
from storage.outbox_hold import OutboxHold
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.quota import LedgerBook
from storage.seeding import seed
from storage.timers import Timers
from storage.vault import Vault

log = structlog.get_logger()

SEEDING = 5  # tries


@dataclass(frozen=True)
class App:
    settings: Settings
    now: Now
    policies: Mapping[str, Policy]
    rules: Rules
    company_days: CompanyDayBook
    database: Database
    directory: Directory
    queries: TicketQueries
    outbox: Outbox
    hold: OutboxHold
    bus: Bus
    recounting: Recounting
    replaying: Replaying
    inbox: Inbox
    intake: Intake
    courier: Courier
    clockwork: Clockwork
    timers: Timers
    sweep: TimerSweep
    auditor: Auditor
    duty_watch: DutyWatch
    morning: Morning
    ledger: LedgerBook
    thrift: Thrift
    quota: QuotaScreens
    quota_watch: QuotaWatch
    vault: Vault
    rechecking: Rechecking
    removing: Removing
    links: Links
    meters: Meters
    sign_ins: Mapping[str, SignIn]
    tasks: Tasks
    platforms: Mapping[str, ChatPlatform]
    stream: Stream | None
    aibot: AiBotDoor | None
    web: web.Application
    session: aiohttp.ClientSession
    bell: Bell | None
    ending: Ending

    async def settle(self) -> None:
        """Fire what is due and deliver what is queued, until nothing is left. After moving a clock by hand."""
        await self.duty_watch()
        await self.sweep()
        await self.auditor()
        await self.duty_watch.check()
        await self.morning()
        await self.quota_watch()
        await self.intake.work_off()
        await self.rechecking()
        await self.courier.drain()

    async def next_due(self) -> datetime | None:
        """When time has something to do next."""
        found = (
            await self.timers.next_due(),
            await self.duty_watch.next_due(),
            await self.morning.next_due(),
        )
        return min((due for due in found if due is not None), default=None)

    async def seed_once(self) -> None:
        """An empty database. Replicas that start together all see it empty, and all but the first meet a Conflict."""
        for attempt in range(SEEDING):
            if await self.directory.names():
                return
            try:
                await self.apply_seeds()
            except Conflict:
                if attempt == SEEDING - 1:
                    raise

    async def apply_seeds(self) -> None:
        """People, desks and rosters of the configuration; what it does not name stays."""
        async with self.database.write() as connection:
            await seed(connection, *seeds(self.settings))
            await seed_rosters(connection, roster_seeds(self.settings), self.now())

    async def start(self) -> None:
        """Background work begins. The database must be migrated and seeded."""
        self.tasks.supervise(self.courier.run, "courier")
        self.tasks.supervise(self.courier.keep, "courier's leases")
        if self.bell is not None:
            self.tasks.supervise(self.bell.run, "bell")
        self.tasks.supervise(self.auditor.run, "auditor")
        self.tasks.supervise(self.meters.watch_loop, "loop watch")
        if self.stream is not None:
            self.tasks.supervise(self.stream.run, "dingtalk stream")
        if self.aibot is not None:
            self.tasks.supervise(self.aibot.run, "wecom aibot")
        self.clockwork.start()

    async def finish(self) -> None:
        """Nothing new is begun; returns when what was begun is done, and said where it was to be said."""
        sys.audit("paidan.stop.begun")
        hearing = [self.stream.stop()] if self.stream is not None else []
        await asyncio.gather(self.clockwork.finish(), self.intake.finish(), self.courier.finish(), *hearing)

    async def stop(self) -> None:
        """Cuts off what is still under way, and lets go of all that others wait for."""
        self.clockwork.stop()
        if self.stream is not None:
            await self.stream.stop()
        if self.aibot is not None:
            await self.aibot.stop()
        await self.tasks.cancel()
        sys.audit("paidan.stop.idle")
        await self._let_go()
        await self.session.close()
        await self.database.close()

    async def _let_go(self) -> None:
        try:
            await self.courier.let_go()
        except Unavailable:
            log.warning("claims of this replica end by themselves: the database is away")
