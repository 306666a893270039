"""An escalation that could not be delivered calls the next in its chain."""

from __future__ import annotations

from bot.bus import Bus
from bot.cards.escalation import ringing
from bot.effects import ESCALATION, Effect, ShowCalls, ShowTicket
from bot.screens import Screens
from domain.base import CLOCK
from domain.sla.escalating import CallInstead


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
                call = CallInstead(f"#{effect.ticket}", rings.goal, rings.stage, lost, effect.told)
                await self._bus.execute(call, by=CLOCK, once=key)
            case ShowCalls():
                for one in await self._screens.calls_in(effect.posting):
                    once = f"{key}:{one.ticket}:{one.goal.value}"
                    lost = (*one.lost, effect.place)
                    call = CallInstead(f"#{one.ticket}", one.goal, one.stage, lost, one.told)
                    await self._bus.execute(call, by=CLOCK, once=once)
            case _:
                return
