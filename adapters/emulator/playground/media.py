"""Bytes that bubbles show but do not carry: what people sent from the page, found again by bubble."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from adapters.emulator.chats import Bubble
from adapters.emulator.playground.phones import Attachment

_CARRIES = {"image", "richText", "voice", "file"}
Place = tuple[str, str, str]  # platform, chat, sender


@dataclass
class Media:
    """The vendors' servers make the bubble's id, so a content waits for the sender's next bubble."""

    _waiting: defaultdict[Place, deque[Attachment]] = field(default_factory=lambda: defaultdict(deque))
    _kept: dict[str, Attachment] = field(default_factory=dict)

    def expect(self, place: Place, attachment: Attachment) -> None:
        self._waiting[place].append(attachment)

    def forget(self, place: Place, attachment: Attachment) -> None:
        """The client refused: no bubble will come for it."""
        if attachment in self._waiting[place]:
            self._waiting[place].remove(attachment)

    def of(self, platform: str, chat: str, bubble: Bubble) -> Attachment | None:
        if bubble.id not in self._kept and bubble.kind in _CARRIES:
            waiting = self._waiting[platform, chat, bubble.sender]
            if waiting:
                self._kept[bubble.id] = waiting.popleft()
        return self._kept.get(bubble.id)

    def find(self, bubble_id: str) -> Attachment | None:
        return self._kept.get(bubble_id)

    def clear(self) -> None:
        self._waiting.clear()
        self._kept.clear()
