"""Reads what a digest says, for one person who asks or for everybody in the morning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapters.card import Card
from bot.cards.digest import DeskLines, DigestFacts, digest_card
from domain.base import PersonId
from domain.digest.content import AtDesk, Flow, Item, Personal, Policies, at_desk, personal
from domain.digest.looking import ShowDigest
from domain.digest.morning import Today, WorkDays, today_at
from domain.people.people import Desk
from domain.sla.policy import Policy
from storage.queries.digest import DigestQueries


@dataclass(frozen=True)
class Promises:
    """By the name of an [[sla]]; ``days`` also has the days of a desk that promises nothing, as ""."""

    policies: Mapping[str, Policy]
    days: Mapping[str, WorkDays]

    def of(self, desks: Iterable[Desk]) -> Policies:
        return {desk.key: self.policies[desk.sla] for desk in desks if desk.sla in self.policies}

    def days_of(self, desk: Desk | None) -> WorkDays:
        return self.days.get(desk.sla if desk else "", self.days[""])


class DigestScreens:
    def __init__(
        self,
        queries: DigestQueries,
        promises: Promises,
        *,
        now: Callable[[], datetime],
        day_note: Callable[[date], str] = lambda _: "",
    ) -> None:
        self._queries = queries
        self._promises = promises
        self._now = now
        self._day_note = day_note

    async def answer(self, command: ShowDigest, person: PersonId) -> Card:
        desks = await self._queries.desks()
        first = next((desk for desk in desks if desk.serves(person)), None)
        # The book of holidays takes most of a second to open, once.
        today = await asyncio.to_thread(today_at, self._now(), self._promises.days_of(first))
        led = [desk for desk in desks if desk.lead == person]
        found = await self.of_desks(led, today)
        return digest_card(
            DigestFacts(
                today=today,
                mine=(await self.of_people([person], desks, today))[person],
                desks=[DeskLines(desk.name, found[desk.key]) for desk in led],
                note=await self.note(today),
                late=command.late,
            )
        )

    async def of_people(
        self, people: Sequence[PersonId], desks: Sequence[Desk], today: Today
    ) -> Mapping[PersonId, Personal]:
        theirs: dict[PersonId, list[Item]] = {person: [] for person in people}
        for item in await self._queries.items(people) if people else []:
            theirs[item.person].append(item)
        policies, now = self._promises.of(desks), self._now()
        return {person: personal(items, policies, now, today) for person, items in theirs.items()}

    async def of_desks(self, desks: Sequence[Desk], today: Today) -> Mapping[str, AtDesk]:
        if not desks:
            return {}
        keys = [desk.key for desk in desks]
        goes_on = await self._queries.unfinished(keys)
        flow = await self._queries.flow(keys, today.since, today.begin)
        away = await self._queries.away(max(today.begin, self._now()), today.end)
        policies, now = self._promises.of(desks), self._now()
        return {
            desk.key: at_desk(
                desk.key,
                goes_on,
                flow.get(desk.key, Flow()),
                [a for a in away if desk.serves(a.person)],
                policies,
                now,
                today,
            )
            for desk in desks
        }

    async def note(self, today: Today) -> str:
        return await asyncio.to_thread(self._day_note, today.day)
