"""What an administrator hears about the application: what was tried, whether it works, and the next step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from adapters.chat import (
    Finding,
    Misconfigured,
    NotReachable,
    PlatformError,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.wecom.app import WECOM
from adapters.wecom.client import WeComClient

_PARTLY_VISIBLE = "应用看不到整个企业，请确认需要提单和处理的成员都在该应用的「可见范围」内。"


async def of_further(client: WeComClient, platform: str) -> list[Finding]:
    """The same, of one more application: found under its own name, and with its own address."""
    name = platform.removeprefix(f"{WECOM}-app-")
    return [
        replace(
            one,
            id=one.id.replace("wecom.", f"{platform}.", 1),
            what=one.what.replace("企业微信", f"企业微信应用「{name}」", 1),
            fix=one.fix.replace("/wecom/callback", f"/wecom/callback/{name}"),
        )
        for one in await findings(client)
    ]


async def findings(client: WeComClient) -> list[Finding]:
    """Stops at the first thing without which nothing else can work."""
    clock = await client.compared_clock()
    token = await _tried("wecom.token", "企业微信：用 Secret 换取 access_token", client.try_secret)
    if not token.ok:
        return [*clock, token]
    address = await _tried(
        "wecom.address", "企业微信：本机 IP 可以调用接口", lambda: client.call("getcallbackip")
    )
    if not address.ok:
        return [*clock, token, address]
    application = await _tried("wecom.agent", "企业微信：AgentId 是这个应用，且已启用", client.application)
    return [*clock, token, address, application, await _visible_range(client), _CALLBACK]


_CALLBACK = Finding(
    ok=True,
    id="wecom.callback",
    what="企业微信：接收消息的 URL 无法由本机检查",
    fix="请在应用的「接收消息」中填写 https://您的域名/wecom/callback 并保存，保存成功即为可用；"
    "没有它，卡片上不能有按钮。",
)


async def _visible_range(client: WeComClient) -> Finding:
    """Only a hint: an application may rightly see a part of the company, and 60011 says no more than that."""
    key, what = "wecom.visible", "企业微信：应用可以读取成员"
    try:
        answer = await client.call("user/simplelist", query={"department_id": "1"})
    except NotReachable:
        return Finding(ok=True, what=what, fix=_PARTLY_VISIBLE, id=key)
    except PlatformError as failure:
        return Finding(ok=False, what=what, fix=_fix(failure), id=key)
    return Finding(ok=True, what=what, fix="" if answer.body.get("userlist") else _PARTLY_VISIBLE, id=key)


async def _tried(key: str, what: str, attempt: Callable[[], Awaitable[object]]) -> Finding:
    try:
        await attempt()
    except PlatformError as failure:
        return Finding(ok=False, what=what, fix=_fix(failure), id=key)
    return Finding(ok=True, what=what, id=key)


def _fix(failure: PlatformError) -> str:
    match failure:
        case Misconfigured(fix=fix):
            return fix
        case RateLimited(retry_after=wait):
            return f"企业微信限制了调用频率，请 {wait:.0f} 秒后再试。"
        case Unreachable():
            return f"连接不上企业微信（{failure}），请检查网络、代理和 api_base。"
        case Rejected(code=code, message=message):
            return f"企业微信拒绝了请求（{code}：{message}），请把这一行发给管理员。"
    return f"{failure}，请稍后再试。"
