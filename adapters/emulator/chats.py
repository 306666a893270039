"""What the two phones show: bubbles in chats. Vendor servers write here, the playground reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Bubble:
    """One thing in a chat. ``body`` is the vendor's own JSON as the client received it."""

    id: str
    at: datetime
    sender: str  # a user id, or ROBOT
    kind: str  # text · markdown · card · image · voice · video · file · news · system …
    text: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    mentions: tuple[str, ...] = ()


ROBOT = "robot"


class Chats:
    """Chats by key: a user id for the direct chat with the robot, a group id for a group."""

    def __init__(self) -> None:
        self._chats: defaultdict[str, list[Bubble]] = defaultdict(list)
        self._listeners: list[Callable[[str], None]] = []

    def add(self, chat: str, bubble: Bubble) -> None:
        self._chats[chat].append(bubble)
        self._tell(chat)

    def repaint(self, chat: str, bubble_id: str, body: Mapping[str, Any]) -> None:
        bubbles = self._chats[chat]
        for index, bubble in enumerate(bubbles):
            if bubble.id == bubble_id:
                bubbles[index] = replace(bubble, body=body)
        self._tell(chat)

    def swap(self, chat: str, bubble: Bubble) -> None:
        """Puts ``bubble`` in the place of the one with its id: a recalled message, a card with a new title."""
        bubbles = self._chats[chat]
        self._chats[chat] = [bubble if old.id == bubble.id else old for old in bubbles]
        self._tell(chat)

    def of(self, chat: str) -> tuple[Bubble, ...]:
        return tuple(self._chats[chat])

    def clear(self) -> None:
        self._chats.clear()

    def on_change(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    def _tell(self, chat: str) -> None:
        for listener in self._listeners:
            listener(chat)
