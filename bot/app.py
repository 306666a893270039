"""``build``: the one place where objects are made and joined. Read it to see the whole program."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import time

import aiohttp
import structlog
from aiohttp import web

from adapters.chat import ChatPlatform, Receive
from adapters.clamd import Clamd
from adapters.dingtalk import (
    CustomRobot,
    DingTalk,
    DingTalkApp,
    DingTalkClient,
    DingTalkWebhooks,
    Stream,
)
from adapters.wecom import (
    AiBotApp,
    AiBotDoor,
    WayRound,
    WebhookTarget,
    WeCom,
    WeComApp,
    WeComClient,
    WeComWebhooks,
    callback_routes,
)
from bot.almanac import day_note
from bot.answering import Answering
from bot.auditor import Auditor
from bot.bus import Bus
from bot.clockwork import Clockwork, Every, TimerSweep
from bot.console.files import FilePage
from bot.console.pages import set_up_pages
from bot.console.ticket import TicketPage
from bot.courier import Courier
from bot.digest_screens import DigestScreens, Promises
from bot.dispatching import rulebook
from bot.duty_screens import DutyScreens
from bot.duty_watch import DutyWatch
from bot.effects import Effect
from bot.files.errands import FileErrands
from bot.files.fetching import Fetching
from bot.files.rechecking import Rechecking
from bot.files.removing import Removing
from bot.files.sending import Sending
from bot.files.telling import Telling
from bot.forgetting import Forgetting
from bot.health import (
    Health,
    auditor_check,
    auditor_numbers,
    frame_number,
    quota_numbers,
    ticker_check,
)
from bot.holding import hold_notice
from bot.inbox import Inbox
from bot.intake import Intake
from bot.links import Links
from bot.morning import Morning
from bot.nightly import Nightly
from bot.promises import lay_out
from bot.quota_screens import QuotaScreens
from bot.quota_watch import QuotaWatch
from bot.reach import Breakers
from bot.recounting import Recounting
from bot.replaying import Replaying
from bot.rerouting import Rerouting
from bot.rostering import roster_seeds
from bot.rules import Rules
from bot.screens import Screens
from bot.seeding import seeds
from bot.settings import Settings
from bot.settings.server import caps_of
from bot.spool import Spool
from bot.tasks import Tasks
from bot.thrift import Budget, Thrift
from domain.base import Conversation
from domain.sla.policy import Policy
from storage.cards import Cards
from storage.company_days import CompanyDayBook
from storage.database import Database, Unavailable
from storage.duty import DutyTimes, seed_rosters
from storage.files import FileBook
from storage.gathering import Postings
from storage.inbox import PendingInbox
from storage.leases import LeaseOf, Leases
from storage.outbox import Outbox
from storage.outbox_hold import OutboxHold
from storage.overdue import OverdueBook
from storage.people import Directory
from storage.prompts import Prompts
from storage.queries.digest import DigestQueries
from storage.queries.duty import DutyQueries
from storage.queries.promises import PromiseQueries
from storage.queries.tickets import TicketQueries
from storage.quota import LedgerBook
from storage.sealing import Keyring
from storage.seeding import seed
from storage.sessions import SessionBook
from storage.timers import Timers
from storage.tokens import TokenStore
from storage.turns import TurnBook
from storage.vault import Vault

log = structlog.get_logger()

Now = Callable[[], datetime]
STOP_WITHIN = 4.0  # seconds; the contract allows five
# Renewed every five seconds; after a kill another replica has the connection within twenty-five.
CONNECTION_LEASE = timedelta(seconds=20)


def system_now() -> datetime:
    return datetime.fromtimestamp(time(), UTC)


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
    tasks: Tasks
    platforms: Mapping[str, ChatPlatform]
    stream: Stream | None
    aibot: AiBotDoor | None
    web: web.Application
    session: aiohttp.ClientSession

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

    async def apply_seeds(self) -> None:
        """People, desks and rosters of the configuration; what it does not name stays."""
        async with self.database.write() as connection:
            await seed(connection, *seeds(self.settings))
            await seed_rosters(connection, roster_seeds(self.settings), self.now())

    async def start(self) -> None:
        """Background work begins. The database must be migrated and seeded."""
        self.tasks.supervise(self.courier.run, "courier")
        self.tasks.supervise(self.auditor.run, "auditor")
        if self.stream is not None:
            self.tasks.supervise(self.stream.run, "dingtalk stream")
        if self.aibot is not None:
            self.tasks.supervise(self.aibot.run, "wecom aibot")
        self.clockwork.start()

    async def stop(self) -> None:
        self.clockwork.stop()
        if self.stream is not None:
            await self.stream.stop()
        if self.aibot is not None:
            await self.aibot.stop()
        await self.tasks.cancel()
        await self.session.close()
        await self.database.close()


@asynccontextmanager
async def running(
    settings: Settings, *, now: Now = system_now, extend: Callable[[App], None] = lambda _: None
) -> AsyncIterator[App]:
    """The whole program on its port, until the block ends. ``extend`` may add routes before it serves."""
    app = build(settings, now=now)
    extend(app)
    runner = web.AppRunner(app.web, access_log=None, shutdown_timeout=STOP_WITHIN / 2)
    try:
        app.database.lock_instance()
        await app.database.migrate()
        if not await app.directory.names():
            await app.apply_seeds()
        if app.database.is_sqlite:
            await app.outbox.release()
            await Leases(app.database).clear()
        await app.rules.refresh()
        if held := await app.hold.look():
            log.warning(
                "nothing is sent until `paidan outbox release`", since=held.since, waiting=held.waiting
            )
        for year in await asyncio.to_thread(lay_out, app.policies, now()):
            log.warning("holidays not published", year=year)
        await runner.setup()
        await web.TCPSite(runner, settings.server.host, settings.server.port).start()
        await app.start()
        yield app
    finally:
        await runner.cleanup()
        await app.stop()


def build(settings: Settings, *, now: Now = system_now) -> App:
    database = Database(settings.storage.url)
    directory, queries, cards = Directory(database), TicketQueries(database), Cards(database)
    ledger = LedgerBook(database)
    outbox, prompts, answering = Outbox(database), Prompts(database), Answering()
    hold = OutboxHold(database)
    session = aiohttp.ClientSession(trust_env=True, connector=_connector(settings))
    tasks = Tasks()
    company_days = CompanyDayBook(database)
    rules = Rules(settings.sla, settings.calendars, company_days)
    promised = rules.policies
    postings = Postings(database)
    links = Links(settings.server.public_url, _link_secret(settings), now=now)
    duty = DutyScreens(DutyQueries(database), now=now, day_note=day_note)
    promises, found = Promises(promised, rules.days), DigestQueries(database)
    thrift = _thrift(settings, ledger, rules, now)
    digest = DigestScreens(found, promises, now=now, day_note=day_note)
    quota = QuotaScreens(thrift, ledger, queries, directory, now=now)
    screens = Screens(queries, directory, promised, links, duty, digest, quota, postings, now=now)
    platforms, aibot = _platforms(settings, database, session, ledger, now)
    breakers = Breakers(platforms, now)

    files, vault = FileBook(database), Vault(Path(settings.storage.files))
    caps, scanner = caps_of(settings.storage), _scanner(settings)

    async def undelivered(effect: Effect, key: str) -> None:
        await Rerouting(bus, screens)(effect, key)

    courier = Courier(
        outbox,
        cards,
        screens,
        directory,
        prompts,
        platforms,
        answering,
        tasks,
        now=now,
        name=_replica_name(),
        breakers=breakers,
        thrift=thrift,
        undelivered=undelivered,
        errands=FileErrands(
            Fetching(files, vault, platforms, caps, scanner, bus=lambda: bus),
            Telling(queries, directory, bus=lambda: bus),
            Sending(files, vault, queries, directory, links),
        ),
    )
    bus = Bus(
        database,
        promised,
        now=now,
        can_press=_can_press(platforms),
        wake=courier.wake,
        rulebook=rulebook(settings.dispatch),
        reach=breakers,
        caps=caps,
    )
    inbox = Inbox(bus, directory, prompts, cards, screens, platforms, answering, thrift, now=now)
    intake = Intake(
        inbox, PendingInbox(database), Spool(Path(settings.storage.spool)), tasks, answering, now=now
    )
    timers = Timers(database)
    sweep = TimerSweep(timers, bus, postings, now=now)
    auditor = Auditor(OverdueBook(database), bus, directory, now=now)
    duty_watch = DutyWatch(DutyTimes(database), bus, now=now)
    morning = Morning(found, digest, promises, settings.digest, bus, now=now)
    nightly = Nightly(settings, database, bus, directory, now=now)
    quota_watch = QuotaWatch(thrift, bus, directory, now=now)
    stream = _stream(settings, platforms, intake.receive, session, database, now)
    aibot_routes = aibot.serve(intake.receive) if aibot is not None else []
    health = _health(database, hold, nightly, stream, aibot, sweep, auditor, quota_watch, now)
    rechecking = Rechecking(files, vault, scanner, bus)
    removing = Removing(files, vault, settings.storage.keep_files, now=now)
    page = TicketPage(queries, directory, screens, links, now=now)
    file_page = FilePage(queries, vault, links)
    return App(
        settings=settings,
        now=now,
        policies=promised,
        rules=rules,
        company_days=company_days,
        database=database,
        directory=directory,
        queries=queries,
        outbox=outbox,
        hold=hold,
        bus=bus,
        recounting=Recounting(PromiseQueries(database), bus, now=now),
        replaying=Replaying(database, directory, platforms),
        inbox=inbox,
        intake=intake,
        courier=courier,
        clockwork=Clockwork(
            (
                Every(1, "timers", sweep),
                Every(1, "duty", duty_watch),
                Every(30, "owners", duty_watch.check),
                Every(15, "digest", morning),
                Every(60, "quota", quota_watch),
                Every(5, "kept messages", intake.work_off),
                Every(10, "company days", rules.refresh),
                Every(30, "backup", nightly),
                Every(30, "unchecked files", rechecking),
                Every(3600, "old files", removing),
                Every(3600, "forgetting", Forgetting(database, outbox, now=now)),
            )
        ),
        timers=timers,
        sweep=sweep,
        auditor=auditor,
        duty_watch=duty_watch,
        morning=morning,
        ledger=ledger,
        thrift=thrift,
        quota=quota,
        quota_watch=quota_watch,
        tasks=tasks,
        platforms=platforms,
        stream=stream,
        aibot=aibot,
        vault=vault,
        rechecking=rechecking,
        removing=removing,
        links=links,
        web=_web(
            settings,
            intake.receive,
            [*page.routes(), *file_page.routes(), *aibot_routes],
            health,
            now,
        ),
        session=session,
    )


# ── platforms ──


def _platforms(
    settings: Settings, database: Database, session: aiohttp.ClientSession, ledger: LedgerBook, now: Now
) -> tuple[Mapping[str, ChatPlatform], AiBotDoor | None]:
    # One process counts in its own memory; replicas count together.
    turns = None if database.is_sqlite else TurnBook(database)
    made: list[ChatPlatform] = [
        *_wecom(settings, database, session, turns, now),
        *_dingtalk(settings, database, session, ledger, turns, now),
    ]
    platforms = {platform.name: platform for platform in made}
    aibot = _aibot(settings, platforms, database, session, now)
    if aibot is not None:
        # Without an application, people's private chats are the bot's.
        platforms = {"wecom": aibot.platform, **platforms, aibot.platform.name: aibot.platform}
    return platforms, aibot


def _aibot(
    settings: Settings,
    platforms: Mapping[str, ChatPlatform],
    database: Database,
    session: aiohttp.ClientSession,
    now: Now,
) -> AiBotDoor | None:
    app = aibot_app(settings)
    if app is None or settings.wecom is None:
        return None
    # Another process that was killed is known by its name, so that no namesake goes on with its lease.
    holder = f"{_replica_name()}:{secrets.token_hex(4)}"
    lease = LeaseOf(Leases(database), app.door, holder, CONNECTION_LEASE, now)
    groups = {
        w.chat: Conversation("wecom-webhook", "group", w.name) for w in settings.wecom.webhooks if w.chat
    }
    way_round = WayRound(platforms.get("wecom"), platforms.get("wecom-webhook"), groups)
    return AiBotDoor.build(app, session, lease, now=now, way_round=way_round)


def _wecom(
    settings: Settings, database: Database, session: aiohttp.ClientSession, turns: TurnBook | None, now: Now
) -> list[ChatPlatform]:
    if settings.wecom is None:
        return []
    made: list[ChatPlatform] = []
    app = wecom_app(settings)
    if app is not None:
        client = WeComClient(session, app, TokenStore(database, keyring_of(settings)), now=now)
        made.append(WeCom(client, now=now, turns=turns))
    if settings.wecom.webhooks:
        targets = [WebhookTarget(w.name, w.key.get_secret_value(), w.base) for w in settings.wecom.webhooks]
        made.append(WeComWebhooks(session, targets, now=now, turns=turns))
    return made


def _thrift(settings: Settings, ledger: LedgerBook, rules: Rules, now: Now) -> Thrift:
    budgets = {}
    if settings.dingtalk is not None:
        budgets["dingtalk"] = Budget("钉钉", settings.dingtalk.allowance, settings.dingtalk.calls_per_ticket)
    return Thrift(ledger, budgets, lambda day: rules.days[""].day(day).work, now=now)


def _dingtalk(
    settings: Settings,
    database: Database,
    session: aiohttp.ClientSession,
    ledger: LedgerBook,
    turns: TurnBook | None,
    now: Now,
) -> list[ChatPlatform]:
    app = dingtalk_app(settings)
    if app is None:
        return []
    client = DingTalkClient(session, app, TokenStore(database, keyring_of(settings)), ledger, now=now)
    made: list[ChatPlatform] = [DingTalk(client, SessionBook(database, keyring_of(settings), clock=now))]
    if settings.dingtalk and settings.dingtalk.webhooks:
        robots = [
            CustomRobot(w.name, w.access_token.get_secret_value(), w.secret.get_secret_value())
            for w in settings.dingtalk.webhooks
        ]
        made.append(DingTalkWebhooks(session, robots, ledger, oapi_base=app.oapi_base, now=now, turns=turns))
    return made


def _stream(
    settings: Settings,
    platforms: Mapping[str, ChatPlatform],
    receive: Receive,
    session: aiohttp.ClientSession,
    database: Database,
    now: Now,
) -> Stream | None:
    app, platform = dingtalk_app(settings), platforms.get("dingtalk")
    if app is None or not isinstance(platform, DingTalk):
        return None
    sessions = SessionBook(database, keyring_of(settings), clock=now)
    return Stream(app, receive, session, platform=platform, sessions=sessions, now=now, rng=Random())


def keyring_of(settings: Settings) -> Keyring:
    """Seals access tokens and session addresses at rest; without keys they are kept as they are."""
    return Keyring([pair.get_secret_value() for pair in settings.storage.encryption_keys])


def _scanner(settings: Settings) -> Clamd | None:
    return Clamd(settings.storage.clamd) if settings.storage.clamd else None


def wecom_app(settings: Settings) -> WeComApp | None:
    wecom = settings.wecom
    if wecom is None or wecom.app is None:
        return None
    return WeComApp(
        corp_id=wecom.corp_id,
        agent_id=wecom.app.agent_id,
        secret=wecom.app.secret.get_secret_value(),
        token=wecom.app.token.get_secret_value(),
        encoding_aes_key=wecom.app.encoding_aes_key.get_secret_value(),
        api_base=wecom.api_base,
    )


def aibot_app(settings: Settings) -> AiBotApp | None:
    wecom = settings.wecom
    if wecom is None or wecom.aibot is None:
        return None
    return AiBotApp(
        bot_id=wecom.aibot.bot_id,
        secret=wecom.aibot.secret.get_secret_value(),
        name=wecom.aibot.name,
        ws_url=wecom.aibot.ws_url,
        corp_id=wecom.corp_id,
        token=wecom.aibot.token.get_secret_value(),
        encoding_aes_key=wecom.aibot.encoding_aes_key.get_secret_value(),
    )


def dingtalk_app(settings: Settings) -> DingTalkApp | None:
    dingtalk = settings.dingtalk
    if dingtalk is None:
        return None
    return DingTalkApp(
        client_id=dingtalk.client_id,
        client_secret=dingtalk.client_secret.get_secret_value(),
        robot_code=dingtalk.robot_code or dingtalk.client_id,
        corp_id=dingtalk.corp_id,
        edition=dingtalk.edition,
        card=dingtalk.card,
        api_base=dingtalk.api_base,
        oapi_base=dingtalk.oapi_base,
    )


def _can_press(platforms: Mapping[str, ChatPlatform]) -> Callable[[Conversation], bool]:
    def can_press(place: Conversation) -> bool:
        platform = platforms.get(place.platform)
        return platform is not None and platform.capabilities(place).buttons > 0

    return can_press


# ── web ──


def _web(
    settings: Settings, receive: Receive, pages: list[web.RouteDef], health: Health, now: Now
) -> web.Application:
    app = web.Application(client_max_size=1024**2)
    set_up_pages(app)
    app.add_routes(pages)
    app.add_routes(health.routes())
    wecom = wecom_app(settings)
    if wecom is not None:
        app.add_routes(callback_routes(wecom, receive, now=now))
    return app


def _health(
    database: Database,
    hold: OutboxHold,
    nightly: Nightly,
    stream: Stream | None,
    aibot: AiBotDoor | None,
    sweep: TimerSweep,
    auditor: Auditor,
    quota_watch: QuotaWatch,
    now: Now,
) -> Health:
    async def database_check() -> str:
        try:
            return "" if await database.at_head() else "数据库结构不是最新，请运行 paidan migrate"
        except Unavailable as error:
            return f"数据库连不上：{error}"

    async def stream_check() -> str:
        assert stream is not None
        health = stream.health()
        return "" if health.connected else (health.misconfigured or "钉钉 Stream 没有连上")

    async def aibot_check() -> str:
        assert aibot is not None
        return aibot.trouble()

    checks = {"database": database_check, "ticker": ticker_check(lambda: sweep.last_run, now)}
    checks["auditor"] = auditor_check(lambda: auditor.last_look, now)
    numbers = [
        *auditor_numbers(auditor),
        *nightly.numbers(),
        *quota_numbers(quota_watch, quota_watch.platforms),
    ]
    if stream is not None:
        numbers.append(frame_number("stream", lambda: stream.health().last_frame_at))
    if aibot is not None and (line := aibot.line) is not None:
        numbers.append(frame_number("aibot", lambda: line.health().last_frame_at))
    return Health(
        {
            **checks,
            **({"stream": stream_check} if stream is not None else {}),
            **({"aibot": aibot_check} if aibot is not None else {}),
        },
        numbers,
        {"outbox": hold_notice(hold), "backup": nightly.notice},
    )


def _link_secret(settings: Settings) -> bytes:
    """The same on every replica without anybody having to configure it: derived from secrets they share."""
    wecom, dingtalk = wecom_app(settings), dingtalk_app(settings)
    shared = "|".join([wecom.secret if wecom else "", dingtalk.client_secret if dingtalk else ""])
    if wecom is None and dingtalk is None and (bot := aibot_app(settings)) is not None:
        shared = bot.secret
    return hashlib.sha256(f"paidan ticket links|{shared}".encode()).digest()


def _connector(settings: Settings) -> aiohttp.TCPConnector:
    family = socket.AF_INET if settings.server.ipv4_only else socket.AF_UNSPEC
    return aiohttp.TCPConnector(family=family)


def _replica_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
