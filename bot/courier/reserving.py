"""What a ticket will still cost at its end, which is kept back while it is worked on."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.chat import Metered
from bot.courier.places import Places
from domain.base import PersonId
from storage.cards import Copy


class Reserving:
    def __init__(self, places: Places) -> None:
        self._places = places

    async def at_the_end_of(self, requester: PersonId, copies: Sequence[Copy]) -> int:
        """What it will cost at its end: a call for each copy in a group, and one to reach who asked for help, who
        may have said nothing for long by then. In other private chats words will do (``Refreshing``)."""
        groups = sum(self._is_billed(copy) and copy.place.kind == "group" for copy in copies)
        places = await self._places.of(requester)
        return groups + bool(places and isinstance(self._places.platform(places[0]), Metered))

    def _is_billed(self, copy: Copy) -> bool:
        platform = self._places.platform(copy.place)
        return isinstance(platform, Metered) and not platform.is_fixed(copy.handle)
