"""A road on which every named point is passed, and a program that dies at each of them as often as at any other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.tickets.states import State
from tests.faults.books import export
from tests.faults.outage import blocked
from tests.faults.points import Remote
from tests.faults.victim import DOWNTIME
from tests.faults.wreck import Act, Wreck, li, until, zhang
from tests.stories.stage import GROUP


async def an_offer_ends(wreck: Wreck) -> None:
    """Nobody answers it for ten minutes."""
    wreck.advance(timedelta(minutes=11))

    async def is_noted() -> bool:
        [line] = [line for line in await export(wreck.app) if line["number"] == wreck.number]
        return any(event["kind"] == "transfer_returned" for event in line["events"])

    await until(is_noted, wreck.story)


async def shows_a_picture(wreck: Wreck) -> Any:
    return await wreck.stage.emulator.wecom.sends_image("ZhangSan")


LONG_ROAD = (
    Act(lambda w: zhang(w).says(f"报修 VPN 第{w.ticket}次连不上"), ("opened",), State.OPEN, 1),
    Act(lambda w: li(w).presses("接单", group=GROUP), ("accepted",), State.IN_PROGRESS, 1),
    Act(lambda w: li(w).says(f"转派 {w.number} @王强 我在外面"), ("transfer_offered",), State.IN_PROGRESS, 2),
    Act(an_offer_ends, ("transfer_returned",), State.IN_PROGRESS, 2),
    Act(lambda w: li(w).says(f"要信息 {w.number} 什么样？"), ("asked",), State.WAITING, 3),
    Act(shows_a_picture, ("answered", "files_added", "file_kept"), State.IN_PROGRESS, 3),
    Act(lambda w: li(w).presses("解决"), (), State.IN_PROGRESS, 3),
    Act(lambda w: li(w).says("重启了网关"), ("resolved",), State.RESOLVED, 4),
    Act(lambda w: zhang(w).presses("已解决"), ("confirmed",), State.CLOSED, 4),
)
WORDS = (LONG_ROAD[0], LONG_ROAD[4], LONG_ROAD[7])


# ── what else may be the case ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Case:
    """What makes acts pass points that they do not pass otherwise."""

    name: str
    acts: tuple[Act, ...] = LONG_ROAD
    before: Callable[[Wreck], None] = lambda _: None
    during: Callable[[Wreck], AbstractAsyncContextManager[None]] = lambda _: nullcontext()


def _tokens_end(wreck: Wreck) -> None:
    """Not twice within half a minute, which would look like somebody else's fetching them."""
    wreck.advance(DOWNTIME)
    wreck.stage.emulator.wecom.tokens.expire()
    wreck.stage.emulator.dingtalk.tokens.expire()


PLAIN = Case("plain")
CASES = (
    PLAIN,
    Case("tokens end", before=_tokens_end),
    Case("database away", acts=WORDS, during=lambda wreck: blocked(wreck.app.settings.storage.url)),
)


# ── dying ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Deaths:
    """Chooses where to die next: where that happened least so far, among the points on the way."""

    wreck: Wreck
    counts: Counter[str] = field(default_factory=Counter)
    passed: dict[tuple[Act, str], Counter[str]] = field(default_factory=dict)

    async def survey(self, case: Case) -> None:
        """The road once without a death, to see which points lie on it."""
        for act in LONG_ROAD:
            its = case if act in case.acts else PLAIN
            await self.wreck.play(act, lambda act, its=its: self._survive(act, its))  # type: ignore[misc]

    async def _survive(self, act: Act, case: Case) -> None:
        before = Counter(self._remote.hits())
        await self._go(act, case)
        passed = Counter(self._remote.hits())
        passed.subtract(before)
        self.passed[act, case.name] = +passed

    async def die(self, act: Act) -> None:
        case, point = self._next(act)
        self._remote.arm(point, self.wreck.dice.randint(1, self.passed[act, case.name][point]))
        await self._go(act, case)
        if self._remote.has_fired(point):
            self.counts[point] += 1
            self.wreck.kills.append(point)
        self._remote.disarm()

    async def _go(self, act: Act, case: Case) -> None:
        case.before(self.wreck)
        async with case.during(self.wreck):
            doing = asyncio.get_running_loop().create_task(act.does(self.wreck))
            await until(lambda: self._is_over(doing), self.wreck.story)
        await until(lambda: self._is_over(doing, quiet=True), self.wreck.story)
        await self.wreck.live_on(doing, act)

    async def _is_over(self, doing: asyncio.Task[Any], *, quiet: bool = False) -> bool:
        if not self.wreck.victim.is_alive:
            return True
        return doing.done() and (not quiet or await self.wreck.is_quiet())

    def _next(self, act: Act) -> tuple[Case, str]:
        found = [(case, point) for case in CASES if act in case.acts for point in self.passed[act, case.name]]
        return min(
            found, key=lambda one: (self.counts[one[1]], one[0] is not PLAIN, self.wreck.dice.random())
        )

    @property
    def _remote(self) -> Remote:
        return self.wreck.victim.remote
