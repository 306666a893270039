"""Sends the digests: on work days, at their hour, to each person and each group once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from adapters.grammar import key_of
from bot.bus import Bus
from bot.cards.digest import DeskLines, group_text
from bot.digest_screens import DigestScreens, Promises
from bot.effects import Effect, Say, ShowAnswer
from bot.settings import DigestSection
from domain.base import CLOCK, PersonId
from domain.digest.content import AtDesk
from domain.digest.looking import ShowDigest
from domain.digest.morning import Due, Hours, due_at, next_after
from domain.people.people import Desk
from storage.queries.digest import DigestQueries

Dues = Mapping[str, Due]  # by the name of an [[sla]]


class Morning:
    """Who was served is told by a key in the database, written with the effect: two replicas and a restart in the
    middle send nothing twice, and neither does a clock that is set back. ``_over`` only spares them the asking.
    """

    def __init__(
        self,
        queries: DigestQueries,
        screens: DigestScreens,
        promises: Promises,
        section: DigestSection,
        bus: Bus,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._queries = queries
        self._screens = screens
        self._promises = promises
        self._section = section
        self._bus = bus
        self._now = now
        self._over: set[tuple[str, str]] = set()

    async def __call__(self) -> None:
        dues = await asyncio.to_thread(self._dues) if self._section.to else {}
        if not dues:
            return
        desks = await self._queries.desks()
        if "people" in self._section.to:
            await self._tell_people(desks, dues)
        if "groups" in self._section.to:
            await self._tell_groups(desks, dues)
        self._over |= {_day_of(name, due) for name, due in dues.items()}

    async def next_due(self) -> datetime | None:
        """Whether there will be anything to say is not known yet."""
        return await asyncio.to_thread(self._next) if self._section.to else None

    def _next(self) -> datetime:
        hours = Hours(self._section.at, self._section.until)
        return min(next_after(self._now(), hours, days) for days in self._promises.days.values())

    def _dues(self) -> Dues:
        hours = Hours(self._section.at, self._section.until)
        found = {name: due_at(self._now(), hours, days) for name, days in self._promises.days.items()}
        return {name: due for name, due in found.items() if due and _day_of(name, due) not in self._over}

    # ── people ──

    async def _tell_people(self, desks: Sequence[Desk], dues: Dues) -> None:
        away = await self._queries.not_here()
        for due, people in self._by_due(desks, dues):
            here = [person for person in people if person not in away]
            mine = await self._screens.of_people(here, desks, due.today)
            found = await self._screens.of_desks([d for d in desks if d.lead in here], due.today)
            for person in here:
                led = [found[desk.key] for desk in desks if desk.lead == person]
                has_news = not mine[person].is_empty or not all(desk.is_calm for desk in led)
                await self._tell_person(person, due, has_news=has_news)

    def _by_due(self, desks: Sequence[Desk], dues: Dues) -> Sequence[tuple[Due, Sequence[PersonId]]]:
        """Whoever serves two desks hears from the first whose day it is."""
        whose: dict[PersonId, Due] = {}
        for desk in desks:
            due = dues.get(self._name_of(desk))
            for person in (*desk.members, *([desk.lead] if desk.lead is not None else [])):
                if due is not None:
                    whose.setdefault(person, due)
        return [(due, [p for p in whose if whose[p] is due]) for due in dues.values()]

    async def _tell_person(self, person: PersonId, due: Due, *, has_news: bool) -> None:
        """Who has nothing before them now is not told later in the morning either."""
        request = key_of(ShowDigest(late=due.late))
        effects: list[Effect] = [ShowAnswer(place=person, person=person, request=request)] if has_news else []
        await self._bus.tell(effects, by=CLOCK, once=f"digest:{due.today.day}:person:{person}")

    # ── groups ──

    async def _tell_groups(self, desks: Sequence[Desk], dues: Dues) -> None:
        for name, due in dues.items():
            of_calendar = [desk for desk in desks if desk.channels and self._name_of(desk) == name]
            found = await self._screens.of_desks(of_calendar, due.today)
            for desk in of_calendar:
                await self._tell_group(desk, found[desk.key], due)

    async def _tell_group(self, desk: Desk, found: AtDesk, due: Due) -> None:
        speaks = self._section.calm or not found.is_calm
        note = await self._screens.note(due.today)
        text = group_text(DeskLines(desk.name, found), due.today, note=note, late=due.late)
        for channel in desk.channels:
            key = f"digest:{due.today.day}:desk:{desk.key}:{channel.platform}:{channel.key}"
            effects: list[Effect] = [Say(place=channel, text=text)] if speaks else []
            await self._bus.tell(effects, by=CLOCK, once=key)

    def _name_of(self, desk: Desk) -> str:
        """A desk that promises nothing, or whose promise is not configured, keeps ordinary days."""
        return desk.sla if desk.sla in self._promises.days else ""


def _day_of(name: str, due: Due) -> tuple[str, str]:
    return name, due.today.day.isoformat()
