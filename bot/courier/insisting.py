"""Louder than a message: a DING, for who was called by an escalation. It comes on top, so nothing hangs on it."""

from __future__ import annotations

import structlog

from adapters.chat import Rejected
from bot.courier.places import Places
from bot.effects import Insist
from bot.screens import Screens

log = structlog.get_logger()


class Insisting:
    def __init__(self, screens: Screens, places: Places) -> None:
        self._screens = screens
        self._places = places

    async def __call__(self, effect: Insist) -> None:
        """Refused for good, because of the edition or a permission, it is left out: the cards have called already."""
        if not await self._screens.still_matters(effect.ticket, effect.face):
            return
        text = await self._screens.call_in_words(effect.ticket, effect.face)
        for platform in self._places.insistent():
            accounts = await self._places.accounts_on(effect.people, platform.name)
            if not accounts:
                continue
            try:
                await platform.insist(accounts, text)
            except Rejected as error:
                log.warning("insisting refused", platform=platform.name, people=len(accounts), why=str(error))
