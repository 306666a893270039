"""What is in force: the policies of the configuration, with the company days that the database knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from bot.promises import policies, work_days
from bot.settings import CalendarSection, SlaSection
from domain.sla.days import CompanyDay
from domain.sla.policy import Policy
from domain.sla.workdays import WorkCalendar
from storage.company_days import CompanyDayBook

V = TypeVar("V")


class Live(Mapping[str, V], Generic[V]):
    """Names that stay while what they stand for is exchanged: whoever holds it looks up what holds now."""

    def __init__(self) -> None:
        self._now: Mapping[str, V] = {}

    def put(self, now: Mapping[str, V]) -> None:
        self._now = now

    def __getitem__(self, name: str) -> V:
        return self._now[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)


class Rules:
    """``days`` are the work days of each policy, as ``bot.promises.work_days`` has them."""

    def __init__(
        self, sla: Sequence[SlaSection], calendars: Sequence[CalendarSection], book: CompanyDayBook
    ) -> None:
        self._sla = sla
        self._calendars = calendars
        self._book = book
        self._used: tuple[CompanyDay, ...] = ()
        self.policies: Live[Policy] = Live()
        self.days: Live[WorkCalendar] = Live()
        self.use(())

    async def refresh(self) -> None:
        """Another process may have imported days. Calendars remember their years, so they are made anew only then."""
        found = await self._book.all()
        if found != self._used:
            self.use(found)

    def use(self, days: tuple[CompanyDay, ...]) -> None:
        self._used = days
        made = policies(self._sla, self._calendars, days)
        self.policies.put(made)
        self.days.put(work_days(made))
