"""A desk at work without a database: commands, the reactions that follow them, and a clock that fires timers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.catalog import HANDLERS, REACTIONS
from bot.clockwork import command_for
from domain.base import CLOCK, Actor, Command, Event, PersonId
from domain.dispatch.events import OfferMade
from domain.dispatch.rules import NO_RULES, Rulebook
from domain.people.people import Desk, Person, Strategy
from domain.tickets.opening import OpenTicket
from domain.tickets.ticket import Ticket
from storage.timers import DueTimer
from tests.domain.people import CHAT, IT, OFFICE, ZHANG, Desks, Memory


class Office:
    def __init__(
        self,
        strategy: Strategy = Strategy.ROUND_ROBIN,
        *,
        rules: Rulebook = NO_RULES,
        unit: type[Memory] = Memory,
        **changes: Any,
    ) -> None:
        self.it: Desk = replace(IT, **{"dispatch": strategy, **changes})
        self.unit = unit(desks=Desks(self.it, OFFICE), rulebook=rules)
        self._told: dict[int, int] = {}

    async def opens(self, text: str = "打印机卡纸", by: Person = ZHANG, **changes: Any) -> Ticket:
        number = await self.does(OpenTicket(text, CHAT, **changes), by)
        return await self.unit.tickets.find(number)

    async def does(self, command: Command[Any], by: Person | Actor) -> Any:
        result = await HANDLERS[type(command)](command, self.unit.by(by))
        await self.react()
        return result

    async def react(self) -> None:
        while fresh := self._fresh():
            for ticket, event in fresh:
                for react in REACTIONS.get(type(event), ()):
                    await react(ticket, self.unit)

    async def later(self, **span: float) -> None:
        """Moves the clock and fires what is due, as the sweep does: the timer is taken first."""
        self.unit.later(**span)
        due = sorted((at, key) for key, at in self.unit.timers.set_for.items() if at <= self.unit.now)
        for at, key in due:
            del self.unit.timers.set_for[key]
            ticket = next(t for t in self.unit.tickets.kept.values() if t.id == int(key.split(":")[1]))
            await self.does(command_for(DueTimer(key, ticket.id, at)), CLOCK)

    async def asked(self, ticket: Ticket) -> PersonId | None:
        round_ = await self.unit.rounds.of(ticket.id)
        return round_.offer.to if round_ and round_.offer else None

    def offers(self, ticket: Ticket) -> list[PersonId]:
        return [event.to for event in ticket.events if isinstance(event, OfferMade)]

    def kinds(self, ticket: Ticket) -> list[str]:
        return [event.kind for event in ticket.events]

    def _fresh(self) -> list[tuple[Ticket, Event]]:
        fresh: list[tuple[Ticket, Event]] = []
        for ticket in self.unit.tickets.kept.values():
            fresh += [(ticket, event) for event in ticket.events[self._told.get(ticket.id, 0) :]]
            self._told[ticket.id] = len(ticket.events)
        return fresh
