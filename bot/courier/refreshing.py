"""All copies about one ticket: which are painted again, now, later, or not at all for what it costs."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import structlog

from adapters.chat import EditSpent, Metered, PlatformError
from bot.answering import Answering
from bot.cards.facts import Facts
from bot.cards.ticket import retired
from bot.courier.failing import pause_after
from bot.courier.painting import Painting
from bot.courier.places import Places
from bot.courier.reserving import Reserving
from bot.effects import RefreshLater, RepaintCopy, queued
from bot.screens import Drawn, Screens, digest_of
from bot.thrift import Thrift, kind_of_repaint
from domain.base import Conversation, PersonId, TicketId
from domain.quota.thrift import Kind, Verdict, Way
from domain.tickets.states import State
from storage.cards import Cards, Copy
from storage.outbox import Outbox
from storage.people import Directory

log = structlog.get_logger()

AT_ONCE = Verdict(Way.NOW)


@dataclass
class _Round:
    """One look at all copies about one ticket: read once, and drawn for each of them."""

    ticket: TicketId
    copies: Sequence[Copy]
    viewers: Mapping[Conversation, PersonId]
    has_waited: bool
    facts: dict[TicketId, Facts] = field(default_factory=dict)
    reserved: int | None = None  # calls that it will cost at its end

    @cached_property
    def newest(self) -> Mapping[tuple[Conversation, str], int]:
        return {(copy.place, copy.face): copy.id for copy in self.copies}


class Refreshing:
    def __init__(
        self,
        cards: Cards,
        outbox: Outbox,
        screens: Screens,
        directory: Directory,
        places: Places,
        painting: Painting,
        reserving: Reserving,
        answering: Answering,
        thrift: Thrift,
        *,
        now: Callable[[], datetime],
        rng: random.Random,
    ) -> None:
        self._cards = cards
        self._outbox = outbox
        self._screens = screens
        self._directory = directory
        self._places = places
        self._painting = painting
        self._reserving = reserving
        self._answering = answering
        self._thrift = thrift
        self._now = now
        self._rng = rng

    async def __call__(self, ticket: TicketId, *, has_waited: bool) -> None:
        round_ = await self._round(ticket, has_waited=has_waited)
        # What many look at comes first, while the ticket may still cost something.
        for copy in sorted(round_.copies, key=lambda copy: copy.place.kind != "group"):
            if copy.is_behind:
                await self._repaint_later(copy, round_, timedelta())
            else:
                await self._look_after_or_later(copy, round_)

    async def one(self, effect: RepaintCopy) -> None:
        """The copy alone, as the ticket is by now."""
        round_ = await self._round(effect.ticket, has_waited=False)
        for copy in round_.copies:
            if copy.id == effect.copy:
                await self._look_after(copy, round_)

    async def _round(self, ticket: TicketId, *, has_waited: bool) -> _Round:
        copies = [*await self._cards.copies_of(ticket), *await self._shared(ticket)]
        viewers = await self._directory.in_chats([copy.place for copy in copies])
        return _Round(ticket, copies, viewers, has_waited)

    async def _look_after_or_later(self, copy: Copy, round_: _Round) -> None:
        """What one chat can't take now keeps the news from no other chat."""
        try:
            await self._look_after(copy, round_)
        except PlatformError as error:
            log.warning("copy is repainted later", copy=copy.id, error=repr(error))
            await self._repaint_later(copy, round_, pause_after(1, error, self._rng))

    async def _repaint_later(self, copy: Copy, round_: _Round, wait: timedelta) -> None:
        again = RepaintCopy(ticket=round_.ticket, copy=copy.id)
        await self._outbox.put([queued(again, self._now() + wait)], self._now())

    async def _look_after(self, copy: Copy, round_: _Round) -> None:
        shown = await self._as_shown(copy, round_)
        if round_.newest[copy.place, copy.face] == copy.id:
            await self._repaint(shown, round_)
        else:
            await self._retire(shown, round_)

    async def _shared(self, ticket: TicketId) -> Sequence[Copy]:
        """Copies about several tickets that are kept under another one."""
        found: list[Copy] = []
        for posting in await self._screens.postings_about(ticket):
            keeper, face = await self._screens.kept_under(posting)
            if keeper != ticket:
                found += [copy for copy in await self._cards.copies_of(keeper) if copy.face == face]
        return found

    async def _as_shown(self, copy: Copy, round_: _Round) -> Copy:
        """The answer to a press may have repainted it, for nothing; then that is what it shows."""
        await self._answering.over(copy.id)
        shown = self._answering.take(copy.id)
        if shown is None:
            return copy
        round_.facts.clear()  # somebody has done something meanwhile
        await self._cards.updated(copy.id, shown, copy.version)
        return replace(copy, digest=shown)

    async def _repaint(self, copy: Copy, round_: _Round) -> None:
        drawn = await self._drawn(copy, round_)
        verdict = await self._verdict(copy, drawn, round_)
        if verdict.way is Way.LATER and not round_.has_waited:
            later = queued(RefreshLater(ticket=round_.ticket), self._now() + verdict.after)
            await self._outbox.put([later], self._now())
        elif verdict.way is not Way.NOT:
            await self._painting.paint_or_replace(copy, drawn)

    async def _verdict(self, copy: Copy, drawn: Drawn, round_: _Round) -> Verdict:
        platform = self._places.platform(copy.place)
        if not isinstance(platform, Metered):
            return AT_ONCE
        if platform.is_fixed(copy.handle):
            await self._say_draft_again(copy, drawn, platform)
            return Verdict(Way.NOT)
        if digest_of(drawn.fitted(self._places.platform(copy.place).capabilities(copy.place))) == copy.digest:
            return AT_ONCE
        kind = kind_of_repaint(copy.face, copy.shown, drawn.state, has_buttons=bool(drawn.card.buttons))
        if kind is Kind.FINAL and await self._heard(copy, round_):
            await self._cards.supersede(copy.id)
            return Verdict(Way.NOT)
        reserved = await self._reserved(round_) if self._thrift.is_counted(platform.name) else 0
        return await self._thrift.repaint(kind, platform.name, round_.ticket, reserved)

    async def _reserved(self, round_: _Round) -> int:
        if round_.reserved is None:
            requester = (await self._facts(round_.ticket, round_)).ticket.requester.id
            round_.reserved = await self._reserving.at_the_end_of(requester, round_.copies)
        return round_.reserved

    async def _heard(self, copy: Copy, round_: _Round) -> bool:
        """In a chat of two the words about its end stand below the card, and a press on it gets the truth: that
        will do where the ticket has cost enough."""
        platform = self._places.platform(copy.place)
        if copy.place.kind != "direct" or not isinstance(platform, Metered):
            return False
        has_room = await self._thrift.has_room(platform.name, round_.ticket, 0)
        return not has_room and await platform.free_way(copy.place) is not None

    async def _say_draft_again(self, copy: Copy, drawn: Drawn, platform: Metered) -> None:
        """What was amended, or has become a ticket, is read before it is agreed to; later on news tell it."""
        if copy.shown != State.DRAFT.value:
            return
        in_full = self._places.platform(copy.place).capabilities(copy.place)
        can = await platform.free_way(copy.place) or in_full
        if digest_of(drawn.fitted(can)) != copy.digest:
            await self._painting.replace(copy, drawn)

    async def _retire(self, copy: Copy, round_: _Round) -> None:
        """A newer one stands below it. This one is painted a last time, without buttons that could lie later."""
        drawn = await self._drawn(copy, round_)
        platform = self._places.platform(copy.place)
        # Where repaints are billed, its press must do: that is answered with what is true, for nothing.
        if not isinstance(platform, Metered) or not await self._thrift.is_frugal(platform.name):
            with suppress(EditSpent):
                await self._painting.paint(copy, replace(drawn, card=retired(drawn.card)))
        await self._cards.supersede(copy.id)

    async def _drawn(self, copy: Copy, round_: _Round) -> Drawn:
        assert copy.ticket is not None
        facts = await self._facts(copy.ticket, round_)
        return await self._screens.drawn(facts, copy.face, copy.place, round_.viewers.get(copy.place))

    async def _facts(self, ticket: TicketId, round_: _Round) -> Facts:
        if ticket not in round_.facts:
            round_.facts[ticket] = await self._screens.facts_now(ticket)
        return round_.facts[ticket]
