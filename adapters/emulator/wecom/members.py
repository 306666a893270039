"""What members do with their phones. Each act becomes a callback to the app (wecom.md §1.7–1.9)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from secrets import randbits
from typing import Any

from adapters.emulator.chats import Bubble
from adapters.emulator.wecom.callback import Callback, Delivery, Outgoing, Verification
from adapters.emulator.wecom.codes import SentCard
from adapters.emulator.wecom.media import Medium
from adapters.emulator.wecom.passive import Context
from adapters.emulator.wecom.presses import NotOnScreen, Press, Selections, any_press, press_on
from adapters.emulator.wecom.state import State
from adapters.emulator.wecom.xml import Fields

# The smallest bytes that pass for each kind, for callers who do not care which.
# One grey dot.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
AMR = b"#!AMR\n\x3c\x00\x00"
MP4 = b"\x00\x00\x00\x18ftypmp42"


class Members(State):
    @cached_property
    def _callback(self) -> Callback:
        return Callback(self)

    async def says(self, userid: str, text: str) -> Delivery:
        return await self._sends(userid, "text", {"Content": text}, text)

    async def sends_image(self, userid: str, data: bytes = PNG) -> Delivery:
        medium = self.media.add("image", "image.png", data)
        return await self._sends(userid, "image", {"PicUrl": self._pic_url(medium), "MediaId": medium.id})

    async def sends_voice(self, userid: str, data: bytes = AMR) -> Delivery:
        medium = self.media.add("voice", "voice.amr", data)
        return await self._sends(userid, "voice", {"MediaId": medium.id, "Format": "amr"})

    async def sends_video(self, userid: str, data: bytes = MP4) -> Delivery:
        medium, thumb = self.media.add("video", "video.mp4", data), self.media.add("image", "thumb.png", PNG)
        return await self._sends(userid, "video", {"MediaId": medium.id, "ThumbMediaId": thumb.id})

    async def sends_file(self, userid: str, name: str, data: bytes) -> Delivery:
        """No page has it; only types of Tencent's own plugin do (wecom.md §10.6), hence the switch."""
        if not self.switches.file_messages:
            return Delivery(0, 0, None, 0.0)
        medium = self.media.add("file", name, data)
        return await self._sends(userid, "file", {"MediaId": medium.id, "FileName": name}, name)

    async def sends_location(self, userid: str, lat: float, lon: float, label: str) -> Delivery:
        place: Fields = {
            "Location_X": lat,
            "Location_Y": lon,
            "Scale": 15,
            "Label": label,
            "AppType": "wxwork",
        }
        return await self._sends(userid, "location", place, label)

    async def sends_link(self, userid: str, title: str, url: str, description: str = "") -> Delivery:
        link = {"Title": title, "Description": description, "Url": url, "PicUrl": ""}
        return await self._sends(userid, "link", link, title)

    async def opens(self, userid: str) -> Delivery:
        return await self._causes(userid, "enter_agent", {"EventKey": ""})

    async def subscribes(self, userid: str) -> Delivery:
        return await self._causes(userid, "subscribe", {"EventKey": ""})

    async def clicks_menu(self, userid: str, key: str) -> Delivery:
        return await self._causes(userid, "click", {"EventKey": key})

    async def presses(
        self, userid: str, bubble_or_task_id: str, key: str, selections: Selections | None = None
    ) -> Delivery:
        """Presses what the member's copy shows now; raises NotOnScreen when it does not show that."""
        card, bubble = self._copy(userid, bubble_or_task_id)
        return await self._pressed(userid, card, bubble, press_on(bubble.body, key, selections or {}))

    async def presses_stale(
        self, userid: str, bubble_or_task_id: str, key: str, selections: Selections | None = None
    ) -> Delivery:
        """The press of a thumb that was faster than the repaint: what the copy shows now is not looked at."""
        card, bubble = self._copy(userid, bubble_or_task_id)
        return await self._pressed(userid, card, bubble, any_press(key, selections or {}))

    def dissolves(self, chat_id: str) -> None:
        """The owner ends a group of the app. Nobody tells the app."""
        del self.app_chats[chat_id]
        self.company.groups.pop(chat_id, None)

    async def event(self, xml_fields: Mapping[str, Any]) -> Delivery:
        """Any event. What is absent of ToUserName, FromUserName (sys), CreateTime, AgentID is filled in."""
        fields = self._head("sys") | {"MsgType": "event", "AgentID": self.agent_id} | dict(xml_fields)
        context = Context(str(fields["FromUserName"]), str(fields.get("Event", "")))
        return await self._callback.send(Outgoing(fields, context))

    async def redeliver(self) -> Delivery:
        """What was delivered last comes once more, as after an answer that got lost on the way to Tencent."""
        return await self._callback.send_again()

    async def deliver(self, raw_body: bytes, query: Mapping[str, str]) -> Delivery:
        """One POST exactly as given: for forged, broken and foreign envelopes."""
        return await self._callback.deliver(raw_body, query)

    async def verify_url(self) -> Verification:
        return await self._callback.verify()

    async def close(self) -> None:
        await self._callback.close()

    async def _sends(self, userid: str, kind: str, content: Fields, text: str = "") -> Delivery:
        member = self.member(userid).wecom
        msg_id = str(randbits(62))
        self.chats.add(member, Bubble(msg_id, self.clock.now(), member, kind, text, dict(content)))
        fields = {
            **self._head(member),
            "MsgType": kind,
            **content,
            "MsgId": int(msg_id),
            "AgentID": self.agent_id,
        }
        return await self._callback.send(Outgoing(fields, Context(member)))

    async def _causes(self, userid: str, event: str, content: Fields) -> Delivery:
        member = self.member(userid).wecom
        fields = {
            **self._head(member),
            "MsgType": "event",
            "Event": event,
            **content,
            "AgentID": self.agent_id,
        }
        return await self._callback.send(Outgoing(fields, Context(member, event)))

    async def _pressed(self, userid: str, card: SentCard, bubble: Bubble, press: Press) -> Delivery:
        member, code = self.member(userid).wecom, self.cards.issue(card)
        fields: Fields = {
            **self._head(member),
            "MsgType": "event",
            "Event": press.event,
            "EventKey": press.key,
            "TaskId": self._task_id(card, bubble),
            "CardType": bubble.body["card_type"],
            "ResponseCode": code,
            "AgentID": self.agent_id,
            **press.selected_items(),
        }
        return await self._callback.send(Outgoing(fields, Context(member, press.event, card, code)))

    def _copy(self, userid: str, bubble_or_task_id: str) -> tuple[SentCard, Bubble]:
        card = self.cards.find(bubble_or_task_id)
        bubble = self.bubble(self.member(userid).wecom, card.msgid) if card else None
        if card is None or bubble is None or bubble.kind != "card":
            raise NotOnScreen(f"{userid} has no card {bubble_or_task_id}")
        return card, bubble

    def _task_id(self, card: SentCard, bubble: Bubble) -> str:
        """After an update the old id is assumed to stay (wecom.md §10.4); the switch plays the other case."""
        if self.switches.clicks_after_update_keep_task_id:
            return card.task_id
        return str(bubble.body.get("task_id", ""))

    def _head(self, sender: str) -> dict[str, Any]:
        created = int(self.clock.now().timestamp())
        return {"ToUserName": self.corp_id, "FromUserName": sender, "CreateTime": created}

    def _pic_url(self, medium: Medium) -> str:
        return f"{self.base_url}/wwpic/{medium.id}"
