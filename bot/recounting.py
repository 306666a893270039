"""After the rules were changed: all open tickets are counted anew, and what became different is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.bus import Bus
from bot.histories import by_desk
from bot.wording import goal_word, hours_word, lasting_time
from domain.base import CLOCK, TicketId
from domain.sla.history import Promises
from domain.sla.keeping import timer_key
from domain.sla.policy import Goal
from domain.sla.recounting import Recount, RecountDue, recounts
from domain.tickets.errors import NotNow, TicketNotFound
from storage.queries.promises import Promised, PromiseQueries

if TYPE_CHECKING:
    from bot.app import App

Progress = Callable[[int, int], None]  # how many are done, of how many


@dataclass(frozen=True)
class Difference:
    """``before`` and ``after`` are None in a pause and where nothing is promised."""

    number: str
    goal: Goal
    before: datetime | None
    after: datetime | None
    left: timedelta | None
    why: str


DRY = "以上只是预览，什么都没有改。"


async def promises_after(app: App) -> Promises:
    """What each desk promises once the configuration is applied: a desk that it does not name keeps what it has."""
    kept = await app.directory.desks()
    told = {section.key: section.sla for section in app.settings.desks}
    return by_desk([replace(desk, sla=told.get(desk.key, desk.sla)) for desk in kept], app.policies)


async def promises_now(app: App) -> Promises:
    return by_desk(await app.directory.desks(), app.policies)


class Recounting:
    def __init__(self, queries: PromiseQueries, bus: Bus, *, now: Callable[[], datetime]) -> None:
        self._queries = queries
        self._bus = bus
        self._now = now

    async def look(self, promises: Promises, progress: Progress) -> list[Difference]:
        """What would change; nothing is written."""
        return await self._go(promises, progress, None)

    async def apply(self, promises: Promises, cause: str, progress: Progress) -> list[Difference]:
        """Each ticket in a transaction of its own, so that the running program can go on in between."""
        return await self._go(promises, progress, cause)

    async def _go(self, promises: Promises, progress: Progress, cause: str | None) -> list[Difference]:
        found: list[Difference] = []
        done, total = 0, await self._queries.count()
        async for batch in self._queries.open_tickets():
            for ticket in batch:
                new = list(recounts(ticket.deadlines, ticket.past, ticket.desk, promises, self._now()))
                found.extend(_differences(ticket, new))
                if cause is not None and _is_needed(ticket, new):
                    await self._recount(ticket.id, cause)
            done += len(batch)
            progress(done, max(done, total))
        return found

    async def _recount(self, ticket: TicketId, cause: str) -> None:
        """Counted once more in the transaction: somebody may have been quicker."""
        try:
            await self._bus.execute(RecountDue(f"#{ticket}", cause), by=CLOCK)
        except (NotNow, TicketNotFound):
            return  # it is over by now


def _is_needed(ticket: Promised, new: Iterable[Recount]) -> bool:
    """Also when people see no difference: a ladder may have become another one."""
    return any(
        one.is_news or not one.agrees or _alarm(one) != ticket.timers.get(timer_key(ticket.id, one.goal))
        for one in new
    )


def _alarm(one: Recount) -> datetime | None:
    if one.after is None or one.policy is None:
        return None
    if one.kept is not None:
        one.after.taken_by = one.kept.taken_by
    return one.after.wakes_at(one.policy)


def _differences(ticket: Promised, new: Iterable[Recount]) -> Iterator[Difference]:
    for one in new:
        if one.is_news:
            yield Difference(ticket.number, one.goal, one.before, one.due, one.left, _why(one))


def _why(one: Recount) -> str:
    if one.after is None:
        return "不再有时限"
    if one.allowed_before is None:
        return f"新增时限 {hours_word(one.after.allowed)}"
    if one.allowed_before != one.after.allowed:
        return f"限时 {hours_word(one.allowed_before)} 改为 {hours_word(one.after.allowed)}"
    if one.kept is not None and one.policy is not None and one.kept.policy != one.policy.name:
        return f"改按「{one.policy.name}」"
    return "工作日历或计时规则变化"


# ── for people and machines ──


def as_line(one: Difference, now: datetime) -> str:
    """「IT-1042 解决：3月9日 16:30 → 3月10日 16:30（工作日历或计时规则变化）」."""
    after = lasting_time(one.after, now) if one.after else _standing(one)
    before = lasting_time(one.before, now) if one.before else "—"
    return f"{one.number} {goal_word(one.goal)}：{before} → {after}（{one.why}）"


def _standing(one: Difference) -> str:
    return "—" if one.left is None else f"暂停中，还剩 {hours_word(one.left)}"


def as_json(one: Difference) -> Mapping[str, Any]:
    return {
        "ticket": one.number,
        "goal": one.goal.value,
        "before": one.before.isoformat() if one.before else None,
        "after": one.after.isoformat() if one.after else None,
        "left": one.left.total_seconds() if one.left is not None else None,
        "why": one.why,
    }
