"""The few ways in which notices of duty speak."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapters.grammar import key_of
from bot.effects import Effect, Say, ShowAnswer
from bot.unit import Unit
from domain.base import CLOCK, Conversation, PersonId
from domain.duty.leads import leads_of
from domain.duty.looking import ShowHeirs, ShowLeave, ShowSwap
from domain.people.people import Desk

SHOWN = 5  # numbers in one sentence


@dataclass(frozen=True)
class Room:
    unit: Unit

    def say(self, place: PersonId | Conversation | None, text: str) -> Iterator[Effect]:
        if place is not None:
            yield Say(place=place, text=text)

    def say_to_others(self, people: Iterable[PersonId | None], text: str) -> Iterator[Effect]:
        """Nobody is told what they did themselves, and nobody twice."""
        for person in dict.fromkeys(people):
            if person is not None and person != self.unit.actor.person:
                yield Say(place=person, text=text)

    def leave(self, person: PersonId, leave: int) -> Effect:
        return ShowAnswer(place=person, person=person, request=key_of(ShowLeave(leave)))

    def heirs(self, person: PersonId, leave: int) -> Effect:
        return ShowAnswer(place=person, person=person, request=key_of(ShowHeirs(leave)))

    def swap(self, person: PersonId, swap: int) -> Effect:
        return ShowAnswer(place=person, person=person, request=key_of(ShowSwap(swap)))

    async def name(self, person: PersonId | None) -> str:
        if person is None or person == CLOCK.person:
            return CLOCK.name
        return (await self.unit.people.get(person)).name

    async def days(self, leave: int) -> str:
        return str((await self.unit.leaves.get(leave)).days)

    async def leads(self, person: PersonId) -> Sequence[PersonId]:
        return await leads_of(person, self.unit)

    async def desk(self, key: str) -> Desk:
        return await self.unit.desks.get(key)


def numbers_of(numbers: Sequence[str]) -> str:
    rest = f" 等 {len(numbers)} 单" if len(numbers) > SHOWN else ""
    return "、".join(numbers[:SHOWN]) + rest
