"""WeCom's numbers and what each one asks of us. Texts change, so only the number decides (document 90313)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.chat import Misconfigured, NotReachable, PlatformError, RateLimited, Rejected, Unreachable

OK = 0
BUSY = -1
BAD_SECRET = 40001
TOO_OFTEN = 45009
TOO_MANY_AT_ONCE = 45033
UNTRUSTED_ADDRESS = 60020
MEDIA_GONE = 40007
TASK_ID_USED = 42014
WEBHOOK_GONE = 93000
APPLICATION_OFF = 50003
PARTLY_VISIBLE = 60011
CHAT_GONE = 86003
CHAT_OF_ANOTHER_APP = 86008

# The token died before its time: fetch a new one once, repeat once.
STALE_TOKEN = frozenset({BAD_SECRET, 40014, 42001})
WORTH_A_PAUSE = frozenset({BUSY, TOO_MANY_AT_ONCE})

_PAUSES: Mapping[int, float] = {TOO_OFTEN: 60.0, TOO_MANY_AT_ONCE: 10.0, 45047: 60.0}
_TRY_LATER = frozenset({BUSY, 40014, 42001})
# Somebody left, was renamed, or is outside what the application may see.
_NOBODY_THERE = frozenset({40003, 46004, 50002, PARTLY_VISIBLE, 60111, 81013, CHAT_GONE, CHAT_OF_ANOTHER_APP})
_FIXES: Mapping[int, str] = {
    BAD_SECRET: "请核对应用的 Secret：在企业微信管理后台「应用管理」中打开该应用，重新查看并填写 Secret。",
    40013: "请核对 corp_id：在企业微信管理后台「我的企业 → 企业信息」底部复制企业 ID。",
    40056: "请核对 agent_id：在企业微信管理后台「应用管理」中打开该应用，复制 AgentId。",
    40091: "Secret 属于另一家企业，请核对 corp_id 与 Secret 是否来自同一企业。",
    41002: "还没有填写 corp_id，请在配置中补上。",
    41004: "还没有填写应用的 Secret，请在配置中补上。",
    48002: "该应用没有调用此接口的权限，请在企业微信管理后台「应用管理」中开通。",
    50001: "请在应用的「网页授权及 JS-SDK」中把当前域名设为可信域名。",
    APPLICATION_OFF: "应用已被停用，请在企业微信管理后台「应用管理」中重新启用。",
    80001: "请在应用的「网页授权及 JS-SDK」中把当前域名设为可信域名。",
    301002: "agent_id 与 Secret 不属于同一个应用，请在同一应用页面重新复制这两项。",
    WEBHOOK_GONE: "群机器人地址无效或已被删除，请在群里重新添加机器人，并把新的地址填入配置。",
}


def error_for(code: int, message: str) -> PlatformError:
    """What ``code`` means for whoever called. Unknown numbers are refusals: repeating them changes nothing."""
    name = str(code)
    if code in _PAUSES:
        return RateLimited(_PAUSES[code], name)
    if code in _TRY_LATER:
        return Unreachable(f"{name}: {message}")
    if code == UNTRUSTED_ADDRESS:
        return Misconfigured(name, message, _trust(seen_address(message)))
    if code in _FIXES:
        return Misconfigured(name, message, _FIXES[code])
    if code in _NOBODY_THERE:
        return NotReachable(name, message)
    return Rejected(name, message)


def seen_address(message: str) -> str:
    """The address that WeCom saw, out of 「…, from ip: 203.0.113.9, more info at …」."""
    found = re.search(r"from ip:\s*([0-9A-Fa-f.:]+)", message)
    return found.group(1).rstrip(".:") if found else ""


def _trust(address: str) -> str:
    what = f"出口 IP {address}" if address else "本机的出口 IP"
    return (
        f"请在企业微信管理后台打开该应用，在「企业可信IP」中加入{what}（须先设置可信域名或接收消息的 URL）。"
        "出口 IP 不固定时，请通过固定出口的代理访问。"
    ) + ("这是 IPv6 地址：也可以设置 [server] ipv4_only = true，只用 IPv4 出网。" if ":" in address else "")
