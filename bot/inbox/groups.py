"""A free sentence in a group: a ticket at once, or, about what is nobody else's business, a draft in private."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from adapters.chat import Said
from bot.effects import Effect, Say
from bot.inbox.telling import Door
from domain.base import Conversation
from domain.tickets.opening import OpenTicket, StartDraft
from domain.tickets.privacy import is_private
from domain.tickets.talking import SpeakInGroup

ASIDE = (
    "您在群里说的事涉及薪酬、账号等个人信息，没有在群里建单。请在这里核对，没问题就提交；补充也请在这里说。"
)


def group_order(command: Any, said: Said, private_words: Sequence[str]) -> Any:
    """What a free sentence is in a group; every other order stays what it is."""
    if said.place.kind != "group" or not isinstance(command, StartDraft | OpenTicket):
        return command
    if is_private(command.text, private_words):
        return StartDraft(command.text, Conversation(said.sender.platform, "direct", said.sender.user_id))
    return SpeakInGroup(command.text, said.place) if isinstance(command, StartDraft) else command


def led_aside(door: Door) -> Iterable[Effect]:
    """The group learns who is meant, and not what it is about (flow E)."""
    here = f"{door.person.name}，这件事请私聊我。"
    yield Say(place=door.place, text=here, mention=(door.person.id,))
    yield Say(place=door.person.id, text=ASIDE)
