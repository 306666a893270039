"""A road on which every named point is passed, and a program that dies at each of them as often as at any other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from tests.faults.outage import blocked
from tests.faults.points import Remote
from tests.faults.victim import DOWNTIME
from tests.faults.witness import LONG_ROAD, Act, until
from tests.faults.wreck import Wreck

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
        doing = await self._until_over(act, case)
        passed = Counter(self._remote.hits())
        passed.subtract(before)
        self.passed[act, case.name] = +passed
        await self.wreck.live_on(doing, act)

    async def die(self, act: Act) -> None:
        case, point = self._next(act)
        self._remote.arm(point, self.wreck.dice.randint(1, self.passed[act, case.name][point]))
        doing = await self._until_over(act, case)
        if self._remote.has_fired(point):
            self.counts[point] += 1
            self.wreck.kills.append(point)
        self._remote.disarm()
        await self.wreck.live_on(doing, act)

    async def _until_over(self, act: Act, case: Case) -> asyncio.Task[Any]:
        """Dead, or done and quiet."""
        case.before(self.wreck)
        async with case.during(self.wreck):
            doing = asyncio.get_running_loop().create_task(act.does(self.wreck))
            await until(lambda: self._is_over(doing), self.wreck.story)
        await until(lambda: self._is_over(doing, quiet=True), self.wreck.story)
        return doing

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
