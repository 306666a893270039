"""The right phone: the DingTalk client, played through the emulated DingTalk."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from adapters.emulator.chats import Chats
from adapters.emulator.company import Group
from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.dingtalk.frames import CARD_TOPIC, ROBOT_TOPIC, new_message_id
from adapters.emulator.dingtalk.messages import Audio, File, Message, Picture, Record, RichText, Text
from adapters.emulator.dingtalk.people import ClientCannot
from adapters.emulator.dingtalk.presses import NoSuchButton
from adapters.emulator.dingtalk.server import DingTalkServer
from adapters.emulator.dingtalk.stream import Delivery
from adapters.emulator.playground.phones import (
    DONE,
    Attachment,
    CannotDo,
    Outcome,
    Platform,
    Press,
    Trouble,
    bubble_in,
)
from adapters.emulator.wire import Passed

_MANY = 10**9  # as good as "until it is switched off"
_LIMITED = ("/v1.0/robot", "/v1.0/card", "/robot/")
_REPEATED = (ROBOT_TOPIC, CARD_TOPIC)
_MILLIS_PER_CHARACTER = 250


class DingTalkPhone:
    platform: Platform = "dingtalk"

    def __init__(self, server: DingTalkServer) -> None:
        self._server = server

    @property
    def chats(self) -> Chats:
        return self._server.chats

    @property
    def patience(self) -> float:
        return self._server.switches.card_answer_seconds

    def private_chats(self, person: str) -> Sequence[str]:
        return [person]

    def hears(self, group: Group) -> bool:
        return group.robot_inside

    async def enter(self, person: str) -> None:
        """DingTalk does not tell the robot."""

    async def say(self, person: str, chat: str, text: str, mentions: Sequence[str]) -> Outcome:
        return await _sent(self._server.says(person, text, _group(person, chat), mentions))

    async def send(self, person: str, chat: str, attachment: Attachment) -> Outcome:
        group = _group(person, chat)
        return await _sent(self._server.sends(person, _message(attachment, group), group))

    async def press(self, person: str, chat: str, press: Press) -> Outcome:
        card = str(bubble_in(self.chats, chat, press.bubble).body.get("outTrackId", ""))
        try:
            delivery = await self._pressing(person, card, press)
        except NoSuchButton as gone:
            raise CannotDo("卡片已经变了，请看最新的样子") from gone
        if delivery.late:
            return Outcome(ok=False, hint="响应超时，请稍后查看结果")
        return DONE if delivery.acked and delivery.code == 200 else Outcome(ok=False, hint="操作失败，请重试")

    async def forward(self, person: str, lines: Sequence[tuple[str, str]]) -> Outcome:
        """One message arrives as if its forwarder had typed it; a record has an own kind."""
        message: Message = Text(lines[0][1]) if len(lines) == 1 else Record(lines)
        return await _sent(self._server.sends(person, message))

    async def redeliver(self) -> Outcome:
        """The last frame on one of the sockets of today; a repetition carries a new messageId (§1.5)."""
        frame = self._last_frame()
        if frame is None:
            raise CannotDo("钉钉里还没有发生过什么，或者机器人不在线")
        repeated = {**frame, "headers": {**frame["headers"], "messageId": new_message_id(self._millis())}}
        self._note(repeated)
        delivery = await self._server.frame(json.dumps(repeated, ensure_ascii=False), self.patience)
        return DONE if delivery.acked else Outcome(ok=False, hint="机器人没有应答")

    def trouble(self, active: set[Trouble]) -> None:
        faults = self._server.faults
        faults.clear()
        if Trouble.OFFLINE in active:
            faults.plan("/", Fault.RESET_BEFORE, times=_MANY)
            self._server.reset_sockets()
        elif Trouble.LIMITED in active:
            for path in _LIMITED:
                faults.plan(path, Fault.TOO_FAST, times=_MANY)

    def expire(self) -> None:
        self._server.sessions.expire()

    def medium(self, media_id: str) -> tuple[bytes, str]:
        stored = self._server.files.uploaded[media_id]
        return stored.content, stored.name

    async def _pressing(self, person: str, card: str, press: Press) -> Delivery:
        if press.form is not None:
            return await self._server.submits_form(person, card, press.form, press.key)
        return await self._server.presses(person, card, press.key)

    def _last_frame(self) -> Mapping[str, Any] | None:
        frames = [frame for connection in self._server.connections.served() for frame in connection.frames]
        told = [frame for frame in frames if frame["headers"].get("topic") in _REPEATED]
        return max(told, key=lambda frame: int(frame["headers"]["time"]), default=None)

    def _note(self, frame: Mapping[str, Any]) -> None:
        what = f"{frame['type']} {frame['headers']['topic']}"
        now = self._server.tenant.now()
        self._server.tenant.wire.note(Passed(now, "dingtalk", True, what, json.loads(frame["data"])))

    def _millis(self) -> int:
        return self._server.tenant.millis()


def _group(person: str, chat: str) -> str | None:
    return None if chat == person else chat


def _message(attachment: Attachment, group: str | None) -> Message:
    if attachment.kind == "voice":
        return Audio(attachment.words, millis=_MILLIS_PER_CHARACTER * max(4, len(attachment.words)))
    if attachment.kind == "file":
        return File(attachment.name, attachment.content)
    picture = Picture(attachment.content, attachment.name)
    # In a group a picture reaches the robot only as part of a message that mentions it (§2.1).
    return RichText([attachment.words, picture] if attachment.words else [picture]) if group else picture


async def _sent(sending: Awaitable[Delivery]) -> Outcome:
    try:
        delivery = await sending
    except ClientCannot as impossible:
        raise CannotDo("钉钉的群里不能这样发给机器人") from impossible
    return DONE if delivery.acked else Outcome(ok=False)
