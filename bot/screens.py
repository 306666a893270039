"""Reads the present state and draws it: cards of tickets, and answers to reading requests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.card import Card
from adapters.chat import Capabilities
from adapters.fit import fit
from adapters.freezing import freeze
from adapters.grammar import command_of, key_of
from bot.cards.calls import Called, calls_card
from bot.cards.escalation import Ringing, level_word, ringing
from bot.cards.explanation import explain
from bot.cards.facts import Due, Facts, Wish
from bot.cards.files import AT_A_TIME, Listed, files_card
from bot.cards.lists import candidates_card, found_card, help_card, mine_card, todo_card
from bot.cards.moves import moves_card, priority_card
from bot.cards.ticket import detail_card, draw, joined_card, own_card
from bot.digest_screens import DigestScreens
from bot.duty_screens import DUTY_READS, DutyScreens
from bot.effects import CALLS, ESCALATION
from bot.files.seeing import seen_by
from bot.histories import by_desk
from bot.links import Links
from bot.quota_screens import QuotaScreens
from bot.refusals import words
from domain.base import Command, Conversation, PersonId, TicketId
from domain.digest.looking import ShowDigest
from domain.files.looking import ShowFiles
from domain.people.looking import ShowBinding
from domain.people.people import Person
from domain.quota.looking import ShowQuota
from domain.sla.deadline import Deadline
from domain.sla.extending import extended_to
from domain.sla.gathering import Waiting
from domain.sla.policy import Goal, Policy
from domain.tickets.assigning import AssignTicket
from domain.tickets.conversing import AnswerQuestion
from domain.tickets.errors import TicketNotFound
from domain.tickets.guessing import guess
from domain.tickets.looking import ExplainDue, ListMine, ListTodo, LookAt, SearchTickets, ShowMoves
from domain.tickets.opening import SAME_BREATH, WITH_PICTURES
from domain.tickets.privacy import public_title
from domain.tickets.states import State
from domain.tickets.steering import SetPriority
from domain.tickets.ticket import ONLY_FILES
from domain.tickets.transferring import TransferTicket
from storage.gathering import Postings
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.queries.views import TicketView

PAGE = 5
_ABOUT = (ShowFiles, LookAt, ExplainDue, ShowMoves, TransferTicket, AssignTicket, SetPriority)
_About = ShowFiles | LookAt | ExplainDue | ShowMoves | TransferTicket | AssignTicket | SetPriority
SEARCH = "search:"
CALLED = 50  # tickets that are looked at for one card; it shows a few and counts the rest


@dataclass(frozen=True)
class Drawn:
    """A card with the version of the ticket that it shows, and its state unless it is about several."""

    card: Card
    version: int
    state: State | None = None

    def fitted(self, can: Capabilities) -> Card:
        return fit(self.card, can)


def digest_of(card: Card) -> str:
    """Of what is seen. The note is left out: it may be meant for one presser only."""
    return hashlib.sha256(freeze(replace(card, note="")).encode()).hexdigest()[:32]


def request_of(command: Command[Any]) -> str:
    """How a reading request travels in an effect."""
    return f"{SEARCH}{command.words}" if isinstance(command, SearchTickets) else key_of(command)


class Screens:
    def __init__(
        self,
        queries: TicketQueries,
        directory: Directory,
        policies: Mapping[str, Policy],
        links: Links,
        duty: DutyScreens,
        digest: DigestScreens,
        quota: QuotaScreens,
        postings: Postings,
        *,
        now: Callable[[], datetime],
        private_words: Sequence[str],
    ) -> None:
        self._queries = queries
        self._directory = directory
        self._policies = policies
        self._links = links
        self._duty = duty
        self._digest = digest
        self._quota = quota
        self._postings = postings
        self._now = now
        self._private_words = private_words

    async def ticket(self, ticket: TicketId, face: str, place: Conversation) -> Drawn:
        viewer = await self._directory.in_chat(place)
        return await self.drawn(await self.facts_now(ticket), face, place, viewer)

    async def facts_now(self, ticket: TicketId) -> Facts:
        """Read once, it is good for all copies that are drawn at the same moment."""
        return await self.facts(await self._queries.view(ticket))

    async def drawn(self, facts: Facts, face: str, place: Conversation, viewer: PersonId | None) -> Drawn:
        view = self._as_read_in(place, facts.ticket)
        if face.startswith(CALLS):
            return Drawn(await self._calls(int(face.removeprefix(CALLS)), viewer, place), view.version)
        return Drawn(draw(face, replace(facts, ticket=view), viewer), view.version, view.state)

    def _as_read_in(self, place: Conversation, view: TicketView) -> TicketView:
        """A group reads the title without what is private (rule G6)."""
        if place.kind != "group":
            return view
        return replace(view, title=public_title(view.title, self._private_words))

    async def still_matters(self, ticket: TicketId, face: str) -> bool:
        """A call that waited for its platform is over once the promise is met, or somebody looks after it."""
        if face.startswith(CALLS):
            called = await self._called(int(face.removeprefix(CALLS)))
            return any(one.is_waiting for one in called)
        if not face.startswith(ESCALATION):
            return True
        rings = ringing(face.removeprefix(ESCALATION))
        return Called(await self.facts_now(ticket), rings).is_waiting

    async def call_in_words(self, ticket: TicketId, face: str) -> str:
        """「IT-1042 打印机卡纸：L2 响应超时」, for who has no card before their eyes. No private title is rung out."""
        view = await self._queries.view(ticket)
        title = public_title(view.title, self._private_words)
        return f"{view.number} {title}：{level_word(ringing(face.removeprefix(ESCALATION)))}，请尽快处理。"

    async def kept_under(self, posting: int) -> tuple[TicketId, str]:
        """A card about several tickets is kept as a copy of one of them: which, and with what face."""
        return (await self._postings.get(posting)).entries[0].ticket, f"{CALLS}{posting}"

    async def postings_about(self, ticket: TicketId) -> Sequence[int]:
        return await self._postings.about(ticket)

    async def calls_in(self, posting: int) -> Sequence[Waiting]:
        return (await self._postings.get(posting)).entries

    async def _calls(self, posting: int, viewer: PersonId | None, place: Conversation) -> Card:
        return calls_card(await self._called(posting, place), viewer)

    async def _called(self, posting: int, place: Conversation | None = None) -> Sequence[Called]:
        found = []
        for one in (await self._postings.get(posting)).entries[:CALLED]:
            view = await self._queries.view(one.ticket)
            view = self._as_read_in(place, view) if place is not None else view
            found.append(Called(await self.facts(view), Ringing(one.goal, one.stage, one.late)))
        return found

    async def answer(self, request: str, person: PersonId) -> Card | str:
        """A card, or plain words where a card would be too grand."""
        if request.startswith(SEARCH):
            return await self._found(request.removeprefix(SEARCH), person)
        match command_of(request):
            case command if isinstance(command, _ABOUT):
                return await self._about(command, person)
            case ListMine() | ListTodo() as command:
                return await self._listed(command, person)
            case command if isinstance(command, DUTY_READS):
                return await self._duty.answer(command, person)
            case ShowBinding():
                return await self._binding(person)
            case ShowQuota():
                return await self._quota.answer(person)
            case ShowDigest() as command:
                return await self._digest.answer(command, person)
        return help_card()

    async def _binding(self, person: PersonId) -> str:
        account = await self._directory.home(person)
        link = self._links.to_join(account) if account else ""
        if not link:
            return "网页登录没有打开，不能自己绑定账号，请联系管理员。"
        return f"请在 10 分钟内打开链接，在两个平台各登录一次：\n{link}\n只给您自己用，不要转发。"

    async def facts(self, view: TicketView) -> Facts:
        told = {who for d in view.deadlines for who in (d.taken_by, d.asked_by) if who is not None}
        names = await self._directory.names_of(told)
        policy = self._policies.get(view.desk.sla) if view.desk else None
        dues = _dues(view, policy, names, self._now())
        facts = Facts(view, dues, self._now(), self._links.to(view.number))
        return await self._with_doubts(facts) if view.state is State.DRAFT else facts

    async def _with_doubts(self, facts: Facts) -> Facts:
        """Read again from the words, so that the question fits the desks as they are now."""
        desks = await self._directory.desks()
        if facts.ticket.text == ONLY_FILES:
            others = await self._queries.going_on_with(facts.ticket.requester.id)
            return replace(facts, desks=desks, others=others)
        return replace(facts, desks=desks, doubts=guess(facts.ticket.text, desks).options)

    async def is_known(self, ref: str, person: Person) -> bool:
        """Whether they may know of such a ticket, also as somebody who has the same trouble."""
        if await self._queries.visible(ref, person.actor):
            return True
        try:
            return person.id in (await self._queries.view(ref)).affected
        except TicketNotFound:
            return False

    async def names_on(self, ticket: TicketId, face: str) -> frozenset[str]:
        """Of every ticket that a card is about."""
        tickets = [ticket]
        if face.startswith(CALLS):
            tickets = [one.ticket for one in await self.calls_in(int(face.removeprefix(CALLS)))]
        views = [await self._queries.view(one) for one in tickets]
        return frozenset(name for view in views for name in (view.number, view.draft) if name)

    async def requester_of(self, ticket: TicketId) -> PersonId:
        return (await self._queries.view(ticket)).requester.id

    async def asked(self, ticket: TicketId) -> str:
        """The key of the answer that the requester owes, or "" when nothing was asked."""
        view = await self._queries.view(ticket)
        return key_of(AnswerQuestion(view.number)) if view.state is State.WAITING else ""

    async def servants_of(self, ticket: TicketId) -> tuple[PersonId, ...]:
        """Everybody at its desk."""
        return tuple(person.id for person in await self._servants(await self._queries.view(ticket)))

    async def place_for_files(self, person: PersonId, place: Conversation) -> str:
        """The number of what a picture without words belongs to, "" where that has to be asked (flow C)."""
        now = self._now()
        lately = await self._queries.lately(person, place, now - WITH_PICTURES, now - SAME_BREATH)
        if lately or place.kind == "group":
            return lately
        going_on = await self._queries.going_on_with(person)
        views = [await self._queries.view(number) for number in going_on]
        in_hand = [view.number for view in views if view.assignee and view.assignee.id == person]
        # On site with one job, a photo is of that job.
        return in_hand[0] if len(in_hand) == 1 == len(views) else ""

    async def files_to_send(self, command: ShowFiles, person: PersonId) -> Sequence[int]:
        """Ids, in their order; none where this person may not know of the ticket."""
        actor = (await self._directory.get(person)).actor
        view = await self._queries.visible(command.ticket, actor)
        listed = seen_by(view, actor)[command.skip : command.skip + AT_A_TIME] if view else ()
        return [file.id for file in listed if file.can_be_shown]

    async def _files(self, seen: TicketView, skip: int, person: PersonId) -> Card:
        files = seen_by(seen, (await self._directory.get(person)).actor)
        names = await self._directory.names_of({file.by for file in files})
        listed = [Listed(file, names.get(file.by, "")) for file in files]
        return files_card(seen, listed, skip, self._links.to(seen.number))

    async def is_newcomer(self, person: PersonId) -> bool:
        return not await self._queries.mine(person, limit=1, offset=0)

    async def _listed(self, command: ListMine | ListTodo, person: PersonId) -> Card:
        skipped = (command.page - 1) * PAGE
        if isinstance(command, ListMine):
            return mine_card(await self._queries.mine(person, limit=PAGE + 1, offset=skipped), command.page)
        return todo_card(await self._queries.todo(person, limit=PAGE + 1, offset=skipped), command.page)

    async def _found(self, text: str, person: PersonId) -> Card:
        actor = (await self._directory.get(person)).actor
        return found_card(text, await self._queries.search(actor, text, limit=PAGE))

    async def _about(self, command: _About, person: PersonId) -> Card | str:
        seen = await self._seen_by(command.ticket, person)
        if isinstance(seen, str):
            joined = await self._joined_by(command.ticket, person) if isinstance(command, LookAt) else None
            return joined or seen
        match command:
            case LookAt():
                return detail_card(await self.facts(seen), person)
            case ShowFiles(skip=skip):
                return await self._files(seen, skip, person)
            case ExplainDue():
                return await self._explained(seen)
            case ShowMoves(skip=skip):
                return await self._moves(seen, skip, person)
            case SetPriority():
                return priority_card(seen.number, seen.priority)
            case TransferTicket() | AssignTicket():
                return await self._candidates(command, seen, person)

    async def _explained(self, seen: TicketView) -> str:
        promises = by_desk(await self._directory.desks(), self._policies)
        return explain(seen, await self._queries.timeline(seen.id), promises, self._now())

    async def _seen_by(self, ref: str, person: PersonId) -> TicketView | str:
        """What may not be seen answers exactly as what does not exist."""
        actor = (await self._directory.get(person)).actor
        found = await self._queries.visible(ref, actor)
        return found or words(TicketNotFound(ref), lambda _: "", self._now())

    async def _joined_by(self, ref: str, person: PersonId) -> Card | None:
        """Who has the same trouble may see how it goes; None for everybody else."""
        try:
            view = await self._queries.view(ref)
        except TicketNotFound:
            return None
        return joined_card(await self.facts(view)) if person in view.affected else None

    async def _moves(self, seen: TicketView, skip: int, person: PersonId) -> Card:
        facts, actor = await self.facts(seen), (await self._directory.get(person)).actor
        return moves_card(facts, actor, own_card(facts, person).buttons, skip)

    async def _candidates(
        self, command: TransferTicket | AssignTicket, seen: TicketView, person: PersonId
    ) -> Card:
        busy = {person, seen.assignee.id if seen.assignee else None}
        # Who is on leave is replaced by their deputy (flow G).
        there = await self._duty.free_of([p.id for p in await self._servants(seen)])
        people = [await self._directory.get(p) for p in there if p not in busy]
        desks = await self._directory.desks()
        others = [d for d in desks if seen.desk is None or d.key != seen.desk.key]
        can_move = isinstance(command, TransferTicket)
        return candidates_card(command, seen.number, people[:4], others[:2] if can_move else ())

    async def _servants(self, view: TicketView) -> list[Person]:
        if view.desk is None:
            return []
        ids = dict.fromkeys([*view.desk.members, *([view.desk.lead] if view.desk.lead else [])])
        return [await self._directory.get(person) for person in ids]


def _dues(
    view: TicketView, policy: Policy | None, names: Mapping[PersonId, str], now: datetime
) -> Mapping[Goal, Due]:
    if policy is None:
        return {}
    return {
        deadline.goal: Due(
            goal=deadline.goal,
            at=deadline.due(policy),
            breached=deadline.is_missed(now, policy),
            taken_by=names.get(deadline.taken_by, "") if deadline.taken_by is not None else "",
            wish=_wish(deadline, policy, names, now),
        )
        for deadline in view.deadlines
        if deadline.is_open
    }


def _wish(deadline: Deadline, policy: Policy, names: Mapping[PersonId, str], now: datetime) -> Wish | None:
    if deadline.asked is None or deadline.asked_by is None:
        return None
    until = extended_to(deadline, deadline.asked, policy, now)
    return Wish(names.get(deadline.asked_by, ""), deadline.asked, deadline.asked_why, until)
