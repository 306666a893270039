"""/healthz, /readyz, /metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from types import MappingProxyType

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from bot.auditor import Auditor
from bot.quota_watch import QuotaWatch
from bot.spool import Spool
from domain.quota.allowance import Account
from domain.quota.forecast import Forecast

# The ticker runs every second; half a minute without it is a fault.
STALE_TICK = timedelta(seconds=30)

STALE_LOOK = timedelta(minutes=3)

Check = Callable[[], Awaitable[str]]  # "" when fine, else the reason in plain words


@dataclass(frozen=True)
class Number:
    name: str
    help: str
    read: Callable[[], float]


class Health:
    """``checks`` say why this process can't serve; ``notices`` say what somebody should know although it does.

    ``registry`` has what is counted elsewhere; ``look`` is done before each scrape.
    """

    def __init__(
        self,
        checks: dict[str, Check],
        numbers: Iterable[Number] = (),
        notices: Mapping[str, Check] = MappingProxyType({}),
        *,
        registry: CollectorRegistry,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._checks = checks
        self._notices = notices
        self._registry = registry
        self._look = look
        self._ready = Gauge("paidan_ready", "1 when this part can serve", ["part"], registry=self._registry)
        self._noted = Gauge("paidan_notice", "1 when somebody should look", ["part"], registry=self._registry)
        for number in numbers:
            Gauge(number.name, number.help, registry=self._registry).set_function(number.read)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]

    async def alive(self, _request: web.Request) -> web.Response:
        """The loop lives; nothing else is asked, so that a database fault restarts nobody."""
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """``?part=server``, as often as wanted, asks of these parts alone: a balancer should not take a program out
        of turn that only lacks its database, for it keeps what comes in."""
        parts = request.query.getall("part", list(self._checks))
        if unknown := set(parts) - self._checks.keys():
            raise web.HTTPNotFound(text=f"no part {', '.join(sorted(unknown))}")
        reasons = await _said_by({part: self._checks[part] for part in parts})
        notices = {} if reasons else await _said_by(self._notices)
        status = {"status": "unready" if reasons else "ok", "reasons": reasons, "notices": notices}
        return web.json_response(status, status=503 if reasons else 200)

    async def metrics(self, _request: web.Request) -> web.Response:
        await self._look()
        reasons = await _said_by(self._checks)
        for part in self._checks:
            self._ready.labels(part).set(0 if part in reasons else 1)
        notices = {} if reasons else await _said_by(self._notices)
        for part in self._notices:
            self._noted.labels(part).set(1 if part in notices else 0)
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


async def _said_by(checks: Mapping[str, Check]) -> dict[str, str]:
    found = {part: await check() for part, check in checks.items()}
    return {part: reason for part, reason in found.items() if reason}


def ticker_check(last_run: Callable[[], datetime | None], now: Callable[[], datetime]) -> Check:
    async def check() -> str:
        last = last_run()
        if last is None:
            return "定时器还没有跑过"
        return "定时器停了" if now() - last > STALE_TICK else ""

    return check


def auditor_check(last_look: Callable[[], datetime | None], now: Callable[[], datetime]) -> Check:
    """It looks at once when the program starts, so that never having looked is a fault too, after a while."""
    started = now()

    async def check() -> str:
        return "巡检停了" if now() - (last_look() or started) > STALE_LOOK else ""

    return check


def quota_numbers(watch: QuotaWatch, platforms: Iterable[str]) -> Iterable[Number]:
    """As of the last look, a minute ago at most."""
    for platform, account in product(platforms, Account):
        name, seen = f"paidan_{platform}_{account.value}", partial(_seen, watch, platform, account)
        yield Number(f"{name}_used", "Used this month", partial(_read, seen, "used"))
        yield Number(f"{name}_allowed", "Allowed a month; 0: no limit", partial(_read, seen, "allowed"))
        yield Number(f"{name}_projected", "Of the month at this pace", partial(_read, seen, "projected"))


def _seen(watch: QuotaWatch, platform: str, account: Account) -> Forecast:
    return watch.used.get((platform, account)) or Forecast(0, 0, 0.0, None)


def _read(seen: Callable[[], Forecast], field: str) -> float:
    return float(getattr(seen(), field))


def auditor_numbers(auditor: Auditor) -> Iterable[Number]:
    return (
        Number(
            "paidan_auditor_heartbeat_seconds",
            "When the auditor last looked, in seconds since 1970; 0 for never",
            lambda: auditor.last_look.timestamp() if auditor.last_look else 0,
        ),
        Number(
            "paidan_timers_overdue",
            "Timers more than a minute overdue at the last look",
            lambda: auditor.overdue,
        ),
        Number(
            "paidan_timers_repaired",
            "Timers that the auditor had to fire since the start",
            lambda: auditor.repaired,
        ),
    )


def spool_number(spool: Spool) -> Number:
    about = "Messages on this machine's disk, for when the database is back"
    return Number("paidan_spool_messages", about, lambda: len(list(spool.waiting())))


def frame_number(door: str, last_frame_at: Callable[[], datetime | None]) -> Number:
    """A socket may be open and bring nothing: only this tells, and an alarm on it should come another way."""

    def read() -> float:
        at = last_frame_at()
        return at.timestamp() if at else 0

    what = f"When the connection of {door} last brought a frame, in seconds since 1970; 0 for never"
    return Number(f"paidan_{door}_last_frame_seconds", what, read)
