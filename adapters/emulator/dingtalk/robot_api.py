"""The robot's own sending: one to one, to groups, taking back, and who has read it (§3.4 to 3.8)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.company import Group
from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.refusals import refuse
from adapters.emulator.dingtalk.tenant import Sent, Tenant

SCOPE = "qyapi_robot_sendmsg"

# msgKey -> the parameters that it cannot do without (§3.6), and the kind of bubble.
_TEMPLATES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sampleText": ("text", ("content",)),
    "sampleMarkdown": ("markdown", ("title", "text")),
    "sampleImageMsg": ("image", ("photoURL",)),
    "sampleLink": ("link", ("text", "title", "messageUrl")),
    "sampleActionCard": ("actionCard", ("title", "text", "singleTitle", "singleURL")),
    **{
        f"sampleActionCard{n}": (
            "actionCard",
            ("title", "text", *(f"action{what}{i}" for i in range(1, n + 1) for what in ("Title", "URL"))),
        )
        for n in range(2, 6)
    },
    "sampleActionCard6": (
        "actionCard",
        ("title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"),
    ),
    "sampleAudio": ("voice", ("mediaId", "duration")),
    "sampleFile": ("file", ("mediaId", "fileName", "fileType")),
    "sampleVideo": ("video", ("duration", "videoMediaId", "videoType", "picMediaId")),
}


class RobotApi:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._recalled: set[str] = set()
        self.readers: dict[str, dict[str, int]] = {}  # processQueryKey -> userid -> millis

    def apis(self) -> list[Api]:
        # "oto" and "oToMessages" are both as the vendor spells them.
        return [
            Api("POST", "/v1.0/robot/oToMessages/batchSend", self._send_to_people, scope=SCOPE),
            Api("POST", "/v1.0/robot/groupMessages/send", self._send_to_group, scope=SCOPE),
            Api("POST", "/v1.0/robot/otoMessages/batchRecall", self._recall, scope=SCOPE),
            Api("POST", "/v1.0/robot/groupMessages/recall", self._recall, scope=SCOPE),
            Api("GET", "/v1.0/robot/oToMessages/readStatus", self._read_status, scope=SCOPE),
            Api("POST", "/v1.0/robot/groupMessages/query", self._group_readers, scope=SCOPE),
        ]

    def read(self, key: str, userid: str) -> None:
        """``userid`` has looked at the message."""
        self.readers.setdefault(key, {})[userid] = self._tenant.millis()

    def _send_to_people(self, call: Call) -> Json:
        self._check_robot(call)
        users = self._users(call)
        kind, param = self._message(call)
        reached = tuple(u for u in users if self._tenant.reaches(u) and u not in self._tenant.flow_controlled)
        sent = self._tenant.note_sent("oTo", reached, call.body)
        for userid in reached:
            self._show(userid, sent, kind, param)
        return {
            "processQueryKey": sent.key,
            "invalidStaffIdList": [u for u in users if not self._tenant.knows(u)],
            "flowControlledStaffIdList": [u for u in users if u in self._tenant.flow_controlled],
            "filteredStaffIdList": [
                u for u in users if self._tenant.knows(u) and not self._tenant.reaches(u)
            ],
        }

    def _send_to_group(self, call: Call) -> Json:
        self._check_robot(call)
        group = self._group(call)
        kind, param = self._message(call)
        sent = self._tenant.note_sent("group", (group.id,), call.body)
        # There is no way to mention anybody here: whatever the text says stays plain text (§3.5).
        self._show(group.id, sent, kind, param)
        return {"processQueryKey": sent.key}

    def _show(self, chat: str, sent: Sent, kind: str, param: Json) -> None:
        text = str(param.get("content") or param.get("text") or param.get("fileName") or "")
        body = {"msgKey": sent.body["msgKey"], "msgParam": param}
        self._tenant.chats.add(chat, Bubble(sent.key, sent.at, ROBOT, kind, text, body=body))

    def _check_robot(self, call: Call) -> None:
        code = call.body.get("robotCode", call.query.get("robotCode"))
        if not code:
            raise refuse("invalidParameter.robotCode.missing", "robotCode 缺失")
        if code != self._tenant.app.robot_code:
            raise refuse("invalidParameter.robotCode.notExsit", "robotCode 不存在")

    def _users(self, call: Call) -> list[str]:
        users = call.need("userIds")
        if not isinstance(users, list) or not all(isinstance(u, str) for u in users):
            raise refuse("Invalidbody", "userIds must be a list of strings")
        if not users:
            raise refuse("invalidParameter.userIds.empty", "userIds 不能为空")
        # The text says 20, the error table of the same page 100 (§3.4).
        if len(users) > self._tenant.switches.max_users_per_send:
            raise refuse("invalidParameter.userIds.overMax", "userIds 超过上限")
        return users

    def _group(self, call: Call) -> Group:
        conversation = call.maybe("openConversationId")
        if not conversation:
            raise refuse("miss.openConversationId", "openConversationId 缺失")
        if conversation in self._tenant.disbanded:
            raise refuse("group.disbanded", "群已解散")
        group = self._tenant.group(conversation)
        if group is None:
            raise refuse("invalid.openConversationId", "openConversationId 无效")
        if not group.robot_inside:
            raise refuse("resource.unavailable", "机器人不在群内")
        return group

    def _message(self, call: Call) -> tuple[str, Json]:
        msg_key = call.maybe("msgKey")
        if not msg_key:
            raise refuse("invalidParameter.msgKey.empty", "msgKey 不能为空")
        if msg_key not in _TEMPLATES:
            raise refuse("invalidParameter.msgKey.invalid", "msgKey 无效")
        kind, wanted = _TEMPLATES[msg_key]
        return kind, self._param(call.body.get("msgParam"), wanted)

    def _param(self, text: Any, wanted: tuple[str, ...]) -> Json:
        param = _parsed(text)
        if len(text.encode()) > self._tenant.switches.msg_param_bytes:
            raise refuse("invalidParameter.msgParam.tooLong", "msgParam 过长")
        for name in wanted:
            if not param.get(name):
                raise refuse(f"miss.param.{name}", f"msgParam 缺少 {name}")
        return param

    # ── afterwards ──────────────────────────────────────────────────────────────────────────────

    def _recall(self, call: Call) -> Json:
        self._check_robot(call)
        done: list[str] = []
        failed: dict[str, str] = {}
        for key in call.need("processQueryKeys"):
            sent = self._sent(key)
            if sent is None:
                failed[key] = "invalid.processQueryKey"
            else:
                self._take_back(sent)
                done.append(key)
        return {"successResult": done, "failedResult": failed}

    def _take_back(self, sent: Sent) -> None:
        self._recalled.add(sent.key)
        for chat in sent.chats:
            self._tenant.chats.repaint(chat, sent.key, {"recalled": True})

    def _read_status(self, call: Call) -> Json:
        self._check_robot(call)
        sent = self._known(call.query.get("processQueryKey", ""))
        return {
            "sendStatus": self._status(sent),
            "messageReadInfoList": [self._reader(sent.key, userid) for userid in sent.chats],
        }

    def _reader(self, key: str, userid: str) -> Json:
        at = self.readers.get(key, {}).get(userid)
        return {
            "name": self._tenant.name_of(userid), "userId": userid,
            "readStatus": "read" if at else "unread", "readTimestamp": at or 0,
        }  # fmt: skip

    def _group_readers(self, call: Call) -> Json:
        self._check_robot(call)
        sent = self._known(call.maybe("processQueryKey"))
        readers = sorted(self.readers.get(sent.key, {}))
        start, size = int(call.maybe("nextToken") or 0), int(call.body.get("maxResults") or 200)
        end = start + size
        return {
            "sendStatus": self._status(sent), "readUserIds": readers[start:end],
            "hasMore": end < len(readers), "nextToken": str(end),
        }  # fmt: skip

    def _status(self, sent: Sent) -> str:
        return "RECALLED" if sent.key in self._recalled else "SUCCESS"

    def _known(self, key: str) -> Sent:
        sent = self._sent(key)
        if sent is None:
            raise refuse("invalid.processQueryKey", "processQueryKey 无效")
        return sent

    def _sent(self, key: str) -> Sent | None:
        return next((s for s in self._tenant.sent if s.key == key), None)


def _parsed(text: Any) -> Json:
    """The parameter is a JSON document as a *string*; an object is refused like bad JSON."""
    try:
        param = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        param = None
    if not isinstance(param, dict):
        raise refuse("invalidParameter.msgParam.invalid", "msgParam 不是合法的JSON字符串")
    return param
