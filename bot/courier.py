"""Performs effects after the commit: reads, draws, fits, sends, remembers. One lane at a time, at least once.

A kill between "sent" and "marked" repeats the send with the same bytes and key, which the platforms drop
(WeCom's duplicate check, DingTalk's outTrackId). Plain text to a DingTalk chat has no such key: there a crash
in that instant may repeat a line, and nothing can be done about it from outside.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from adapters.billing import billed_to
from adapters.card import Card
from adapters.chat import (
    Capabilities,
    CardCopy,
    ChatPlatform,
    Edits,
    EditSpent,
    Elsewhere,
    Grant,
    Metered,
    Misconfigured,
    NotReachable,
    PlatformError,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.fit import fit
from adapters.freezing import freeze, thaw
from bot.answering import Answering
from bot.cards.digest import in_one_line
from bot.cards.ticket import retired
from bot.effects import (
    Effect,
    FetchFile,
    Place,
    RefreshLater,
    RefreshTicket,
    Say,
    SendFile,
    ShowAnswer,
    ShowCalls,
    ShowTicket,
    TellFiles,
    from_json,
    is_call,
    is_digest,
    queued,
)
from bot.files.errands import FileErrands
from bot.reach import Breakers
from bot.screens import Drawn, Screens, digest_of
from bot.tasks import Tasks
from bot.thrift import Thrift, kind_of_repaint
from domain.base import Account, Conversation, PersonId, TicketId
from domain.quota.thrift import Kind, Verdict, Way, decide
from domain.tickets.states import State
from storage.cards import Cards, Copy
from storage.database import Conflict
from storage.outbox import Claimed, Outbox
from storage.people import Directory
from storage.prompts import Prompt, Prompts

log = structlog.get_logger()

BATCH = 16
IDLE_POLL = 1.0  # seconds; a wake-up usually comes first
MOST_ATTEMPTS = 12
PATIENCE = 3  # attempts, within some ten seconds; then others are called instead
LONGEST_PAUSE = timedelta(minutes=15)
# For the replica that can perform it, which looks for work every second.
ELSEWHERE = timedelta(seconds=1)
ANSWER_EXPECTED = timedelta(hours=24)
# These faces belong to somebody who must see the truth: without the right to edit they are posted anew.
MUST_BE_TRUE = frozenset({"requester", "work", "handover"})
# These are as good in words: who asked for help reads on and answers, and need not work with them.
GOOD_IN_WORDS = frozenset({"requester"})
# This one is a tool, and words only where a card would leave too little for the ticket's end.
WORDS_IF_NEED_BE = frozenset({"work"})
AT_ONCE = Verdict(Way.NOW)

Sent = Say | ShowTicket | ShowCalls | ShowAnswer | SendFile
Undelivered = Callable[[Effect, str], Awaitable[None]]  # the effect, and a key to do it once


@dataclass(frozen=True)
class _Round:
    """One look at all copies about one ticket, which will cost ``reserved`` calls at its end."""

    ticket: TicketId
    reserved: int
    has_waited: bool


class Courier:
    def __init__(
        self,
        outbox: Outbox,
        cards: Cards,
        screens: Screens,
        directory: Directory,
        prompts: Prompts,
        platforms: Mapping[str, ChatPlatform],
        answering: Answering,
        tasks: Tasks,
        *,
        now: Callable[[], datetime],
        name: str,
        breakers: Breakers,
        thrift: Thrift,
        undelivered: Undelivered,
        errands: FileErrands,
        rng: random.Random | None = None,
    ) -> None:
        self._outbox = outbox
        self._cards = cards
        self._screens = screens
        self._directory = directory
        self._prompts = prompts
        self._platforms = platforms
        self._answering = answering
        self._tasks = tasks
        self._now = now
        self._name = name
        self._breakers = breakers
        self._thrift = thrift
        self._undelivered = undelivered
        self._errands = errands
        self._rng = rng or random.Random()
        self._awake = asyncio.Event()
        self._looking = asyncio.Lock()
        self._room = asyncio.Semaphore(BATCH)
        self._busy: dict[asyncio.Task[None], int] = {}  # and the row that it performs

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled. Starts what is due, a lane never twice at a time."""
        while True:
            self._awake.clear()
            if not await self._start_due():
                await self._sleep()

    async def drain(self) -> None:
        """Perform until nothing is due. For tests and for the end of the program."""
        while await self._start_due() or self._busy or await self._something_is_due():
            await asyncio.gather(*self._busy)

    async def _something_is_due(self) -> bool:
        """A claim goes around what somebody has locked at that moment, and may come back empty-handed."""
        due = await self._outbox.next_due()
        return due is not None and due <= self._now()

    async def _start_due(self) -> bool:
        # Locked, so that ``drain`` never overlooks rows that ``run`` has claimed but not yet begun.
        async with self._looking:
            claimed = await self._outbox.claim(self._now(), self._name, BATCH)
            for one in claimed:
                if one.id in self._busy.values():
                    continue  # ours, and slow: claiming it again has only made its lease longer
                task = self._tasks.spawn(self._guarded(one), f"effect {one.id}")
                self._busy[task] = one.id
                task.add_done_callback(self._finished)
        return bool(claimed)

    def _finished(self, task: asyncio.Task[None]) -> None:
        # The lane is free again: its next row can be claimed at once.
        del self._busy[task]
        self._awake.set()

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._awake.wait(), IDLE_POLL)
        except TimeoutError:
            return

    async def _guarded(self, claimed: Claimed) -> None:
        effect = from_json(claimed.payload)
        # A slow download has a room of its own, and keeps no word from anybody.
        async with nullcontext() if isinstance(effect, FetchFile) else self._room:
            try:
                with billed_to(None if isinstance(effect, ShowCalls | ShowAnswer) else effect.ticket):
                    await self._perform(effect, claimed)
            except Elsewhere:
                at = self._now() + self._rng.uniform(0.5, 1.5) * ELSEWHERE
                await self._outbox.hand_back(claimed.id, at)
            except PlatformError as error:
                await self._failed(effect, claimed, error)
            except Exception as error:
                log.exception("effect hit a bug", kind=claimed.kind, id=claimed.id)
                await self._failed(effect, claimed, error)
            else:
                await self._outbox.done(claimed.id, self._now())

    async def _failed(self, effect: Effect, claimed: Claimed, error: Exception) -> None:
        """Later, or never: a row that can't be delivered becomes a dead letter that somebody can see."""
        hopeless = isinstance(error, Rejected) or claimed.attempts >= MOST_ATTEMPTS
        log.warning("effect failed", kind=claimed.kind, attempts=claimed.attempts, error=repr(error))
        if hopeless or claimed.attempts >= PATIENCE:
            # Once a row. What waits for a platform to come back is still delivered then, as it is by then.
            await self._undelivered(effect, f"undelivered:{claimed.id}")
        if hopeless:
            await self._outbox.bury(claimed.id, str(error), self._now())
        else:
            await self._outbox.retry(
                claimed.id, self._now() + self._pause(claimed.attempts, error), str(error)
            )

    def _pause(self, attempts: int, error: Exception) -> timedelta:
        if isinstance(error, Conflict):
            return timedelta()  # somebody else was first in our own books: look again at once
        if isinstance(error, RateLimited):
            return timedelta(seconds=error.retry_after)
        ceiling = min(timedelta(seconds=2.0**attempts), LONGEST_PAUSE)
        return ceiling * self._rng.uniform(0.1, 1.0)

    # ── effects ──

    async def _perform(self, effect: Effect, claimed: Claimed) -> None:
        match effect:
            case RefreshTicket() | RefreshLater():
                await self._refresh(effect.ticket, has_waited=isinstance(effect, RefreshLater))
            case FetchFile():
                await self._errands.fetch(effect, is_last_try=claimed.attempts >= MOST_ATTEMPTS)
            case TellFiles():
                await self._errands.tell(effect, f"told:{claimed.id}")
            case _:
                await self._send(effect, claimed)

    async def _send(self, effect: Sent, claimed: Claimed) -> None:
        places = await self._cheapest_first(effect, await self._places(effect.place))
        for place in places:
            try:
                await self._watched(effect, claimed, place)
                return
            except NotReachable:
                if place == places[-1]:
                    if not await self._offer_in_private(effect):
                        raise
                    return
                # Left the company on one platform, or never installed it: the other one may do.
                log.warning("not reachable here, trying elsewhere", platform=place.platform)

    async def _cheapest_first(self, effect: Sent, places: list[Conversation]) -> list[Conversation]:
        """A digest goes to where it costs nothing, once little is left."""
        brief = {place: await self._must_be_brief(effect, place) for place in places}
        return sorted(places, key=brief.__getitem__)

    async def _must_be_brief(self, effect: Sent, place: Conversation) -> bool:
        platform = self._platform(place)
        if not isinstance(effect, ShowAnswer) or not isinstance(platform, Metered) or not is_digest(effect):
            return False
        strain = await self._thrift.strain(platform.name)
        return decide(Kind.DIGEST, strain, has_room=False).way is Way.BRIEFLY

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
                await self._show_ticket(effect, claimed, place)
            case ShowCalls():
                await self._show_calls(effect, claimed, place)
            case ShowAnswer():
                await self._show_answer(effect, claimed, place)
            case SendFile():
                await self._errands.send(effect, place, self._platform(place), _key(claimed))

    async def _say(self, effect: Say, claimed: Claimed, place: Conversation) -> None:
        mention = await self._accounts(effect.mention, place)
        await self._platform(place).say(place, effect.text, key=_key(claimed), mention=mention)

    async def _show_answer(self, effect: ShowAnswer, claimed: Claimed, place: Conversation) -> None:
        answer = (
            thaw(claimed.frozen)
            if claimed.frozen
            else await self._screens.answer(effect.request, effect.person)
        )
        if isinstance(answer, str):
            await self._platform(place).say(place, answer, key=_key(claimed))
            return
        if await self._must_be_brief(effect, place):
            await self._platform(place).say(place, in_one_line(answer), key=_key(claimed))
            return
        card = await self._frozen(answer, place, claimed)
        copy = await self._post(place, card, claimed)
        await self._cards.remember(copy.place, copy.handle, None, "answer", digest_of(card), 0, *_grant(copy))

    async def _show_calls(self, effect: ShowCalls, claimed: Claimed, place: Conversation) -> None:
        ticket, face = await self._screens.kept_under(effect.posting)
        as_copy = ShowTicket(place=place, ticket=ticket, face=face, mention=effect.mention)
        await self._show_ticket(as_copy, claimed, place)

    async def _show_ticket(self, effect: ShowTicket, claimed: Claimed, place: Conversation) -> None:
        if not await self._screens.still_matters(effect.ticket, effect.face):
            return
        drawn = await self._screens.ticket(effect.ticket, effect.face, place)
        mention = await self._accounts(effect.mention, place)
        names = await self._directory.names()
        called = tuple(names[p] for p in effect.mention if p in names)[: len(mention)]
        free = await self._free_way(effect, place)
        wanted = replace(drawn.card, mention=mention, mention_names=called)
        card = await self._frozen(wanted, place, claimed, free)
        copy = await (self._post_freely if free else self._post)(place, card, claimed)
        digest, shown = digest_of(card), drawn.state.value if drawn.state else None
        await self._cards.remember(
            copy.place,
            copy.handle,
            effect.ticket,
            effect.face,
            digest,
            drawn.version,
            *_grant(copy),
            shown=shown,
        )
        await self._await_answer(effect, place)
        if is_call(effect.face):
            await self._catch_up(effect, card, place)

    async def _catch_up(self, effect: ShowTicket, posted: Card, place: Conversation) -> None:
        """A call has a lane of its own, so the ticket may have moved since it was drawn."""
        fresh = await self._screens.ticket(effect.ticket, effect.face, place)
        same = replace(fresh.card, mention=posted.mention, mention_names=posted.mention_names)
        if digest_of(fit(same, self._platform(place).capabilities(place))) != digest_of(posted):
            await self._refresh(effect.ticket, has_waited=False)

    async def _free_way(self, effect: ShowTicket, place: Conversation) -> Capabilities | None:
        """How it can be said without a billed call, where words are as good as a card."""
        platform = self._platform(place)
        if not isinstance(platform, Metered) or not await self._thrift.is_frugal(platform.name):
            return None
        if effect.face in GOOD_IN_WORDS:
            return await platform.free_way(place)
        if effect.face in WORDS_IF_NEED_BE and not await self._affords_card(effect.ticket, platform):
            return await platform.free_way(place)
        return None

    async def _affords_card(self, ticket: TicketId, platform: Metered) -> bool:
        reserved = await self._reserved(ticket, await self._cards.copies_of(ticket))
        return await self._thrift.has_room(platform.name, ticket, reserved)

    async def _await_answer(self, effect: ShowTicket, place: Conversation) -> None:
        """After a question card, the requester's next sentence is the answer (flow H)."""
        if effect.face != "requester" or place.kind != "direct":
            return
        key = await self._screens.asked(effect.ticket)
        if key:
            prompt = Prompt(Account(place.platform, place.key), key, "text")
            await self._prompts.set(prompt, self._now() + ANSWER_EXPECTED)

    async def _refresh(self, ticket: TicketId, *, has_waited: bool) -> None:
        copies = [*await self._cards.copies_of(ticket), *await self._shared(ticket)]
        newest = {(copy.place, copy.face): copy.id for copy in copies}
        painter = _Round(ticket, await self._reserved(ticket, copies), has_waited)
        # What many look at comes first, while the ticket may still cost something.
        for copy in sorted(copies, key=lambda copy: copy.place.kind != "group"):
            if newest[copy.place, copy.face] == copy.id:
                await self._repaint(await self._as_shown(copy), painter)
            else:
                await self._retire(await self._as_shown(copy))

    async def _reserved(self, ticket: TicketId, copies: Sequence[Copy]) -> int:
        """What it will cost at its end: a call for each copy in a group, and one to reach who asked for help, who
        may have said nothing for long by then. In other private chats words will do (``_heard``)."""
        groups = sum(self._is_billed(copy) and copy.place.kind == "group" for copy in copies)
        places = await self._places(await self._screens.requester_of(ticket))
        return groups + bool(places and isinstance(self._platform(places[0]), Metered))

    def _is_billed(self, copy: Copy) -> bool:
        platform = self._platform(copy.place)
        return isinstance(platform, Metered) and not platform.is_fixed(copy.handle)

    async def _shared(self, ticket: TicketId) -> Sequence[Copy]:
        """Copies about several tickets that are kept under another one."""
        found: list[Copy] = []
        for posting in await self._screens.postings_about(ticket):
            keeper, face = await self._screens.kept_under(posting)
            if keeper != ticket:
                found += [copy for copy in await self._cards.copies_of(keeper) if copy.face == face]
        return found

    async def _as_shown(self, copy: Copy) -> Copy:
        """The answer to a press may have repainted it, for nothing; then that is what it shows."""
        await self._answering.over(copy.id)
        shown = self._answering.take(copy.id)
        if shown is None:
            return copy
        await self._cards.updated(copy.id, shown, copy.version)
        return replace(copy, digest=shown)

    async def _repaint(self, copy: Copy, round_: _Round) -> None:
        drawn = await self._drawn(copy)
        verdict = await self._verdict(copy, drawn, round_)
        if verdict.way is Way.LATER and not round_.has_waited:
            later = queued(RefreshLater(ticket=round_.ticket), self._now() + verdict.after)
            await self._outbox.put([later], self._now())
        elif verdict.way is not Way.NOT:
            await self._painted(copy, drawn)

    async def _painted(self, copy: Copy, drawn: Drawn) -> None:
        try:
            await self._paint(copy, drawn)
        except EditSpent:
            await self._replace(copy)

    async def _verdict(self, copy: Copy, drawn: Drawn, round_: _Round) -> Verdict:
        platform = self._platform(copy.place)
        if not isinstance(platform, Metered):
            return AT_ONCE
        if platform.is_fixed(copy.handle):
            await self._say_draft_again(copy, drawn, platform)
            return Verdict(Way.NOT)
        if digest_of(drawn.fitted(self._platform(copy.place).capabilities(copy.place))) == copy.digest:
            return AT_ONCE
        kind = kind_of_repaint(copy.face, copy.shown, drawn.state, has_buttons=bool(drawn.card.buttons))
        if kind is Kind.FINAL and await self._heard(copy, round_):
            await self._cards.supersede(copy.id)
            return Verdict(Way.NOT)
        return await self._thrift.repaint(kind, platform.name, round_.ticket, round_.reserved)

    async def _heard(self, copy: Copy, round_: _Round) -> bool:
        """In a chat of two the words about its end stand below the card, and a press on it gets the truth: that
        will do where the ticket has cost enough."""
        platform = self._platform(copy.place)
        if copy.place.kind != "direct" or not isinstance(platform, Metered):
            return False
        has_room = await self._thrift.has_room(platform.name, round_.ticket, 0)
        return not has_room and await platform.free_way(copy.place) is not None

    async def _say_draft_again(self, copy: Copy, drawn: Drawn, platform: Metered) -> None:
        """What was amended, or has become a ticket, is read before it is agreed to; later on news tell it."""
        if copy.shown != State.DRAFT.value:
            return
        can = await platform.free_way(copy.place) or self._platform(copy.place).capabilities(copy.place)
        if digest_of(drawn.fitted(can)) != copy.digest:
            await self._replace(copy)

    async def _retire(self, copy: Copy) -> None:
        """A newer one stands below it. This one is painted a last time, without buttons that could lie later."""
        drawn = await self._drawn(copy)
        platform = self._platform(copy.place)
        # Where repaints are billed, its press must do: that is answered with what is true, for nothing.
        if not isinstance(platform, Metered) or not await self._thrift.is_frugal(platform.name):
            with suppress(EditSpent):
                await self._paint(copy, replace(drawn, card=retired(drawn.card)))
        await self._cards.supersede(copy.id)

    async def _drawn(self, copy: Copy) -> Drawn:
        assert copy.ticket is not None
        return await self._screens.ticket(copy.ticket, copy.face, copy.place)

    async def _paint(self, copy: Copy, drawn: Drawn) -> None:
        platform = self._platform(copy.place)
        can = platform.capabilities(copy.place)
        card = drawn.fitted(can)
        shown = drawn.state.value if drawn.state else None
        if can.edits is Edits.NEVER or (digest_of(card) == copy.digest and shown == copy.shown):
            return
        if digest_of(card) != copy.digest:
            await self._edit(copy, card, platform, can.edits)
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

        The same right is tried once more: it works if that edit never arrived, and is refused if it did.
        """
        doubt = await self._cards.doubt(copy.id)
        if doubt is None:
            return False
        try:
            right = Grant(doubt.grant.code, doubt.grant.until)
            await platform.edit(CardCopy(copy.place, copy.handle, right), card)
        except EditSpent:
            await self._cards.updated(copy.id, doubt.digest, copy.version)
            return doubt.digest == digest_of(card)
        return True

    async def _replace(self, copy: Copy) -> None:
        """The copy can't be repainted: who must see the truth gets one successor."""
        if copy.face not in MUST_BE_TRUE:
            await self._cards.supersede(copy.id)
            return
        assert copy.ticket is not None
        successor = ShowTicket(place=copy.place, ticket=copy.ticket, face=copy.face)
        await self._cards.succeed(copy.id, queued(successor), self._now())

    # ── parts ──

    async def _frozen(
        self, card: Card, place: Conversation, claimed: Claimed, can: Capabilities | None = None
    ) -> Card:
        """The first attempt's card; a repeat must be byte for byte the same."""
        if claimed.frozen:
            return thaw(claimed.frozen)
        fitted = fit(card, can or self._platform(place).capabilities(place))
        await self._outbox.freeze(claimed.id, freeze(fitted))
        return fitted

    async def _post(self, place: Conversation, card: Card, claimed: Claimed) -> CardCopy:
        return await self._platform(place).post(place, card, key=_key(claimed))

    async def _post_freely(self, place: Conversation, card: Card, claimed: Claimed) -> CardCopy:
        platform = self._platform(place)
        assert isinstance(platform, Metered)
        return await platform.post_freely(place, card, key=_key(claimed))

    async def _places(self, place: Place) -> list[Conversation]:
        """A person is met where they last were, or elsewhere while that is down; who has no account, nowhere."""
        if isinstance(place, Conversation):
            return [place] if place.platform in self._platforms else []
        home = await self._directory.home(place)
        accounts = (await self._directory.get(place)).accounts
        known = [a for a in dict.fromkeys([home, *accounts]) if a and a.platform in self._platforms]
        known.sort(key=lambda account: not self._breakers.is_open(account.platform))
        if not known:
            log.warning("person can't be reached on any platform", person=place)
        return [Conversation(a.platform, "direct", a.user_id) for a in known]

    async def _accounts(self, people: tuple[PersonId, ...], place: Conversation) -> tuple[Account, ...]:
        """Their accounts on the platform of ``place``; who has none there can't be mentioned."""
        platform = place.platform.partition("-")[0]
        called = [await self._directory.get(person) for person in people]
        return tuple(a for person in called for a in person.accounts if a.platform == platform)

    def _platform(self, place: Conversation) -> ChatPlatform:
        return self._platforms[place.platform]


def _key(claimed: Claimed) -> str:
    """Unique for ever, not only in this database: platforms remember keys of a database that was thrown away."""
    return f"e{claimed.id}-{int(claimed.created_at.timestamp() * 1000):x}"


def _grant(copy: CardCopy) -> tuple[str | None, datetime | None]:
    grant: Grant | None = copy.grant
    return (grant.code, grant.until) if grant else (None, None)
