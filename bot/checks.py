"""What ``/readyz`` asks and which numbers ``/metrics`` tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from adapters.dingtalk import Stream
from adapters.wecom import AiBotDoor
from bot.auditor import Auditor
from bot.clockwork import TimerSweep
from bot.ending import Ending
from bot.health import (
    Health,
    auditor_check,
    auditor_numbers,
    frame_number,
    quota_numbers,
    spool_number,
    ticker_check,
)
from bot.holding import hold_notice
from bot.metering import Meters, StockNumbers
from bot.nightly import Nightly
from bot.quota_watch import QuotaWatch
from bot.skew import skew_notice
from bot.spool import Spool
from storage.database import Database, Unavailable
from storage.outbox_hold import OutboxHold
from storage.queries.stock import StockQueries


def health_of(
    database: Database,
    hold: OutboxHold,
    nightly: Nightly,
    stream: Stream | None,
    aibot: AiBotDoor | None,
    sweep: TimerSweep,
    auditor: Auditor,
    quota_watch: QuotaWatch,
    ending: Ending,
    spool: Spool,
    meters: Meters,
    now: Callable[[], datetime],
) -> Health:
    async def database_check() -> str:
        try:
            return "" if await database.fits() else "数据库结构不是最新，请运行 paidan migrate"
        except Unavailable as error:
            return f"数据库连不上：{error}"

    async def stream_check() -> str:
        assert stream is not None
        health = stream.health()
        return "" if health.connected else (health.misconfigured or "钉钉 Stream 没有连上")

    async def aibot_check() -> str:
        assert aibot is not None
        return aibot.trouble()

    stock, queries = StockNumbers(now), StockQueries(database)
    meters.registry.register(stock)

    async def look() -> None:
        try:
            stock.stock = await queries.take()
        except Unavailable:
            stock.stock = None

    checks = {"database": database_check, "ticker": ticker_check(lambda: sweep.last_run, now)}
    checks["auditor"] = auditor_check(lambda: auditor.last_look, now)
    numbers = [
        *auditor_numbers(auditor),
        *nightly.numbers(),
        spool_number(spool),
        *quota_numbers(quota_watch, quota_watch.platforms),
    ]
    if stream is not None:
        numbers.append(frame_number("stream", lambda: stream.health().last_frame_at))
    if aibot is not None and (line := aibot.line) is not None:
        numbers.append(frame_number("aibot", lambda: line.health().last_frame_at))
    return Health(
        {
            "server": ending.check,
            **checks,
            **({"stream": stream_check} if stream is not None else {}),
            **({"aibot": aibot_check} if aibot is not None else {}),
        },
        numbers,
        {"outbox": hold_notice(hold), "backup": nightly.notice, "clock": skew_notice(database.clock)},
        registry=meters.registry,
        look=look,
    )
