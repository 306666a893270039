"""What a hand can do with one of the two phones, whichever vendor's client is on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Protocol

from adapters.emulator.chats import Bubble, Chats
from adapters.emulator.company import Group

Platform = Literal["wecom", "dingtalk"]


class CannotDo(Exception):
    """The real client offers no way to do this; the text says so to the person in front of the page."""


class Trouble(Enum):
    OFFLINE = "offline"
    LIMITED = "limited"


@dataclass(frozen=True)
class Outcome:
    """How the vendor's server and the bot took it. ``hint`` is what the client shows when they did not."""

    ok: bool
    hint: str = ""


DONE = Outcome(ok=True)


@dataclass(frozen=True)
class Attachment:
    """Something chosen behind the composer's "+". ``words``: a voice's content, or text beside a picture."""

    kind: str  # image · file · voice
    name: str
    content: bytes
    words: str = ""


@dataclass(frozen=True)
class Press:
    """``answers`` are the chosen options by question; ``form`` holds the fields of a DingTalk form."""

    bubble: str
    key: str
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    form: Mapping[str, Any] | None = None


class Phone(Protocol):
    platform: Platform

    @property
    def chats(self) -> Chats: ...

    @property
    def patience(self) -> float:
        """Real seconds after which the client gives a press up."""

    def private_chats(self, person: str) -> Sequence[str]:
        """Somebody's own chats with bots; the first one is named as they are."""

    def hears(self, group: Group) -> bool:
        """Whether a robot that listens is in ``group``."""

    async def enter(self, person: str) -> None:
        """Somebody opened the direct chat with the bot."""

    async def say(self, person: str, chat: str, text: str, mentions: Sequence[str]) -> Outcome: ...

    async def send(self, person: str, chat: str, attachment: Attachment) -> Outcome: ...

    async def press(self, person: str, chat: str, press: Press) -> Outcome: ...

    async def forward(self, person: str, lines: Sequence[tuple[str, str]]) -> Outcome:
        """To the bot's private chat: one message, or several as one record; each with its author's name."""

    async def redeliver(self) -> Outcome:
        """The last message or press once more, as the vendors do when an answer got lost."""

    def trouble(self, active: set[Trouble]) -> None: ...

    def expire(self) -> None:
        """Ends every right to answer that the vendor gave only for a while."""

    def medium(self, media_id: str) -> tuple[bytes, str]:
        """Content and name of what the bot uploaded; raises LookupError."""


def bubble_in(chats: Chats, chat: str, bubble_id: str) -> Bubble:
    found = next((bubble for bubble in chats.of(chat) if bubble.id == bubble_id), None)
    if found is None:
        raise CannotDo("这条消息已经不在了")
    return found
