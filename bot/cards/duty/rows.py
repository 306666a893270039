"""Some tickets on a card: the first few, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.card import Field

SHOWN = 4  # tickets on a list; the rest is counted
SOURCE = "派单 · 值班"


@dataclass(frozen=True)
class TicketRow:
    number: str
    title: str
    owner: str = ""


def ticket_fields(rows: Sequence[TicketRow]) -> tuple[Field, ...]:
    """Whose it is, and then the number: it is what one types, and what is cut last."""
    return tuple(Field(row.owner or "待接单", f"{row.number} {row.title}") for row in rows[:SHOWN])


def more_rows(rows: Sequence[TicketRow]) -> str:
    rest = len(rows) - SHOWN
    return f"还有 {rest} 单，回复「待办」查看。" if rest > 0 else ""
