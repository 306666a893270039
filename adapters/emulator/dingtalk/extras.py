"""What escalations may use beside chat: DING, work notifications, to-dos, and reactions (§3.8, 3.10, 3.11)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.ids import direct_conversation
from adapters.emulator.dingtalk.refusals import Family, refuse, refuse_old
from adapters.emulator.dingtalk.tenant import Tenant

_MOST_RECEIVERS: Mapping[Any, int] = {1: 200, 2: 20, 3: 20}  # in the app, by SMS, by phone
_NOTICE_TEXT = {
    "text": "content",
    "markdown": "text",
    "action_card": "markdown",
    "link": "text",
    "oa": "body",
}
_NOTICE_BYTES = 2048


class Extras:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._notices: dict[int, Json] = {}  # task id -> result of sending
        self._noticed_today: set[tuple[str, str, str]] = set()  # day, person, content
        self.todos: dict[str, Json] = {}

    def apis(self) -> list[Api]:
        ding, todo = "Premium.Ding.Write", "Todo.Todo.Write"
        notice = "/topapi/message/corpconversation"
        return [
            Api("POST", "/v1.0/robot/ding/send", self._ding, scope=ding),
            Api("POST", "/v1.0/robot/ding/recall", self._recall_ding, scope=ding),
            Api("POST", "/v1.0/robot/emotion/reply", self._react),
            Api("POST", "/v1.0/robot/emotion/recall", self._take_reaction_back),
            Api("POST", f"{notice}/asyncsend_v2", self._notify, Family.OLD),
            Api("POST", f"{notice}/getsendresult", self._notice_result, Family.OLD),
            Api("POST", f"{notice}/recall", self._recall_notice, Family.OLD),
            Api("POST", "/v1.0/todo/users/{union_id}/tasks", self._add_todo, scope=todo),
            Api("PUT", "/v1.0/todo/users/{union_id}/tasks/{task}", self._change_todo, scope=todo),
            Api("GET", "/v1.0/todo/users/{union_id}/tasks/{task}", self._show_todo, scope="Todo.Todo.Read"),
            Api("DELETE", "/v1.0/todo/users/{union_id}/tasks/{task}", self._drop_todo, scope=todo),
            Api("PUT", "/v1.0/todo/users/{union_id}/tasks/{task}/executorStatus", self._tick, scope=todo),
        ]

    # ── DING ────────────────────────────────────────────────────────────────────────────────────

    def _ding(self, call: Call) -> Json:
        if not self._tenant.switches.ding_allowed:
            # Which code a standard edition gets is not documented; this one is on the page's list.
            raise refuse("send.ding.exception", "当前版本不支持DING", status=500)
        receivers, kind = call.need("receiverUserIdList"), call.need("remindType")
        if kind not in _MOST_RECEIVERS or len(receivers) > _MOST_RECEIVERS[kind]:
            raise refuse("invalidParameter.param.invalid", "remindType 或接收人数不合法")
        reached = tuple(u for u in receivers if self._tenant.reaches(u))
        sent = self._tenant.note_sent("ding", reached, call.body)
        for userid in reached:
            self._show(userid, sent.key, "ding", call.text("content"), call.body)
        failed = {u: "staffId.notExisted" for u in receivers if u not in reached}
        return {"openDingId": sent.key, "failedList": failed}

    def _recall_ding(self, call: Call) -> Json:
        ding = call.text("openDingId")
        for sent in self._tenant.sent:
            if sent.key == ding:
                for chat in sent.chats:
                    self._tenant.chats.repaint(chat, ding, {"recalled": True})
                return {"openDingId": ding}
        raise refuse("invalidParameter.param.invalid", "openDingId 不存在")

    # ── reactions ───────────────────────────────────────────────────────────────────────────────

    def _react(self, call: Call) -> Json:
        self._paint_reaction(call, {"reactions": [call.text("emotionName")]})
        return {"success": True}

    def _take_reaction_back(self, call: Call) -> Json:
        self._paint_reaction(call, {"reactions": []})
        return {"success": True}

    def _paint_reaction(self, call: Call, body: Json) -> None:
        chat, message = self._chat_of(call.text("openConversationId")), call.text("openMsgId")
        if message not in [b.id for b in self._tenant.chats.of(chat)]:
            raise refuse("invalidParameter.param.invalid", "openMsgId 不存在")
        self._tenant.chats.repaint(chat, message, body)
        self._tenant.note_sent("emotion", (chat,), call.body)

    def _chat_of(self, conversation: str) -> str:
        people = (e.dingtalk for e in self._tenant.company.employees if e.dingtalk)
        direct = (p for p in people if direct_conversation(p) == conversation)
        return next(direct, conversation)

    # ── work notifications ──────────────────────────────────────────────────────────────────────

    def _notify(self, call: Call) -> Json:
        msg = _message(call.body.get("msg"))
        people = [u for u in call.maybe("userid_list").split(",") if u]
        if call.body.get("to_all_user") is True:
            people = [e.dingtalk for e in self._tenant.company.employees if e.dingtalk]
        if not call.body.get("agent_id") or not people or len(people) > 100:
            raise refuse_old(40035, "不合法的参数")
        known = [u for u in people if self._tenant.reaches(u)]
        fresh = [u for u in known if self._is_fresh(u, msg)]
        sent = self._tenant.note_sent("work notification", tuple(fresh), call.body)
        for userid in fresh:
            self._show(userid, sent.key, "notice", _words(msg), msg)
        task = len(self._notices) + 1
        self._notices[task] = {
            "invalid_user_id_list": [u for u in people if u not in known],
            "forbidden_user_id_list": [u for u in known if u not in fresh],
            "failed_user_id_list": [], "read_user_id_list": [], "unread_user_id_list": fresh,
        }  # fmt: skip
        return {"errcode": 0, "errmsg": "ok", "task_id": task, "request_id": uuid4().hex[:12]}

    def _is_fresh(self, userid: str, msg: Json) -> bool:
        """The same content reaches the same person once a day."""
        key = (f"{self._tenant.now():%Y-%m-%d}", userid, json.dumps(msg, sort_keys=True))
        fresh = key not in self._noticed_today
        self._noticed_today.add(key)
        return fresh

    def _notice_result(self, call: Call) -> Json:
        task = call.body.get("task_id")
        if not isinstance(task, int) or task not in self._notices:
            raise refuse_old(40035, "不合法的参数 task_id")
        return {"errcode": 0, "errmsg": "ok", "send_result": self._notices[task]}

    def _recall_notice(self, call: Call) -> Json:
        if call.body.get("msg_task_id") not in self._notices:
            raise refuse_old(40035, "不合法的参数 msg_task_id")
        return {"errcode": 0, "errmsg": "ok"}

    # ── to-dos ──────────────────────────────────────────────────────────────────────────────────

    def _add_todo(self, call: Call) -> Json:
        owner = call.parts["union_id"]
        if not any(e.union_id == owner for e in self._tenant.company.employees if e.dingtalk):
            raise refuse("invalidUnionId", "unionId 不存在")  # a userid here is the classic mistake
        source = call.maybe("sourceId")
        same = (t for t in self.todos.values() if source and t.get("sourceId") == source)
        todo: Json | None = next(same, None)
        if todo is None:
            todo = {"id": f"task{uuid4().hex}", "done": False, "subject": call.text("subject"), **call.body}
            self.todos[todo["id"]] = todo
            self._tenant.note_sent("todo", tuple(call.body.get("executorIds") or ()), call.body)
        return todo

    def _change_todo(self, call: Call) -> Json:
        self._todo(call).update(call.body)
        return {"result": True}

    def _show_todo(self, call: Call) -> Json:
        return self._todo(call)

    def _drop_todo(self, call: Call) -> Json:
        del self.todos[self._todo(call)["id"]]
        return {"result": True}

    def _tick(self, call: Call) -> Json:
        statuses = call.need("executorStatusList")
        self._todo(call)["done"] = all(s.get("isDone") for s in statuses)
        return {"result": True}

    def _todo(self, call: Call) -> Json:
        todo = self.todos.get(call.parts["task"])
        if todo is None:
            raise refuse("invalidTaskId", "待办不存在")
        return todo

    def _show(self, chat: str, key: str, kind: str, text: str, body: Json) -> None:
        self._tenant.chats.add(chat, Bubble(key, self._tenant.now(), ROBOT, kind, text, body=body))


def _message(msg: Any) -> Json:
    if not isinstance(msg, dict) or msg.get("msgtype") not in {*_NOTICE_TEXT, "image", "voice", "file"}:
        raise refuse_old(40035, "不合法的参数 msg")
    if len(json.dumps(msg, ensure_ascii=False).encode()) > _NOTICE_BYTES:
        raise refuse_old(40035, "msg 超过2048字节")
    return msg


def _words(msg: Json) -> str:
    part = msg.get(msg["msgtype"])
    value = part.get(_NOTICE_TEXT.get(msg["msgtype"], "")) if isinstance(part, dict) else ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
