"""Callbacks that still wait for an answer in their chat.

Every message takes one of its sender's three places in the conversation until it is answered (§4.1), so an
answer that comes through the outbox goes out as the reply to it and not as a push. Kept in memory only: without
it the same words are pushed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Literal

from domain.base import Conversation


@dataclass(eq=False)
class Turn:
    req_id: str
    kind: Literal["message", "welcome"]
    place: Conversation
    taken: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    def __init__(self) -> None:
        self._open: defaultdict[Conversation, deque[Turn]] = defaultdict(deque)

    def open(self, turn: Turn) -> Turn:
        self._open[turn.place].append(turn)
        return turn

    def open_again(self, turn: Turn) -> None:
        self._open[turn.place].appendleft(turn)

    def take(self, place: Conversation) -> Turn | None:
        """The oldest that nobody has answered."""
        waiting = self._open.get(place)
        if not waiting:
            return None
        turn = waiting.popleft()
        turn.taken.set()
        if not waiting:
            del self._open[place]
        return turn

    def close(self, turn: Turn) -> bool:
        """True if it was still open."""
        waiting = self._open.get(turn.place, deque())
        if turn not in waiting:
            return False
        waiting.remove(turn)
        if not waiting:
            del self._open[turn.place]
        return True
