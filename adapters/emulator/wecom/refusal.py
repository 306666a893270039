"""How Tencent says no: HTTP 200 with an errcode and a long errmsg (wecom.md §2.1, §2.9)."""

from __future__ import annotations

from datetime import datetime
from secrets import randbelow

_TEXTS = {
    -1: "system busy",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40006: "invalid meida size",  # sic
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid code",
    40032: "invalid userlist size",
    40033: "invalid request body, json with \\uxxxx escapes",
    40035: "invalid parameter",
    40056: "invalid agentid",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41011: "agentid missing",
    41016: "title missing",
    42001: "access_token expired",
    42014: "task_id duplicated",
    44001: "empty media data",
    44004: "empty content",
    45001: "media size exceed limit",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "api freq out of limit",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    60123: "invalid department id",
    81013: "user & party & tag all invalid",
    82001: "all touser & toparty & totag invalid",
    86001: "invalid chat id",
    86003: "chat id not exist",
    86004: "invalid chat name",
    86005: "invalid chat owner",
    86006: "invalid chat member list size",
    86008: "no privilege to operate a chat of another app",
    86215: "chat id already exists",
    86216: "invalid chat member",
    93000: "invalid webhook url",
    301002: "not allow operate another agent with this accesstoken",
}


class Refusal(Exception):
    """A call that Tencent does not carry out."""

    def __init__(self, errcode: int, text: str = "") -> None:
        self.errcode = errcode
        self.text = text or _TEXTS.get(errcode, "invalid request parameter")
        super().__init__(f"{errcode}: {self.text}")


def errmsg(refusal: Refusal, now: datetime, address: str, *, bad_json: bool) -> str:
    hint = f"[{int(now.timestamp())}{randbelow(10**15):015d}]"
    more = f"https://open.work.weixin.qq.com/devtool/query?e={refusal.errcode}"
    warning = ", Warning: wrong json format. " if bad_json else ""
    return f"{refusal.text}, hint: {hint}, from ip: {address}, more info at {more}{warning}"
