"""The red card: what is late, since when, who is called upon, and whether somebody looks after it."""

from __future__ import annotations

from adapters.card import Button, Card, Field, Tone, Weight
from bot.cards.facts import Facts
from bot.wording import card_time, goal_word, state_word
from domain.base import PersonId
from domain.sla.escalating import TakeOver
from domain.sla.policy import Goal
from domain.tickets.looking import ExplainDue, LookAt
from domain.tickets.states import UNFINISHED


def escalation_card(facts: Facts, stage: str, viewer: PersonId | None) -> Card:
    """``stage`` is "<goal>:<level>", the tail of the face."""
    goal_key, _, level = stage.partition(":")
    goal = Goal(goal_key)
    due = facts.dues.get(goal)
    if due is None or facts.ticket.state not in UNFINISHED:
        return _settled(facts, goal, level, viewer)
    taken = due.taken_by
    return Card(
        title=f"{facts.ticket.number} {facts.ticket.title}",
        status=f"{taken} 在跟" if taken else f"L{level} {goal_word(goal)}超时",
        tone=Tone.ACTIVE if taken else Tone.LATE,
        lead=f"{taken} 已在跟，后续升级停止。" if taken else _late(facts, goal),
        fields=(facts.owner(), facts.priority(), Field("状态", state_word(facts.ticket.state))),
        buttons=_buttons(facts, taken, viewer),
        link=facts.link if viewer else "",
        source="SLA 升级",
    )


def _late(facts: Facts, goal: Goal) -> str:
    due = facts.dues[goal].at
    if due is None:
        return "等待提单人回复，计时暂停。"
    return f"应于 {card_time(due)} 前{goal_word(goal)}，现已超时。"


def _buttons(facts: Facts, taken: str, viewer: PersonId | None) -> tuple[Button, ...]:
    number = facts.ticket.number
    take = () if taken else (Button("我来跟", TakeOver(number), Weight.PRIMARY),)
    return (*take, Button("为什么超时", ExplainDue(number)), *_look(number, viewer))


def _look(number: str, viewer: PersonId | None) -> tuple[Button, ...]:
    """A group gets no link to the page: 详情 answers each presser in private."""
    return () if viewer else (Button("详情", LookAt(number)),)


def _settled(facts: Facts, goal: Goal, level: str, viewer: PersonId | None) -> Card:
    """The reason is gone: the card turns grey and asks for nothing."""
    return Card(
        title=f"{facts.ticket.number} {facts.ticket.title}",
        status=state_word(facts.ticket.state),
        tone=Tone.MUTED,
        lead=f"L{level} {goal_word(goal)}超时已处理。",
        fields=(facts.owner(),),
        buttons=_look(facts.ticket.number, viewer),
        link=facts.link if viewer else "",
        source="SLA 升级",
    )
