"""One copy is edited, with the right that its platform asks for, or followed by one that can be."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime

from adapters.card import Card
from adapters.chat import CardCopy, ChatPlatform, Edits, EditSpent, Grant
from bot.courier.places import Places
from bot.effects import ShowTicket, queued
from bot.screens import Drawn, digest_of
from domain.tickets.states import State
from storage.cards import Cards, Copy
from storage.outbox import Outbox

# These faces belong to somebody who must see the truth: without the right to edit they are posted anew.
MUST_BE_TRUE = frozenset({"requester", "work", "handover"})
# These can be taken from: their buttons lie as soon as somebody has.
TO_MANY = frozenset({"desk", "intake", "offer"})
OFFERS = TO_MANY | {"offered", "unclaimed"}


class Painting:
    def __init__(self, cards: Cards, outbox: Outbox, places: Places, *, now: Callable[[], datetime]) -> None:
        self._cards = cards
        self._outbox = outbox
        self._places = places
        self._now = now

    async def paint_or_replace(self, copy: Copy, drawn: Drawn) -> None:
        try:
            await self.paint(copy, drawn)
        except EditSpent:
            await self.replace(copy, drawn)

    async def paint(self, copy: Copy, drawn: Drawn) -> None:
        platform = self._places.platform(copy.place)
        can = platform.capabilities(copy.place)
        card = drawn.fitted(can)
        shown = drawn.state.value if drawn.state else None
        if can.edits is Edits.NEVER or (digest_of(card) == copy.digest and shown == copy.shown):
            return
        if can.edits is Edits.GRANTED and shown == copy.shown and await self._is_saving(copy):
            return
        if digest_of(card) != copy.digest:
            await self._edit(copy, card, platform, can.edits)
            sys.audit("paidan.card.edited")
        await self._cards.updated(copy.id, digest_of(card), drawn.version, shown)

    async def _edit(self, copy: Copy, card: Card, platform: ChatPlatform, edits: Edits) -> None:
        if edits is not Edits.GRANTED:
            await platform.edit(CardCopy(copy.place, copy.handle), card)
        elif not await self._settled_doubt(copy, card, platform):
            spent = await self._cards.spend(copy.id, digest_of(card), self._now())
            if spent is None:
                raise EditSpent
            await platform.edit(CardCopy(copy.place, copy.handle, Grant(spent.code, spent.until)), card)

    async def _settled_doubt(self, copy: Copy, card: Card, platform: ChatPlatform) -> bool:
        """Whether an earlier edit, of which nothing was heard, has brought the copy to ``card``.

        The same right is tried once more: it works if that edit never arrived, and is refused if it did. Raises
        EditSpent where it would be refused in any case, for its age.
        """
        doubt = await self._cards.doubt(copy.id)
        if doubt is None:
            return False
        if doubt.grant.until <= self._now():
            raise EditSpent("nobody can tell any more what it shows")
        try:
            right = Grant(doubt.grant.code, doubt.grant.until)
            await platform.edit(CardCopy(copy.place, copy.handle, right), card)
        except EditSpent:
            await self._cards.updated(copy.id, doubt.digest, copy.version)
            return doubt.digest == digest_of(card)
        return True

    async def _is_saving(self, copy: Copy) -> bool:
        """The last right is kept for the moment when what the copy offers is not to be had any more: a new time or
        priority is not worth it. Where none is left, that moment brings a successor."""
        if copy.face not in TO_MANY or await self._cards.doubt(copy.id) is not None:
            return False
        return await self._cards.rights(copy.id, self._now()) <= 1

    async def replace(self, copy: Copy, drawn: Drawn) -> None:
        """The copy can't be repainted: who must see the truth gets one successor, and so does whoever still reads
        an offer that is over."""
        if copy.face not in MUST_BE_TRUE and not _is_void(copy, drawn):
            await self._cards.supersede(copy.id)
            return
        assert copy.ticket is not None
        successor = ShowTicket(place=copy.place, ticket=copy.ticket, face=copy.face)
        await self._cards.succeed(copy.id, queued(successor), self._now())


def _is_void(copy: Copy, drawn: Drawn) -> bool:
    return copy.face in OFFERS and copy.shown == State.OPEN.value and drawn.state is not State.OPEN
