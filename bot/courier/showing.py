"""What is drawn is posted once, byte for byte the same at every attempt, and remembered as a copy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.card import Card
from adapters.chat import Capabilities, CardCopy, Grant, Metered
from adapters.fit import fit
from adapters.freezing import freeze, thaw
from bot.cards.digest import in_one_line
from bot.courier.places import Places
from bot.courier.reserving import Reserving
from bot.effects import (
    Effect,
    RefreshTicket,
    ShowAnswer,
    ShowCalls,
    ShowTicket,
    is_call,
    is_digest,
    lane_of,
    queued,
)
from bot.screens import Screens, digest_of
from bot.thrift import Thrift
from domain.base import Conversation, PersonId, TicketId
from domain.quota.thrift import Kind, Way, decide
from domain.tickets.states import State
from storage.cards import Cards, Copy
from storage.outbox import Claimed, Outbox
from storage.people import Directory
from storage.prompts import Prompt, Prompts

ANSWER_EXPECTED = timedelta(hours=24)
# These are as good in words: who asked for help reads on and answers, and need not work with them.
GOOD_IN_WORDS = frozenset({"requester"})
# This one is a tool, and words only where a card would leave too little for the ticket's end.
WORDS_IF_NEED_BE = frozenset({"work"})


class Showing:
    def __init__(
        self,
        cards: Cards,
        outbox: Outbox,
        prompts: Prompts,
        directory: Directory,
        screens: Screens,
        places: Places,
        reserving: Reserving,
        thrift: Thrift,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._cards = cards
        self._outbox = outbox
        self._prompts = prompts
        self._directory = directory
        self._screens = screens
        self._places = places
        self._reserving = reserving
        self._thrift = thrift
        self._now = now

    async def ticket(self, effect: ShowTicket, claimed: Claimed, place: Conversation) -> None:
        if not await self._screens.still_matters(effect.ticket, effect.face):
            return
        facts = await self._screens.facts_now(effect.ticket)
        viewer = await self._directory.in_chat(place)
        drawn = await self._screens.drawn(facts, effect.face, place, viewer)
        mention = await self._places.accounts(effect.mention, place)
        names = await self._directory.names_of(effect.mention)
        called = tuple(names[p] for p in effect.mention if p in names)[: len(mention)]
        free = await self._free_way(effect, facts.ticket.requester.id, place)
        wanted = replace(drawn.card, mention=mention, mention_names=called)
        card = await self._frozen(wanted, place, claimed, free)
        copy = await (self._post_freely if free else self._post)(place, card, claimed)
        sys.audit("paidan.card.posted")
        digest, shown = digest_of(card), drawn.state.value if drawn.state else None
        posted = await self._cards.remember(
            copy.place,
            copy.handle,
            effect.ticket,
            effect.face,
            digest,
            drawn.version,
            *_grant(copy),
            shown=shown,
        )
        await self._retire_older(posted)
        if drawn.state is State.WAITING:
            await self._await_answer(effect, place)
        if is_call(effect.face) or claimed.lane != lane_of(effect):
            await self._catch_up(effect, card, place)

    async def calls(self, effect: ShowCalls, claimed: Claimed, place: Conversation) -> None:
        ticket, face = await self._screens.kept_under(effect.posting)
        as_copy = ShowTicket(place=place, ticket=ticket, face=face, mention=effect.mention)
        await self.ticket(as_copy, claimed, place)

    async def answer(self, effect: ShowAnswer, claimed: Claimed, place: Conversation) -> None:
        answer = (
            thaw(claimed.frozen)
            if claimed.frozen
            else await self._screens.answer(effect.request, effect.person)
        )
        if isinstance(answer, str):
            await self._places.platform(place).say(place, answer, key=key_of(claimed))
            return
        if await self.must_be_brief(effect, place):
            await self._places.platform(place).say(place, in_one_line(answer), key=key_of(claimed))
            return
        card = await self._frozen(answer, place, claimed)
        copy = await self._post(place, card, claimed)
        await self._cards.remember(copy.place, copy.handle, None, "answer", digest_of(card), 0, *_grant(copy))

    async def must_be_brief(self, effect: Effect, place: Conversation) -> bool:
        platform = self._places.platform(place)
        if not isinstance(effect, ShowAnswer) or not isinstance(platform, Metered) or not is_digest(effect):
            return False
        strain = await self._thrift.strain(platform.name)
        return decide(Kind.DIGEST, strain, has_room=False).way is Way.BRIEFLY

    async def _retire_older(self, posted: Copy) -> None:
        """By an effect of its own: that an old card can't be repainted must not bring the new one a second time."""
        assert posted.ticket is not None
        copies = await self._cards.copies_of(posted.ticket)
        if any(
            copy.id < posted.id and (copy.place, copy.face) == (posted.place, posted.face) for copy in copies
        ):
            await self._outbox.put([queued(RefreshTicket(ticket=posted.ticket))], self._now())

    async def _catch_up(self, effect: ShowTicket, posted: Card, place: Conversation) -> None:
        """A call has a lane of its own, and so has what was held up: the ticket may have moved since it was drawn."""
        fresh = await self._screens.ticket(effect.ticket, effect.face, place)
        same = replace(fresh.card, mention=posted.mention, mention_names=posted.mention_names)
        if digest_of(fit(same, self._places.platform(place).capabilities(place))) != digest_of(posted):
            await self._outbox.put([queued(RefreshTicket(ticket=effect.ticket))], self._now())

    async def _free_way(
        self, effect: ShowTicket, requester: PersonId, place: Conversation
    ) -> Capabilities | None:
        """How it can be said without a billed call, where words are as good as a card."""
        platform = self._places.platform(place)
        if not isinstance(platform, Metered) or not await self._thrift.is_frugal(platform.name):
            return None
        if effect.face in GOOD_IN_WORDS:
            return await platform.free_way(place)
        if effect.face in WORDS_IF_NEED_BE and not await self._affords_card(
            effect.ticket, requester, platform
        ):
            return await platform.free_way(place)
        return None

    async def _affords_card(self, ticket: TicketId, requester: PersonId, platform: Metered) -> bool:
        reserved = await self._reserving.at_the_end_of(requester, await self._cards.copies_of(ticket))
        return await self._thrift.has_room(platform.name, ticket, reserved)

    async def _await_answer(self, effect: ShowTicket, place: Conversation) -> None:
        """After a question card, the requester's next sentence is the answer (flow H)."""
        if effect.face != "requester" or place.kind != "direct":
            return
        key = await self._screens.asked(effect.ticket)
        if key:
            prompt = Prompt(await self._places.account_in(place), key, "text")
            await self._prompts.set(prompt, self._now() + ANSWER_EXPECTED)

    async def _frozen(
        self, card: Card, place: Conversation, claimed: Claimed, can: Capabilities | None = None
    ) -> Card:
        """The first attempt's card; a repeat must be byte for byte the same."""
        if claimed.frozen:
            return thaw(claimed.frozen)
        fitted = fit(card, can or self._places.platform(place).capabilities(place))
        await self._outbox.freeze(claimed.id, freeze(fitted))
        sys.audit("paidan.card.frozen")
        return fitted

    async def _post(self, place: Conversation, card: Card, claimed: Claimed) -> CardCopy:
        return await self._places.platform(place).post(place, card, key=key_of(claimed))

    async def _post_freely(self, place: Conversation, card: Card, claimed: Claimed) -> CardCopy:
        platform = self._places.platform(place)
        assert isinstance(platform, Metered)
        return await platform.post_freely(place, card, key=key_of(claimed))


def key_of(claimed: Claimed) -> str:
    """Unique for ever, not only in this database: platforms remember keys of a database that was thrown away."""
    return f"e{claimed.id}-{int(claimed.created_at.timestamp() * 1000):x}"


def _grant(copy: CardCopy) -> tuple[str | None, datetime | None]:
    grant: Grant | None = copy.grant
    return (grant.code, grant.until) if grant else (None, None)
