"""What the AI bot's server remembers: callbacks and their answers, cards and how each member sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["message", "enter_chat", "card", "feedback"]


@dataclass
class Stream:
    """One message that grows until it is finished. ``bubble`` is where it shows."""

    id: str
    bubble: str
    began: datetime
    last: datetime
    finished: bool = False


@dataclass(eq=False)
class Asked:
    """One callback. ``chat`` is the key among the phones' chats; ``body`` is what the bot was told."""

    req_id: str
    kind: Kind
    chat: str
    by: str
    at: datetime
    body: dict[str, Any]
    bubble: str = ""  # of the pressed card
    answers: int = 0
    streams: dict[str, Stream] = field(default_factory=dict)
    response_code: str = ""
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_waiting(self) -> bool:
        return not self.answered.is_set()


@dataclass(frozen=True)
class BotCard:
    bubble: str
    chat: str
    task_id: str


@dataclass(frozen=True)
class Done:
    """One command that was carried out or refused."""

    at: datetime
    cmd: str
    req_id: str
    body: Mapping[str, Any]
    errcode: int = 0


class Book:
    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.cards: dict[str, BotCard] = {}  # by task_id
        self.views: dict[tuple[str, str], Mapping[str, Any]] = {}  # (bubble, member) -> their own repaint
        self.spoken: dict[str, datetime] = {}  # chat -> when somebody last spoke to the bot there
        self.done: list[Done] = []

    def waiting_of(self, member: str) -> int:
        return sum(a.kind == "message" and a.by == member and a.is_waiting for a in self.asked.values())

    def card(self, bubble_or_task_id: str) -> BotCard | None:
        by_bubble = (card for card in self.cards.values() if card.bubble == bubble_or_task_id)
        return self.cards.get(bubble_or_task_id) or next(by_bubble, None)
