"""What the phones have shown: every look that a card ever had, read as a person reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.server import Emulator
from tests.stories.stage import TEAM, Platform

NUMBER = re.compile(r"(?:IT|XZ|D)-\d+")
STATES = {
    "待提交": "draft",
    "待说明": "draft",
    "待接单": "open",
    "处理中": "in_progress",
    "等待回复": "waiting",
    "已解决": "resolved",
    "已关闭": "closed",
    "已撤销": "cancelled",
}
_NOBODY = {"", "待接单"}


@dataclass(frozen=True)
class Look:
    """One look of a card: what it is about, how it says that stands, and what can be pressed."""

    number: str
    state: str  # "" where its words are about something else: an offer, a transfer, an alarm
    owner: str
    keys: tuple[str, ...]
    words: str

    @property
    def standing(self) -> tuple[str, str]:
        return self.state, self.owner


@dataclass(eq=False)
class Copy:
    """One card in one chat, with all its looks in their order."""

    platform: Platform
    chat: str
    bubble: str
    handle: str
    door: str  # as the books call the platform: an AI bot's cards have a door of their own
    looks: list[Look] = field(default_factory=list)

    @property
    def look(self) -> Look:
        return self.looks[-1]

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that could ever be pressed on it, what can be pressed now first."""
        every = [key for look in reversed(self.looks) for key in look.keys]
        return tuple(dict.fromkeys(every))

    def __str__(self) -> str:
        shown = " → ".join(f"{look.state or '…'}·{look.owner}{list(look.keys)}" for look in self.looks)
        return f"{self.platform} {self.chat} {self.look.number} {self.handle[-8:]}: {shown}"


class Phones:
    """Watches all screens of both platforms."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self.copies: dict[tuple[Platform, str, str], Copy] = {}  # in the order in which they came
        emulator.wecom.chats.on_change(lambda chat: self._look_at("wecom", chat))
        emulator.dingtalk.chats.on_change(lambda chat: self._look_at("dingtalk", chat))

    def seen_by(self, platform: Platform, chats: tuple[str, ...]) -> list[Copy]:
        """Newest first."""
        return [c for c in reversed(self.copies.values()) if c.platform == platform and c.chat in chats]

    def is_followed(self, copy: Copy) -> bool:
        """By a newer card about the same ticket, in the same chat."""
        same = [c for c in self.seen_by(copy.platform, (copy.chat,)) if c.look.number == copy.look.number]
        return same[0] is not copy

    def said_to(self, platform: Platform, chat: str) -> tuple[Bubble, ...]:
        vendor = self._emulator.wecom if platform == "wecom" else self._emulator.dingtalk
        return tuple(bubble for bubble in vendor.chats.of(chat) if bubble.sender == ROBOT)

    def _look_at(self, platform: Platform, chat: str) -> None:
        for bubble in self.said_to(platform, chat):
            look = look_at(platform, bubble.body) if bubble.kind == "card" else None
            if look is None:
                continue
            copy = self.copies.get((platform, chat, bubble.id)) or self._meet(platform, chat, bubble)
            if not copy.looks or copy.look != look:
                copy.looks.append(look)

    def _meet(self, platform: Platform, chat: str, bubble: Bubble) -> Copy:
        door, handle = self._handle(platform, chat, bubble)
        copy = self.copies[platform, chat, bubble.id] = Copy(platform, chat, bubble.id, handle, door)
        return copy

    @staticmethod
    def _handle(platform: Platform, chat: str, bubble: Bubble) -> tuple[str, str]:
        if platform == "dingtalk":
            return platform, str(bubble.body["outTrackId"])
        return door_of(platform, chat), str(bubble.body["task_id"])


def door_of(platform: Platform, chat: str) -> str:
    return "wecom-aibot" if chat == TEAM or chat.startswith("aibot:") else platform


def look_at(platform: Platform, body: Mapping[str, Any]) -> Look | None:
    """None for a card that is not about one ticket."""
    look = _on_wecom(body) if platform == "wecom" else _on_dingtalk(body["params"])
    number = look.number or _number_in(look.keys)
    return replace(look, number=number) if number else None


def _on_wecom(body: Mapping[str, Any]) -> Look:
    title = body.get("main_title", {}).get("title", "")
    fields = {one["keyname"]: one.get("value", "") for one in body.get("horizontal_content_list", ())}
    buttons = () if "replace_text" in body else body.get("button_list", ())
    said = body.get("source", {}).get("desc", "").rpartition("· ")[2]
    grey = body.get("replace_text", "")
    return Look(
        number=_number(title),
        state=_state(said) or _state(fields.get("状态", "")) or _state(grey),
        owner=_owner(fields.get("负责人", "")),
        keys=tuple(button["key"] for button in buttons),
        words=json.dumps(body, ensure_ascii=False),
    )


def _on_dingtalk(params: Mapping[str, str]) -> Look:
    text = params.get("markdown", "")
    fields = dict(re.findall(r"- \*\*(.+?)\*\*：(.*)", text))
    said = re.search(r"\*\*(.+?)\*\*", text.partition("\n")[0])
    drawn = json.loads(params.get("sys_full_json_obj") or "{}").get("msgButtons", ())
    return Look(
        number=_number(params.get("title", "")),
        state=_state(said.group(1) if said else "") or _state(fields.get("状态", "")),
        owner=_owner(fields.get("负责人", "")),
        keys=tuple(button["id"] for button in drawn if "id" in button),
        words=text + params.get("tips", ""),
    )


def _number_in(keys: tuple[str, ...]) -> str:
    """A draft's card has no number but on its buttons."""
    found = NUMBER.search(keys[0]) if keys else None
    return found.group() if found else ""


def _number(title: str) -> str:
    found = NUMBER.match(title)
    return found.group() if found else ""


def _state(words: str) -> str:
    return STATES.get(words.partition("·")[0].strip(), "")


def _owner(words: str) -> str:
    name = words.partition("（")[0]
    return "" if name in _NOBODY else name
