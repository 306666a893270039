"""Several tickets that called within five minutes, on one card: each with its level, each can be taken alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.card import Button, Card, Field, Tone
from adapters.fit import cut
from bot.cards.escalation import Ringing
from bot.cards.facts import Due, Facts
from bot.wording import goal_word, state_word
from domain.base import PersonId
from domain.sla.escalating import TakeOver
from domain.sla.recipients import WARNING
from domain.tickets.looking import LookAt
from domain.tickets.states import UNFINISHED

SHOWN = 6  # the narrowest conversation has room for six fields
TITLE = 10  # characters of each ticket's title: all of a line must fit into 30


@dataclass(frozen=True)
class Called:
    """One ticket, and what it called for."""

    facts: Facts
    rings: Ringing

    @property
    def due(self) -> Due | None:
        """None when it is settled."""
        is_open = self.facts.ticket.state in UNFINISHED
        return self.facts.dues.get(self.rings.goal) if is_open else None

    @property
    def is_waiting(self) -> bool:
        return self.due is not None and not self.due.taken_by


def calls_card(called: Sequence[Called], viewer: PersonId | None) -> Card:
    """In the order given, highest level first. What does not fit is named by number."""
    waiting = [one for one in called if one.is_waiting]
    late = any(one.rings.stage > WARNING for one in waiting)
    return Card(
        title=_title(called),
        status=f"{len(waiting)} 单待处理" if waiting else "都有人在跟",
        tone=Tone.LATE if late else Tone.WAITING if waiting else Tone.MUTED,
        lead=_rest(called[SHOWN:]),
        fields=tuple(Field(_level(one.rings), _line(one)) for one in called[:SHOWN]),
        buttons=tuple(_button(one) for one in waiting[:SHOWN]),
        source="SLA 升级",
    )


def _title(called: Sequence[Called]) -> str:
    late = sum(one.rings.stage > WARNING for one in called)
    soon = len(called) - late
    return "，".join(filter(None, (f"{late} 单超时" if late else "", f"{soon} 单将到期" if soon else "")))


def _level(rings: Ringing) -> str:
    """「L2 响应」「响应预警」: a narrow column."""
    goal = goal_word(rings.goal)
    return f"{goal}预警" if rings.stage == WARNING else f"L{rings.stage} {goal}"


def _line(one: Called) -> str:
    return f"{one.facts.ticket.number} {cut(one.facts.ticket.title, TITLE)} · {_who(one)}"


def _who(one: Called) -> str:
    ticket, due = one.facts.ticket, one.due
    if due is None:
        return state_word(ticket.state)
    if due.taken_by:
        return f"{due.taken_by} 在跟"
    late = "·迟发" if one.rings.late is not None else ""
    return (ticket.assignee.name if ticket.assignee else state_word(ticket.state)) + late


def _rest(rest: Sequence[Called]) -> str:
    numbers = "、".join(one.facts.ticket.number for one in rest[:SHOWN])
    more = f" 等 {len(rest)} 单" if len(rest) > SHOWN else ""
    return f"另有 {numbers}{more}，可回复「待办」查看。" if rest else ""


def _button(one: Called) -> Button:
    """A warning is looked at; a ladder is taken over. A narrow button has room for eight characters."""
    number = one.facts.ticket.number
    if one.rings.stage == WARNING:
        return Button(number, LookAt(number))
    return Button(f"跟 {number.rpartition('-')[2]}", TakeOver(number))
