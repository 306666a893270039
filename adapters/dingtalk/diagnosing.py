"""The doctor's questions to DingTalk: each one harmless, each answer with the step that mends it."""

from __future__ import annotations

from collections.abc import Awaitable

from adapters.card import Card
from adapters.chat import (
    Finding,
    Misconfigured,
    NotReachable,
    PlatformError,
    QuotaSpent,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.dingtalk.client import DingTalkClient
from adapters.dingtalk.delivering import creation
from adapters.dingtalk.health import StreamHealth
from adapters.dingtalk.render import Look, look_of_config, out_track_id

_NOBODY = "paidan-doctor-nobody"
_NETWORK_FIX = "连不上钉钉：请检查服务器的网络、DNS 与代理，以及配置项 api_base。"


async def diagnose(client: DingTalkClient, health: StreamHealth | None) -> list[Finding]:
    """``health`` is the running stream's, where there is one; a doctor of its own only asks for a ticket."""
    findings = [await _tried("钉钉：client_id 与 client_secret", client.token())]
    if not findings[0].ok:
        return findings  # all else would fail for the same reason
    return [
        *findings,
        _running(health) if health else await _tried("钉钉：Stream 通道", client.open_stream()),
        await _tried("钉钉：通讯录权限 qyapi_get_member", _asking_for_nobody(client)),
        await _tried("钉钉：机器人发消息权限 qyapi_robot_sendmsg", _sending_to_nobody(client)),
        *await _cards(client),
    ]


async def _tried(what: str, attempt: Awaitable[object]) -> Finding:
    try:
        await attempt
    except PlatformError as error:
        return Finding(ok=False, what=what, fix=_fix(error))
    return Finding(ok=True, what=what)


def _fix(error: PlatformError) -> str:
    match error:
        case Misconfigured():
            return error.fix
        case QuotaSpent():
            return error.message
        case Unreachable():
            return f"{_NETWORK_FIX}（{error}）"
        case RateLimited():
            return "钉钉暂时限流，请稍后再试。"
    return f"钉钉拒绝了请求：{error}"


def _running(health: StreamHealth) -> Finding:
    what = "钉钉：Stream 通道"
    if health.connected:
        return Finding(ok=True, what=what)
    return Finding(ok=False, what=what, fix=health.misconfigured or "正在重连；持续出现时请检查网络。")


async def _asking_for_nobody(client: DingTalkClient) -> None:
    """Whoever may ask is told that there is no such person."""
    try:
        await client.user(_NOBODY)
    except NotReachable:
        return


async def _sending_to_nobody(client: DingTalkClient) -> None:
    """A message to a person who does not exist is refused for that reason, or for want of permission."""
    try:
        await client.send_direct([_NOBODY], "sampleText", {"content": "paidan doctor"})
    except (Misconfigured, QuotaSpent):
        raise
    except Rejected:
        return


async def _cards(client: DingTalkClient) -> list[Finding]:
    """Makes a card without showing it to anybody; the second time it is there already, which is as good."""
    look = look_of_config(client.app.card)
    if look is Look.TEXT:
        return []
    handle = out_track_id(look, f"doctor:{client.app.card}")
    card = creation(client.app, look, handle, Card(title="Paidan 自检"))
    return [await _tried("钉钉：互动卡片权限 Card.Instance.Write 与卡片模板", client.create(card))]
