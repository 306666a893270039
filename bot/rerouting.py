"""An escalation that could not be delivered calls the next in its chain."""

from __future__ import annotations

from bot.bus import Bus
from bot.cards.escalation import ringing
from bot.effects import Effect, ShowCalls, ShowTicket
from bot.screens import Screens
from domain.base import CLOCK, TicketId
from domain.sla.calling import Callee
from domain.sla.escalating import CallInstead
from domain.sla.policy import Goal

ESCALATION = "escalation:"


class Rerouting:
    def __init__(self, bus: Bus, screens: Screens) -> None:
        self._bus = bus
        self._screens = screens

    async def __call__(self, effect: Effect, key: str) -> None:
        """Everything else than an escalation waits for its platform, or for an administrator."""
        match effect:
            case ShowTicket(face=face) if face.startswith(ESCALATION):
                rings = ringing(face.removeprefix(ESCALATION))
                lost = (*effect.lost, effect.place)
                await self._call(effect.ticket, rings.goal, rings.stage, lost, key)
            case ShowCalls():
                for one in await self._screens.calls_in(effect.posting):
                    once = f"{key}:{one.ticket}:{one.goal.value}"
                    await self._call(one.ticket, one.goal, one.stage, (*one.lost, effect.place), once)
            case _:
                return

    async def _call(
        self, ticket: TicketId, goal: Goal, stage: int, lost: tuple[Callee, ...], key: str
    ) -> None:
        await self._bus.execute(CallInstead(f"#{ticket}", goal, stage, lost), by=CLOCK, once=key)
