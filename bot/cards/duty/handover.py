"""What the one who goes leaves to the one who comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.card import Button, Card, Tone
from bot.cards.duty.rows import TicketRow, more_rows, ticket_fields
from domain.tickets.looking import ListTodo, LookAt


@dataclass(frozen=True)
class HandoverFacts:
    desk: str
    goes: str
    comes: str
    change: str  # 「09:00」
    waiting: int
    working: int
    rows: Sequence[TicketRow]


def handover_card(facts: HandoverFacts) -> Card:
    return Card(
        title=f"交接清单 {facts.desk}",
        status=f"{facts.change} 交班",
        tone=Tone.ACTIVE,
        lead=f"{facts.goes or '无人'} → {facts.comes}。待接单 {facts.waiting}，处理中 {facts.working}。",
        fields=ticket_fields(facts.rows),
        buttons=(
            *(Button(row.number, LookAt(row.number)) for row in facts.rows[:2]),
            Button("我的待办", ListTodo()),
        ),
        note=more_rows(facts.rows),
        source="派单 · 交接",
    )
