"""The calling side: what somebody says to the robot, as the frame that DingTalk makes of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.company import Group
from adapters.emulator.dingtalk.files import Files
from adapters.emulator.dingtalk.frames import EVENT_TOPIC, ROBOT_TOPIC, Push
from adapters.emulator.dingtalk.ids import direct_conversation, lwcp
from adapters.emulator.dingtalk.messages import NOT_IN_GROUPS, Message, RichText, Text, bubble_of, content_of
from adapters.emulator.dingtalk.sessions import Sessions
from adapters.emulator.dingtalk.tenant import Tenant

# Events of the contact directory are not counted, all others are (§0.1).
_FREE_EVENTS = ("user_", "org_", "label_")


class ClientCannot(Exception):
    """The real client offers no way to do this; the test asks for the impossible."""


class People:
    def __init__(self, tenant: Tenant, files: Files, sessions: Sessions) -> None:
        self._tenant = tenant
        self._files = files
        self._sessions = sessions

    def message(self, userid: str, message: Message, group: str | None, mentions: Sequence[str]) -> Push:
        """Show the bubble, build the push. In a group the robot is always mentioned: else nothing comes."""
        place = self._place(userid, message, group)
        self._tenant.count_message()
        names = self._mention_text(message, mentions)
        message_id = f"msg{b64encode(uuid4().bytes).decode()}"
        kind, text = bubble_of(message)
        chat = group or userid
        shown = Bubble(message_id, self._tenant.now(), userid, kind, text + names, mentions=tuple(mentions))
        self._tenant.chats.add(chat, shown)
        data = self._envelope(userid, chat, place, mentions) | {"msgId": message_id}
        return Push("CALLBACK", ROBOT_TOPIC, data | self._content(message, place, names))

    def event(self, event_type: str, data: dict[str, Any]) -> Push:
        """An organisation event; the stream carries only its business fields (§7.1)."""
        if not event_type.startswith(_FREE_EVENTS):
            self._tenant.count_message()
        now = str(self._tenant.millis())
        headers = {
            "eventType": event_type,
            "eventId": uuid4().hex,
            "eventBornTime": now,
            "eventCorpId": self._tenant.company.corp_id,
            "eventUnifiedAppId": str(uuid4()),
        }
        return Push("EVENT", EVENT_TOPIC, {"timeStamp": now, **data}, headers)

    def _place(self, userid: str, message: Message, group: str | None) -> Group | None:
        if not self._tenant.knows(userid) and userid not in self._tenant.outsiders:
            raise ClientCannot(f"nobody here is called {userid}")
        if group is None:
            return None
        place = self._tenant.group(group)
        if place is None or not place.robot_inside or group in self._tenant.disbanded:
            raise ClientCannot(f"there is no robot to be mentioned in {group}")
        if userid not in place.members:
            raise ClientCannot(f"{userid} is not in {group}")
        if isinstance(message, NOT_IN_GROUPS):
            raise ClientCannot("voice, video and files reach the robot only one to one")
        return place

    def _content(self, message: Message, place: Group | None, names: str) -> dict[str, Any]:
        if self._tenant.messages_spent():
            # No text, no content: only this (§2.1).
            return {"msgtype": "text", "errCode": "20001", "errMsg": "本月的Webhook与Stream消息量已用完"}
        space = " " if place and self._tenant.switches.leading_space else ""
        return content_of(message, self._files, self._tenant.switches, before=space, after=names)

    def _mention_text(self, message: Message, mentions: Sequence[str]) -> str:
        """Other people's mentions stay in the text as ``@昵称``."""
        if not isinstance(message, Text | RichText):
            return ""
        said = bubble_of(message)[1]
        missing = (n for n in map(self._tenant.name_of, mentions) if f"@{n}" not in said)
        return "".join(f" @{name}" for name in missing)

    def _envelope(
        self, userid: str, chat: str, place: Group | None, mentions: Sequence[str]
    ) -> dict[str, Any]:
        now = self._tenant.millis()
        return {
            "conversationId": place.id if place else direct_conversation(userid),
            "conversationType": "2" if place else "1",
            **({"conversationTitle": place.name} if place else {}),
            "createAt": now,
            **self._sender(userid),
            "chatbotCorpId": self._tenant.company.corp_id,
            "chatbotUserId": lwcp(ROBOT),
            "robotCode": self._tenant.app.robot_code,
            "isInAtList": place is not None,
            **({"atUsers": self._mentioned(mentions)} if place else {}),
            "sessionWebhook": self._sessions.open(chat),
            "sessionWebhookExpiredTime": now + int(self._tenant.switches.session_seconds * 1000),
        }

    def _sender(self, userid: str) -> dict[str, Any]:
        employee = self._tenant.company.on_dingtalk(userid)
        sender: dict[str, Any] = {
            "senderId": lwcp(userid),
            "senderNick": self._tenant.name_of(userid),
            "senderCorpId": self._tenant.company.corp_id if employee else "dingsomewhereelse",
            "senderPlatform": "Mac",
            "isAdmin": False,
        }
        if employee and self._tenant.switches.staff_id_present:
            sender["senderStaffId"] = userid
        if employee and self._tenant.switches.union_id_present:
            sender["senderUnionId"] = employee.union_id
        return sender

    def _mentioned(self, mentions: Sequence[str]) -> list[dict[str, str]]:
        people = [
            {"dingtalkId": lwcp(u), **({"staffId": u} if self._tenant.knows(u) else {})} for u in mentions
        ]
        return [{"dingtalkId": lwcp(ROBOT)}, *people]
