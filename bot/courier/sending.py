"""One effect goes to one place: where somebody is met first, or the next one while that can't be reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from adapters.chat import Elsewhere, Misconfigured, NotReachable, Unreachable
from bot.courier.places import Places
from bot.courier.showing import Showing, key_of
from bot.effects import Effect, Say, SendFile, ShowAnswer, ShowCalls, ShowTicket, queued
from bot.files.errands import FileErrands
from bot.lost_groups import GroupWatch
from bot.reach import Breakers
from bot.screens import Screens
from domain.base import Conversation
from storage.outbox import Claimed, Outbox

log = structlog.get_logger()

Sent = Say | ShowTicket | ShowCalls | ShowAnswer | SendFile


class Sending:
    def __init__(
        self,
        outbox: Outbox,
        screens: Screens,
        places: Places,
        showing: Showing,
        breakers: Breakers,
        errands: FileErrands,
        groups: GroupWatch,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._screens = screens
        self._places = places
        self._showing = showing
        self._breakers = breakers
        self._errands = errands
        self._groups = groups
        self._now = now

    async def __call__(self, effect: Sent, claimed: Claimed) -> None:
        places = await self._cheapest_first(effect, await self._places.of(effect.place))
        for place in places:
            try:
                await self._watched(effect, claimed, place)
                return
            except NotReachable as error:
                await self._groups.refused(place, error)
                if place == places[-1]:
                    if not await self._offer_in_private(effect):
                        raise
                    return
                # Left the company on one platform, or never installed it: the other one may do.
                log.warning("not reachable here, trying elsewhere", platform=place.platform)

    async def _cheapest_first(self, effect: Sent, places: list[Conversation]) -> list[Conversation]:
        """A digest goes to where it costs nothing, once little is left."""
        brief = {place: await self._showing.must_be_brief(effect, place) for place in places}
        return sorted(places, key=brief.__getitem__)

    async def _offer_in_private(self, effect: Effect) -> bool:
        """A ticket must not wait for hands because the bot may not write to the desk's group."""
        if not isinstance(effect, ShowTicket) or effect.face not in {"desk", "intake"}:
            return False
        people = await self._screens.servants_of(effect.ticket)
        log.warning("group not reachable, offering in private", place=effect.place, people=len(people))
        shows = [ShowTicket(place=person, ticket=effect.ticket, face="offer") for person in people]
        await self._outbox.put([queued(show) for show in shows], self._now())
        return bool(shows)

    async def _watched(self, effect: Sent, claimed: Claimed, place: Conversation) -> None:
        try:
            await self._groups.require(place)
            await self._deliver(effect, claimed, place)
        except Elsewhere:
            raise  # nothing is wrong with it
        except (Unreachable, Misconfigured):
            self._breakers.failed(place.platform)
            raise
        self._breakers.worked(place.platform)

    async def _deliver(self, effect: Sent, claimed: Claimed, place: Conversation) -> None:
        match effect:
            case Say():
                await self._say(effect, claimed, place)
            case ShowTicket():
                await self._showing.ticket(effect, claimed, place)
            case ShowCalls():
                await self._showing.calls(effect, claimed, place)
            case ShowAnswer():
                await self._showing.answer(effect, claimed, place)
            case SendFile():
                await self._errands.send(effect, place, self._places.platform(place), key_of(claimed))

    async def _say(self, effect: Say, claimed: Claimed, place: Conversation) -> None:
        mention = await self._places.accounts(effect.mention, place)
        await self._places.platform(place).say(place, effect.text, key=key_of(claimed), mention=mention)
