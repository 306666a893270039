"""What the page gets to know, as JSON: people, groups, chats and what changed in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.emulator.chats import Bubble
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.playground.media import Media
from adapters.emulator.playground.phones import Phone

Json = dict[str, Any]
_KEPT = 200  # bubbles of one chat that a page gets when it is opened
_LONGEST_TEXT = 4000


class Showing:
    def __init__(self, company: Company, phones: Mapping[str, Phone], media: Media) -> None:
        self._company = company
        self._phones = phones
        self._media = media
        self._shown: dict[tuple[str, str], tuple[Bubble, ...]] = {}

    def people(self) -> list[Json]:
        return [_person(employee) for employee in self._company.employees]

    def groups(self) -> list[Json]:
        return [
            _group(group, hears=self._phones[group.platform].hears(group))
            for group in self._company.groups.values()
        ]

    def chats(self) -> Json:
        return {platform: self._chats_on(platform) for platform in self._phones}

    def changes(self, platform: str, chat: str) -> list[Json]:
        """The bubbles of a chat that are new or painted anew since this was last asked."""
        before, now = self._shown.get((platform, chat), ()), self._phones[platform].chats.of(chat)
        self._shown[platform, chat] = now
        known = {id(bubble) for bubble in before}
        changed = [(n, bubble) for n, bubble in enumerate(now, 1) if id(bubble) not in known]
        return [self._bubble(platform, chat, n, bubble) for n, bubble in changed]

    def _chats_on(self, platform: str) -> Json:
        """A chat is listed when the company knows it: the emulator keeps no list of its own."""
        found = {chat: self._all(platform, chat) for chat in self._known_chats(platform)}
        return {chat: bubbles for chat, bubbles in found.items() if bubbles}

    def _known_chats(self, platform: str) -> Iterable[str]:
        people = (e.wecom if platform == "wecom" else e.dingtalk for e in self._company.employees)
        phone = self._phones[platform]
        private = [chat for person in filter(None, people) for chat in phone.private_chats(person)]
        groups = (group.id for group in self._company.groups.values() if group.platform == platform)
        return [*private, *groups]

    def _all(self, platform: str, chat: str) -> list[Json]:
        bubbles = self._phones[platform].chats.of(chat)
        self._shown[platform, chat] = bubbles
        numbered = list(enumerate(bubbles, 1))[-_KEPT:]
        return [self._bubble(platform, chat, n, bubble) for n, bubble in numbered]

    def _bubble(self, platform: str, chat: str, n: int, bubble: Bubble) -> Json:
        sent = self._media.of(platform, chat, bubble)
        return {
            "id": bubble.id,
            "n": n,
            "at": bubble.at.isoformat(),
            "sender": bubble.sender,
            "kind": bubble.kind,
            "text": bubble.text,
            "body": dict(bubble.body),
            "mentions": list(bubble.mentions),
            "sent": {"name": sent.name, "size": len(sent.content), "words": sent.words} if sent else None,
        }


def shortened(value: Any) -> Any:
    """The same JSON with texts that a person can still look at: a picture in base64 is none."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]}… ({len(value)})"
    if isinstance(value, Mapping):
        return {name: shortened(item) for name, item in value.items()}
    return [shortened(item) for item in value] if isinstance(value, list | tuple) else value


def _person(employee: Employee) -> Json:
    return {
        "name": employee.name,
        "title": employee.title,
        "wecom": employee.wecom,
        "dingtalk": employee.dingtalk,
    }


def _group(group: Group, *, hears: bool) -> Json:
    return {
        "id": group.id,
        "platform": group.platform,
        "name": group.name,
        "members": list(group.members),
        "robot": hears,
    }
