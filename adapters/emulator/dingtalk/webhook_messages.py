"""The message format of session webhooks and custom robots: checking it and showing it (§3.3, 3.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.dingtalk.refusals import refuse_old
from adapters.emulator.dingtalk.tenant import Tenant

_TEXT_IN = {
    "text": ("content",),
    "markdown": ("title", "text"),
    "actionCard": ("title", "text"),
    "link": ("title", "text", "messageUrl"),
    "feedCard": ("links",),
}


def words_of(body: Mapping[str, Any]) -> str:
    """The text that keyword checks and the phone look at."""
    kind = str(body.get("msgtype", ""))
    part = body.get(kind)
    if not isinstance(part, dict):
        return ""
    return str(part.get("content") or part.get("text") or part.get("title") or "")


def check(body: Mapping[str, Any]) -> None:
    kind = body.get("msgtype")
    if kind not in _TEXT_IN:
        raise refuse_old(400105, "不支持的消息类型")
    part = body.get(str(kind))
    for name in _TEXT_IN[str(kind)]:
        if not isinstance(part, dict) or not part.get(name):
            raise refuse_old(40035, f"缺少参数 {name}")


def post(tenant: Tenant, api: str, chat: str, body: Mapping[str, Any]) -> None:
    check(body)
    kind = str(body["msgtype"])
    bubble = Bubble(
        uuid4().hex, tenant.now(), ROBOT, kind, words_of(body), body=body, mentions=_mentions(tenant, body)
    )
    tenant.chats.add(chat, bubble)
    tenant.note_sent(api, (chat,), body)


def _mentions(tenant: Tenant, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Only who is listed *and* written as ``@<id>`` in the text is really called (§3.3)."""
    at = body.get("at")
    if not isinstance(at, dict):
        return ()
    words = words_of(body)
    by_id = [str(u) for u in at.get("atUserIds") or [] if f"@{u}" in words]
    mobiles = {e.mobile: e.dingtalk for e in tenant.company.employees if e.mobile}
    by_mobile = [mobiles[m] for m in at.get("atMobiles") or [] if m in mobiles and f"@{m}" in words]
    everybody = ["@all"] if at.get("isAtAll") else []
    return tuple(by_id + by_mobile + everybody)
