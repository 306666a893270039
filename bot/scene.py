"""Where an event happened, and the few ways in which notices speak of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.effects import Effect, Place, RefreshTicket, Say, ShowTicket
from bot.unit import Unit
from domain.base import CLOCK, Conversation, PersonId
from domain.duty.leads import leads_at
from domain.people.people import Desk, Strategy
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class Scene:
    """Where an event happened, with what notices need to decide who hears of it."""

    ticket: Ticket
    desk: Desk | None
    unit: Unit
    can_press: Callable[[Conversation], bool]
    insist_at: int = 0  # the stage of an escalation from which people are rung up; 0: never

    def say(self, place: Place | None, text: str) -> Iterator[Effect]:
        """Nobody is told what they did themselves."""
        if place is not None and place != self.unit.actor.person:
            yield Say(place=place, text=text, ticket=self.ticket.id)

    def show(self, place: Place, face: str, *mention: PersonId) -> Effect:
        return ShowTicket(place=place, ticket=self.ticket.id, face=face, mention=mention)

    def refresh(self) -> Effect:
        return RefreshTicket(ticket=self.ticket.id)

    async def name(self, person: PersonId | None) -> str:
        if person is None or person == CLOCK.person:
            return CLOCK.name
        return (await self.unit.people.get(person)).name

    @property
    def who(self) -> str:
        return self.unit.actor.name

    @property
    def channels(self) -> tuple[Conversation, ...]:
        return self.desk.channels if self.desk else ()

    @property
    def presses_in_groups(self) -> bool:
        return any(self.can_press(channel) for channel in self.channels)

    async def is_dispatched(self) -> bool:
        """Handed out to one after the other, instead of waiting in the pool for anybody."""
        round_ = await self.unit.rounds.of(self.ticket.id)
        return round_ is not None and round_.strategy is not Strategy.MANUAL

    @property
    def lead(self) -> PersonId | None:
        return self.desk.lead if self.desk else None

    async def leads(self) -> Sequence[PersonId]:
        """Who has to see to it: the lead, or the administrators when the lead is away or there is none."""
        return await leads_at(self.desk, self.unit) if self.desk else ()

    @property
    def servants(self) -> tuple[PersonId, ...]:
        """Everybody who could take it; the lead last, if not a member anyway."""
        if self.desk is None:
            return ()
        return tuple(dict.fromkeys([*self.desk.members, *([self.desk.lead] if self.desk.lead else [])]))


async def offer_to_pool(scene: Scene) -> list[Effect]:
    """The desk's groups get the card; where no group can press, each member gets it in private.

    Unless they are asked one after the other: then each hears of it in turn, and all when nobody took it.
    """
    origin = scene.ticket.origin
    groups = [scene.show(channel, "intake" if channel == origin else "desk") for channel in scene.channels]
    if scene.presses_in_groups or await scene.is_dispatched():
        return groups
    return [*groups, *(scene.show(person, "offer") for person in scene.servants)]
