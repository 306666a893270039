"""``build``: the one place where objects are made and joined. Read it to see the whole program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp
from aiohttp import web

from adapters.chat import ChatPlatform, Receive
from adapters.clamd import Clamd
from adapters.wecom import callback_routes
from bot.almanac import day_note
from bot.answering import Answering
from bot.app.app import App
from bot.auditor import Auditor
from bot.bell import bell_of
from bot.bus import Bus
from bot.checks import health_of
from bot.clockwork import Clockwork, Every, TimerSweep
from bot.console.pages import set_up_pages
from bot.console.routes import console_routes
from bot.courier import Courier
from bot.database import database_of
from bot.digest_screens import DigestScreens, Promises
from bot.dispatching import rulebook
from bot.doorways import Doorways
from bot.duty_screens import DutyScreens
from bot.duty_watch import DutyWatch
from bot.effects import Effect
from bot.ending import Ending
from bot.files.errands import FileErrands
from bot.files.fetching import Fetching
from bot.files.rechecking import Rechecking
from bot.files.removing import Removing
from bot.files.sending import Sending
from bot.files.telling import Telling
from bot.forgetting import Forgetting
from bot.health import Health
from bot.inbox import Inbox
from bot.intake import Intake, is_kept
from bot.links import Links
from bot.lost_groups import GroupWatch
from bot.metering import Meters
from bot.morning import Morning
from bot.nightly import Nightly
from bot.platforms import (
    Now,
    budgets_of,
    connector_of,
    doors_of,
    further_wecom_apps,
    link_secret,
    platforms_of,
    process_name,
    room_door_of,
    sign_ins_of,
    stream_of,
    wecom_app,
)
from bot.quota_screens import QuotaScreens
from bot.quota_watch import QuotaWatch
from bot.reach import Breakers
from bot.recounting import Recounting
from bot.replaying import Replaying
from bot.rerouting import Rerouting
from bot.rooms.errands import RoomErrands
from bot.rules import Rules
from bot.screens import Screens
from bot.settings import Settings
from bot.settings.server import caps_of
from bot.spool import Spool
from bot.tasks import Tasks
from bot.thrift import Thrift
from domain.base import Conversation
from storage.cards import Cards
from storage.company_days import CompanyDayBook
from storage.doors import DoorBook
from storage.duty import DutyTimes
from storage.files import FileBook
from storage.gathering import Postings
from storage.inbox import PendingInbox
from storage.lost_groups import LostGroups
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
from storage.rooms import RoomBook
from storage.timers import Timers
from storage.vault import Vault


def build(settings: Settings, *, now: Now | None = None, ending: Ending | None = None) -> App:
    """``now`` is for clocks that are moved by hand; else time is the database's."""
    database = database_of(settings.storage)
    now, ending = now or database.clock.now, ending or Ending()
    directory, queries, cards = Directory(database), TicketQueries(database), Cards(database)
    ledger = LedgerBook(database)
    outbox, prompts, answering = Outbox(database), Prompts(database), Answering()
    hold = OutboxHold(database)
    session = aiohttp.ClientSession(trust_env=True, connector=connector_of(settings))
    tasks = Tasks()
    company_days = CompanyDayBook(database)
    rules = Rules(settings.sla, settings.calendars, company_days)
    promised = rules.policies
    postings = Postings(database)
    links = Links(
        settings.server.public_url,
        link_secret(settings),
        now=now,
        may_log_in=settings.server.login != "off",
    )
    duty = DutyScreens(DutyQueries(database), now=now, day_note=day_note)
    promises, found = Promises(promised, rules.days), DigestQueries(database)
    thrift = Thrift(ledger, budgets_of(settings), lambda day: rules.days[""].day(day).work, now=now)
    digest = DigestScreens(found, promises, now=now, day_note=day_note)
    quota = QuotaScreens(thrift, ledger, queries, directory, now=now)
    screens = Screens(
        queries,
        directory,
        promised,
        links,
        duty,
        digest,
        quota,
        postings,
        now=now,
        private_words=settings.privacy.words,
    )
    platforms, aibot = platforms_of(settings, database, session, ledger, now)
    breakers, meters = Breakers(platforms, now), Meters()
    doorways = Doorways(DoorBook(database), doors_of(platforms))

    files, vault = FileBook(database), Vault(Path(settings.storage.files))
    caps, scanner = caps_of(settings.storage), _scanner(settings)

    async def undelivered(effect: Effect, key: str) -> None:
        await Rerouting(bus, screens)(effect, key)

    groups = GroupWatch(LostGroups(database), directory, lambda: bus, now=now)
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
        name=process_name(),
        ring=lambda: bell.ring() if bell else None,
        breakers=breakers,
        thrift=thrift,
        undelivered=undelivered,
        meters=meters,
        doorways=doorways,
        rooms=RoomErrands(RoomBook(database), screens, directory, platforms, bus=lambda: bus),
        groups=groups,
        errands=FileErrands(
            Fetching(files, vault, platforms, caps, scanner, bus=lambda: bus),
            Telling(queries, directory, bus=lambda: bus),
            Sending(files, vault, queries, directory, links),
        ),
    )
    bell = bell_of(settings.storage, courier.wake)
    bus = Bus(
        database,
        promised,
        now=now,
        can_press=_can_press(platforms),
        wake=courier.wake,
        rulebook=rulebook(settings.dispatch),
        reach=breakers,
        caps=caps,
        insist_at=settings.dingtalk.insist_at if settings.dingtalk else 0,
        room_door=room_door_of(platforms),
    )
    inbox = Inbox(
        bus,
        directory,
        prompts,
        cards,
        screens,
        platforms,
        answering,
        thrift,
        groups,
        now=now,
        private_words=settings.privacy.words,
        doorways=doorways,
    )
    spool = Spool(Path(settings.storage.spool))
    intake = Intake(inbox, PendingInbox(database), spool, tasks, answering, now=now)
    receive = meters.counted(intake.receive, is_kept)
    timers = Timers(database)
    sweep = TimerSweep(timers, bus, postings, now=now)
    auditor = Auditor(OverdueBook(database), bus, directory, now=now)
    duty_watch = DutyWatch(DutyTimes(database), bus, now=now)
    morning = Morning(found, digest, promises, settings.digest, bus, now=now)
    nightly = Nightly(settings, database, bus, directory, now=now)
    quota_watch = QuotaWatch(thrift, bus, directory, now=now)
    stream = stream_of(settings, platforms, receive, intake.receive, session, database, now)
    aibot_routes = aibot.serve(receive) if aibot is not None else []
    health = health_of(
        database, hold, nightly, stream, aibot, sweep, auditor, quota_watch, ending, spool, meters, now
    )
    rechecking = Rechecking(files, vault, scanner, bus)
    removing = Removing(files, vault, settings.storage.keep_files, now=now)
    sign_ins = sign_ins_of(settings, database, session, ledger, now)
    console = console_routes(
        settings, sign_ins, database, queries, directory, screens, links, vault, lambda: bus, now=now
    )
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
                Every(15, "clock", database.set_clock),
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
        meters=meters,
        tasks=tasks,
        platforms=platforms,
        stream=stream,
        aibot=aibot,
        vault=vault,
        rechecking=rechecking,
        removing=removing,
        links=links,
        sign_ins=sign_ins,
        web=_web(
            settings,
            receive,
            [*console, *aibot_routes],
            health,
            now,
        ),
        session=session,
        bell=bell,
        ending=ending,
    )


def _can_press(platforms: Mapping[str, ChatPlatform]) -> Callable[[Conversation], bool]:
    def can_press(place: Conversation) -> bool:
        platform = platforms.get(place.platform)
        return platform is not None and platform.capabilities(place).buttons > 0

    return can_press


def _scanner(settings: Settings) -> Clamd | None:
    return Clamd(settings.storage.clamd) if settings.storage.clamd else None


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
        further = further_wecom_apps(settings)
        app.add_routes(callback_routes(wecom, receive, now=now, further=further))
    return app
