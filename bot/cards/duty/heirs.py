"""逐单选: who gets this one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.card import Button, Card, Tone
from bot.cards.duty.rows import SOURCE, TicketRow
from domain.base import PersonId
from domain.duty.choosing import ChooseHeir

MOST = 3  # people on buttons; others can be typed


@dataclass(frozen=True)
class HeirFacts:
    """``place``: the which-th of how many."""

    leave: int
    days: str
    ticket: TicketRow
    place: tuple[int, int]
    people: Sequence[tuple[PersonId, str]]


def heir_card(facts: HeirFacts) -> Card:
    number, (which, count) = facts.ticket.number, facts.place
    people = [Button(name, ChooseHeir(number, f"#{id_}", facts.leave)) for id_, name in facts.people[:MOST]]
    return Card(
        title=f"{number} {facts.ticket.title}",
        status=f"{which}/{count}",
        tone=Tone.NEUTRAL,
        lead=f"{facts.days} 请假期间，这一单交给谁？",
        buttons=(*people, Button("放回服务台", ChooseHeir(number, "", facts.leave))),
        note=f"也可以回复「移交 {number} 给 姓名」。没有选的，按代理人、值班人、服务台的顺序移交。",
        source=f"{SOURCE} · 逐单选",
    )
