"""[[sla]]: what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from bot.calling import check_calls
from bot.settings.calendars import share_that_counts
from bot.settings.problems import Problem, duplicates
from bot.settings.values import Called, Duration, Section

if TYPE_CHECKING:
    from bot.settings.settings import Settings

TEN_YEARS = timedelta(days=3650)


class TargetSection(Section):
    respond: Duration | None = None
    resolve: Duration | None = None


class PauseSection(Section):
    """``limit`` counts as the targets do, over all pauses of a ticket until it is reopened."""

    waiting: bool = True
    limit: Duration | None = None


class SlaSection(Section):
    name: str
    calendar: str = ""
    warn_at: float = Field(0.8, gt=0, lt=1)
    P1: TargetSection | None = None
    P2: TargetSection | None = None
    P3: TargetSection | None = None
    P4: TargetSection | None = None
    ladder: tuple[Duration, ...] = ()
    pause: PauseSection = PauseSection()
    targets: dict[str, tuple[Called, ...]] = Field(default_factory=dict)
    fallback: dict[Called, Called] = Field(default_factory=dict)


def check_sla(settings: Settings) -> Iterator[Problem]:
    yield from duplicates("sla", [s.name for s in settings.sla], "name")
    for index, sla in enumerate(settings.sla):
        yield from _check_one(f"sla[{index}]", sla, settings)
    yield from (Problem(path, reason) for path, reason in check_calls(settings))


def _check_one(path: str, sla: SlaSection, settings: Settings) -> Iterator[Problem]:
    if not any((sla.P1, sla.P2, sla.P3, sla.P4)):
        yield Problem(path, "没有任何优先级的时限（P1…P4）")
    if list(sla.ladder) != sorted(sla.ladder):
        yield Problem(f"{path}.ladder", "升级间隔必须从小到大")
    if not sla.pause.waiting and sla.pause.limit is not None:
        yield Problem(f"{path}.pause.limit", "waiting = false 时计时从不暂停，不需要上限")
    named = {c.name: c for c in settings.calendars}
    if sla.calendar and sla.calendar not in named:
        yield Problem(f"{path}.calendar", f"没有名为「{sla.calendar}」的 [[calendars]]")
        return
    longest = TEN_YEARS * (share_that_counts(named[sla.calendar]) if sla.calendar else 1)
    if (sla.pause.limit or timedelta()) > longest:
        yield Problem(f"{path}.pause.limit", "时限太长，十年内都不会到期")
    for priority in ("P1", "P2", "P3", "P4"):
        target: TargetSection = getattr(sla, priority) or TargetSection()
        for goal in ("respond", "resolve"):
            if (getattr(target, goal) or timedelta()) > longest:
                yield Problem(f"{path}.{priority}.{goal}", "时限太长，十年内都不会到期")
