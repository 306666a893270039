"""From an empty disk to a program that serves, until the block ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.app.app import App
from bot.app.building import build
from bot.ending import Ending
from bot.platforms import Now
from bot.promises import lay_out
from bot.settings import Settings
from storage.leases import Leases

log = structlog.get_logger()

STOP_WITHIN = 4.0  # seconds; the contract allows five


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    now: Now | None = None,
    extend: Callable[[App], None] = lambda _: None,
    ending: Ending | None = None,
) -> AsyncIterator[App]:
    """The whole program on its port, until the block ends. ``extend`` may add routes before it serves.

    At the end /readyz says no at once, while the port goes on answering whoever has not heard of it yet.
    """
    app = build(settings, now=now, ending=ending)
    extend(app)
    runner = web.AppRunner(app.web, access_log=None, shutdown_timeout=STOP_WITHIN / 2)
    try:
        app.database.lock_instance()
        await app.database.set_clock()
        await app.database.migrate()
        await app.seed_once()
        if app.database.is_sqlite:
            await app.outbox.release()
            await Leases(app.database).clear()
        await app.rules.refresh()
        if held := await app.hold.look():
            log.warning(
                "nothing is sent until `paidan outbox release`", since=held.since, waiting=held.waiting
            )
        for year in await asyncio.to_thread(lay_out, app.policies, app.now()):
            log.warning("holidays not published", year=year)
        await runner.setup()
        await web.TCPSite(runner, settings.server.host, settings.server.port).start()
        await app.start()
        try:
            yield app
        finally:
            await _finish(app)
    finally:
        await runner.cleanup()
        await app.stop()


async def _finish(app: App) -> None:
    app.ending.begin()
    patience = app.settings.server.drain.total_seconds()
    if not await app.ending.allow(patience, app.finish()):
        log.warning("stopped with work under way; it is done again after the next start, or by others")
