"""Every state of a ticket as a card sees it, for tables of tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.card import Card
from bot.cards.duty.heirs import HeirFacts, heir_card
from bot.cards.duty.leave import LeaveFacts, Work, leave_card
from bot.cards.duty.roster import DeskDuty, DutyFacts, duty_card
from bot.cards.duty.rows import TicketRow
from bot.cards.duty.swap import SwapFacts, swap_card
from bot.cards.facts import Due, Facts, Wish
from bot.cards.files import Listed, files_card
from bot.cards.lists import help_card, mine_card
from bot.cards.moves import moves_card, priority_card
from bot.cards.ticket import FACES, detail_card, draw, own_card
from bot.cards.trial import trial_card
from domain.base import PersonId, TicketId
from domain.dispatch.round import Offer as Asking
from domain.duty.leave import Phase
from domain.duty.swap import Offer
from domain.files.file import Stage, TicketFile
from domain.people.war_rooms import RoomPolicy
from domain.sla.policy import Goal
from domain.tickets.context import Passage, with_context
from domain.tickets.states import UNFINISHED, Priority, State
from domain.tickets.ticket import ONLY_FILES
from storage.queries.views import Named, Refusal, TicketView
from tests.domain.people import CAST, CHAT, CHEN, IT, LI, NOON, WANG, ZHANG


def named(person: Any) -> Named:
    return Named(person.id, person.name)


def view(state: State = State.OPEN, **changes: Any) -> TicketView:
    worked_on = state in {State.IN_PROGRESS, State.WAITING, State.RESOLVED, State.CLOSED}
    made = TicketView(
        id=TicketId(17),
        number="D-17" if state is State.DRAFT else "IT-1042",
        draft="D-17",
        desk=IT,
        title="3楼打印机卡纸",
        text="3楼打印机卡纸\n一直报 E03",
        state=state,
        since=NOON,
        priority=Priority.P2,
        requester=named(ZHANG),
        assignee=named(LI) if worked_on else None,
        receiver=None,
        transfer_by=None,
        transfer_reason="",
        transfer_at=None,
        place="3楼",
        origin=CHAT,
        created_at=NOON,
        opened_at=None if state is State.DRAFT else NOON,
        responded_at=None,
        resolved_at=None,
        closed_at=None,
        urged_at=None,
        question="什么型号？" if state is State.WAITING else "",
        resolution="换了硒鼓" if state in {State.RESOLVED, State.CLOSED} else "",
        declines=0,
        transfers=0,
        reopens=0,
        urges=0,
        followers=(),
        files=(),
        deadlines=(),
        version=3,
    )
    return replace(made, **changes)


def facts(shown: TicketView, *, late: bool = False, taken_by: str = "") -> Facts:
    due = NOON + timedelta(minutes=-5 if late else 28)
    dues = {goal: Due(goal, due, late, taken_by) for goal in Goal}
    return Facts(shown, dues, NOON, link="https://tickets.example.com/t/IT-1042?key=x")


def wishing(seen: Facts) -> Facts:
    """李四 wants two hours more."""
    wish = Wish("李四", timedelta(hours=2), "等备件", NOON + timedelta(hours=3))
    due = replace(seen.dues[Goal.RESOLVE], wish=wish)
    return replace(seen, dues={**seen.dues, Goal.RESOLVE: due})


def every_view() -> Iterator[tuple[Facts, PersonId | None]]:
    """All states, on time and late, offered to somebody or not, seen by everybody whom it may concern."""
    for viewer in (None, WANG.id, CHEN.id):
        asking = Asking(WANG.id, NOON, NOON + timedelta(minutes=5))
        yield facts(view(offer=asking, declines=1, refusals=(Refusal("李四", "在外面"),))), viewer
    for state in State:
        for receiver in (None, named(WANG)) if state in UNFINISHED else (None,):
            for late in (False, True):
                for viewer in (None, ZHANG.id, LI.id, WANG.id):
                    yield facts(view(state, receiver=receiver), late=late), viewer


def every_card() -> Iterator[Card]:
    """What the bot may show, with each button at least once."""
    for seen, viewer in every_view():
        for face in (*FACES, "escalation:respond:1"):
            yield draw(face, seen, viewer)
        yield draw("extension", wishing(seen), viewer)
        for person in CAST.values():
            yield detail_card(seen, person.id)
            following = replace(seen, ticket=replace(seen.ticket, followers=(named(person),)))
            for one in (seen, following, wishing(seen)):
                yield moves_card(one, person.actor, own_card(one, person.id).buttons)
    passed_on = view(
        State.DRAFT, text=with_context("打不开", [Passage("王五", "VPN 断了"), Passage("", "我也是")])
    )
    yield draw("requester", facts(passed_on), ZHANG.id)
    yield help_card()
    yield trial_card()
    yield mine_card([], 1)
    yield priority_card("IT-1042", Priority.P3)
    yield from _duty_cards()
    yield from _cards_about_files()


def _cards_about_files() -> Iterator[Card]:
    pictures = tuple(file(nth) for nth in range(1, 9))
    yield files_card(view(), [Listed(one, "张三") for one in pictures], 0, "https://tickets.example.com/t/x")
    unsaid = view(State.DRAFT, text=ONLY_FILES, title=ONLY_FILES, files=pictures[:2])
    for others in ([], ["IT-1041"], ["IT-1041", "IT-1040", "IT-1039"]):
        yield draw("requester", replace(facts(unsaid), others=others), ZHANG.id)
    for state in State:
        seen = facts(view(state, files=pictures))
        yield from (own_card(seen, person.id) for person in (ZHANG, LI, WANG))
        yield moves_card(seen, LI.actor, ())
        with_rooms = replace(seen.ticket, desk=replace(IT, war_room=RoomPolicy(is_on=True)))
        yield moves_card(replace(seen, ticket=with_rooms), LI.actor, ())


def file(nth: int, **changes: Any) -> TicketFile:
    made = TicketFile(
        ticket=TicketId(17),
        nth=nth,
        platform="p",
        kind="image",
        key="",
        name="卡纸.png",
        by=ZHANG.id,
        at=NOON,
        stage=Stage.KEPT,
        sha256="a" * 64,
        size=2_100_000,
        type="image/png",
        is_picture=True,
    )
    return replace(made, **changes)


def _duty_cards() -> Iterator[Card]:
    yield duty_card(DutyFacts([DeskDuty("IT 服务台", "李四 到 18:00")]))
    row = TicketRow("IT-1042", "3楼打印机卡纸")
    yield heir_card(HeirFacts(1, "3月2日", row, (1, 2), [(WANG.id, WANG.name)]))
    rows = [TicketRow("IT-1042", "3楼打印机卡纸", "李四")]
    for phase in Phase:
        for role in ("author", "deputy", "lead", "heir"):
            for deputy in ("王强", ""):
                seen = LeaveFacts(1, "李四", "3月2日", phase, deputy, False, role, Work(held=2), rows)
                yield leave_card(seen)
    for state in Offer:
        for role in ("giver", "taker", "lead"):
            yield swap_card(
                SwapFacts(1, "李四", "王强", "3月2日 周一 09:00", "3月3日 周二 09:00", "IT", state, role)
            )
