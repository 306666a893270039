"""The red card: what is late, since when, who is called upon, and whether somebody looks after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.card import Button, Card, Field, Tone, Weight
from bot.cards.facts import Facts
from bot.wording import card_time, goal_word, state_word
from domain.base import PersonId
from domain.sla.escalating import TakeOver
from domain.sla.extending import ExtendDue
from domain.sla.policy import Goal
from domain.sla.recipients import WARNING
from domain.tickets.assigning import AcceptTicket
from domain.tickets.looking import ExplainDue, LookAt
from domain.tickets.states import UNFINISHED, State


@dataclass(frozen=True)
class Ringing:
    """What the tail of a face says (``bot.call_notices.face_of``)."""

    goal: Goal
    stage: int
    late: datetime | None = None


def ringing(tail: str) -> Ringing:
    """「respond:2」 or 「respond:2:1764050400」."""
    goal, stage, *late = tail.split(":")
    return Ringing(Goal(goal), int(stage), datetime.fromtimestamp(int(late[0]), UTC) if late else None)


def escalation_card(facts: Facts, tail: str, viewer: PersonId | None) -> Card:
    rings = ringing(tail)
    due = facts.dues.get(rings.goal)
    if due is None or facts.ticket.state not in UNFINISHED:
        return _settled(facts, rings, viewer)
    taken = due.taken_by
    return Card(
        title=f"{facts.ticket.number} {facts.ticket.title}",
        status=f"{taken} 在跟" if taken else level_word(rings),
        tone=Tone.ACTIVE if taken else Tone.WAITING if rings.stage == WARNING else Tone.LATE,
        lead=f"{taken} 已在跟，后续升级停止。" if taken else _lead(facts, rings),
        fields=(facts.owner(), facts.priority(), Field("状态", state_word(facts.ticket.state))),
        buttons=_buttons(facts, rings, taken, viewer),
        link=facts.link if viewer else "",
        source="SLA 升级",
    )


def level_word(rings: Ringing) -> str:
    """「L2 响应超时」「响应将到期」, with 「·迟发」."""
    late = "·迟发" if rings.late is not None else ""
    goal = goal_word(rings.goal)
    return (f"{goal}将到期" if rings.stage == WARNING else f"L{rings.stage} {goal}超时") + late


def _lead(facts: Facts, rings: Ringing) -> str:
    late = f"\n本应在 {card_time(rings.late)} 提醒，因故迟发。" if rings.late is not None else ""
    return _due(facts, rings) + late


def _due(facts: Facts, rings: Ringing) -> str:
    due, goal = facts.dues[rings.goal], goal_word(rings.goal)
    if due.at is None:
        return "等待提单人回复，计时暂停。"
    if not due.breached:
        nobody = "还没有人接单。" if facts.ticket.state is State.OPEN else ""
        return f"⏰ 将于 {card_time(due.at)} {goal}到期。{nobody}"
    return f"应于 {card_time(due.at)} 前{goal}，现已超时。"


def _buttons(facts: Facts, rings: Ringing, taken: str, viewer: PersonId | None) -> tuple[Button, ...]:
    number = facts.ticket.number
    if rings.stage == WARNING:
        accept = (Button("接单", AcceptTicket(number), Weight.PRIMARY),)
        return (*(accept if facts.ticket.state is State.OPEN else ()), *_look(number, viewer))
    take = () if taken else (Button("我来跟", TakeOver(number), Weight.PRIMARY),)
    return (
        *take,
        *_more_time(facts, rings),
        Button("为什么超时", ExplainDue(number)),
        *_look(number, viewer),
    )


def _more_time(facts: Facts, rings: Ringing) -> tuple[Button, ...]:
    """Nobody can put off an answer; and while one wish is pending there is no second."""
    due = facts.dues[rings.goal]
    can_ask = rings.goal is Goal.RESOLVE and due.wish is None and due.at is not None
    return (Button("申请延期", ExtendDue(facts.ticket.number)),) if can_ask else ()


def _look(number: str, viewer: PersonId | None) -> tuple[Button, ...]:
    """A group gets no link to the page: 详情 answers each presser in private."""
    return () if viewer else (Button("详情", LookAt(number)),)


def _settled(facts: Facts, rings: Ringing, viewer: PersonId | None) -> Card:
    """The reason is gone: the card turns grey and asks for nothing."""
    level = "提醒" if rings.stage == WARNING else f"L{rings.stage} {goal_word(rings.goal)}超时"
    return Card(
        title=f"{facts.ticket.number} {facts.ticket.title}",
        status=state_word(facts.ticket.state),
        tone=Tone.MUTED,
        lead=f"{level}已处理。",
        fields=(facts.owner(),),
        buttons=_look(facts.ticket.number, viewer),
        link=facts.link if viewer else "",
        source="SLA 升级",
    )
