"""The courier's errands that concern war rooms: they are made, kept in order and spoken in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from adapters.chat import (
    ChatPlatform,
    Misconfigured,
    NotReachable,
    PlatformError,
    Rejected,
    Rooms,
    TooFew,
)
from bot.bus import Bus
from bot.effects import TellRoom, TendRoom
from bot.screens import Screens
from domain.base import CLOCK, Account, PersonId
from domain.rooms.keeping import KeepRoom, LoseRoom
from domain.rooms.room import Room, Stage, Trouble
from storage.people import Directory
from storage.rooms import RoomBook

log = structlog.get_logger()


class RoomErrands:
    def __init__(
        self,
        book: RoomBook,
        screens: Screens,
        directory: Directory,
        platforms: Mapping[str, ChatPlatform],
        *,
        bus: Callable[[], Bus],
    ) -> None:
        self._book = book
        self._screens = screens
        self._directory = directory
        self._platforms = platforms
        self._bus = bus

    async def tend(self, effect: TendRoom, *, is_last_try: bool) -> None:
        """Makes the room, or brings it to who belongs there now. Raises PlatformError where it is worth another
        attempt; what is refused is told to the lead instead."""
        room = await self._book.of(effect.ticket)
        if room is None or not room.is_there:
            return
        try:
            await self._kept(room, await self._accounts(room))
        except TooFew:
            if room.stage is Stage.WANTED:
                await self._lost(room, Trouble.TOO_FEW)
        except Rejected as refusal:
            log.warning("war room refused", room=room.place.key, why=str(refusal))
            await self._lost(room, _trouble_of(refusal, room), _advice(refusal))
        except PlatformError:
            if is_last_try:
                await self._lost(room, Trouble.UNREACHABLE)
            raise

    async def tell(self, effect: TellRoom, key: str) -> None:
        """Who is there is looked at again now: between the news and this moment somebody may have come in."""
        room, platform = await self._book.of(effect.ticket), self._platforms.get(effect.place.platform)
        if room is None or platform is None or room.place != effect.place or room.stage is Stage.GONE:
            return
        has_requester = room.knows(await self._screens.requester_of(effect.ticket))
        if effect.internal and has_requester:
            return
        mention = [account for person in effect.mention for account in await self._of(person, room)]
        try:
            if not effect.is_first:
                await platform.say(effect.place, effect.text, key=key, mention=mention)
                return
            face = "room" if has_requester else "staff_room"
            drawn = await self._screens.ticket(effect.ticket, face, effect.place)
            await platform.post(effect.place, drawn.fitted(platform.capabilities(effect.place)), key=key)
        except NotReachable as gone:
            log.warning("war room is gone", room=room.place.key, why=str(gone))
            await self._lost(room, Trouble.ENDED)

    async def _kept(self, room: Room, accounts: Mapping[Account, PersonId]) -> None:
        platform = self._platforms.get(room.place.platform)
        if platform is None or not isinstance(platform, Rooms):
            raise Rejected("no_rooms", room.place.platform)
        if room.stage is Stage.WANTED:
            there = await platform.open_room(room.place, room.name, list(accounts))
        else:
            there = await platform.change_room(room.place, list(accounts))
        inside = frozenset(accounts[account] for account in there)
        lacking = frozenset(room.people) - inside
        await self._bus().execute(KeepRoom(f"#{room.ticket}", room.nth, inside, lacking), by=CLOCK)

    async def _accounts(self, room: Room) -> Mapping[Account, PersonId]:
        """Of those who belong there, in their order; who has left has none."""
        return {account: person for person in room.people for account in await self._of(person, room)}

    async def _of(self, person: PersonId, room: Room) -> list[Account]:
        """One each: the account that the room's platform knows."""
        platform = room.place.platform.partition("-")[0]
        found = await self._directory.get(person)
        return [a for a in found.accounts if a.platform == platform][:1] if found.active else []

    async def _lost(self, room: Room, trouble: Trouble, advice: str = "") -> None:
        await self._bus().execute(LoseRoom(f"#{room.ticket}", room.nth, trouble, advice), by=CLOCK)


def _trouble_of(refusal: Rejected, room: Room) -> Trouble:
    if isinstance(refusal, Misconfigured):
        return Trouble.NO_RIGHT
    return (
        Trouble.ENDED if room.stage is Stage.OPEN and isinstance(refusal, NotReachable) else Trouble.REFUSED
    )


def _advice(refusal: Rejected) -> str:
    return refusal.fix if isinstance(refusal, Misconfigured) else ""
