"""DingTalk's refusals as ``PlatformError``s (dingtalk.md §3.2, §3.7, §3.9, §4.1).

The new API answers HTTP 4xx with a word for a code, the old one HTTP 200 with a number. What is in no
table is ``Rejected``: a refusal that nobody knows does not get better by asking again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.chat import (
    EditSpent,
    Misconfigured,
    NotReachable,
    PlaceGone,
    PlatformError,
    QuotaSpent,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.dingtalk.payload import dict_at, text_at

_CONSOLE = "钉钉开发者后台（open-dev.dingtalk.com）"
_FORBIDDEN = "Forbidden.AccessDenied."
_QUOTA_FIX = "本月的开放平台调用次数已用完，请在钉钉开发者后台购买资源包，或等到下月 1 日。"

# Seconds to wait. The documents ask for one second after a QPS refusal.
_SLOW_DOWN = {
    "QpsLimitForAppkeyAndApi": 1.0,
    "QpsLimitForApi": 1.0,
    "send.too.fast": 5.0,
    "send.byToken.tooFast": 60.0,
    "too.many.group": 5.0,
    "too.many.people": 5.0,
}
_GROUP_GONE = {
    "group.disbanded": "群已解散",
    "invalid.openConversationId": "群不存在，或机器人不在群里",
    "conversation.org.notMatch": "群不属于本企业",
    "resource.not.found": "群或机器人不存在",
    "resource.unavailable": "机器人不在群里",
}
_GONE = {
    "bot.stopped": "机器人已停用",
    "bot.forbidden.sendMessage": "机器人在群里被禁言",
    "send.forbidden": "机器人在群里被禁言",
    "illegal.receivers": "接收人无效",
    "staffId.notExisted": "接收人不在企业通讯录中",
    "robot.oto.notExist": "对方不在机器人的可见范围内",
    "userIdNotExist": "接收人不在企业通讯录中",
}
_FIXES = {
    "invalidClientIdOrSecret": f"请核对 client_id 与 client_secret：{_CONSOLE} → 应用 → 凭证与基础信息。",
    "chatbotId.notAllow.sendOTO": "请在机器人设置中开通单聊能力并重新发布应用版本。",
    "send.ding.exception": "DING 要专业版以上，并开通权限 Premium.Ding.Write；没有时请去掉 [dingtalk] ding_at。",
    "templateNotExist": "卡片模板不存在：请核对配置项 dingtalk.card，或改为 builtin。",
    "templateUnpublished": "卡片模板还没有发布：请在卡片平台发布模板，或把 dingtalk.card 改为 builtin。",
    "cardTemplateIdEmpty": "请填写配置项 dingtalk.card：builtin、text 或卡片模板 ID。",
}
_ROBOT_CODE_FIX = (
    f"请核对 robot_code（一般与 client_id 相同），并确认机器人已发布：{_CONSOLE} → 应用 → 机器人。"
)
TEMPLATE_CODES = frozenset({"templateNotExist", "templateUnpublished", "cardTemplateIdEmpty"})

TOKEN_WORDS = frozenset({"InvalidAuthentication", "invalidAuthentication"})
TOKEN_NUMBERS = frozenset({33, 40014, 42001})
SESSION_GONE = 300001
_TOO_FAST = {90018: 1.0, 90002: 1.0, 130101: 600.0, 302033: 60.0}  # 130101: ten minutes in the corner
_QUOTA_NUMBERS = frozenset({90020, 90030, 410100})
_PERMISSION_NUMBERS = frozenset({60011, 88})
# 50002: 「请求的员工userid不在授权范围内」, seen in the field for a colleague outside the range.
_UNKNOWN_PEOPLE = frozenset({50002, 60121, 60122})


class TokenRefused(Exception):
    """The access token is not taken any more; a new one may be."""


class AlreadyThere(Exception):
    """A card with this outTrackId exists: an earlier try arrived."""


def suffix(code: str) -> str:
    """Card codes are documented as "param.templateNotExist"; the last word is the key (§4.1)."""
    return code.removeprefix("param.")


def new_api_refusal(status: int, body: Mapping[str, Any]) -> PlatformError | TokenRefused | AlreadyThere:
    code, message = text_at(body, "code"), text_at(body, "message")
    word = suffix(code).removeprefix(_FORBIDDEN)
    if code in TOKEN_WORDS or (status == 401 and not code):
        return TokenRefused(code)
    if word == "cardAlreadyExist":
        return AlreadyThere(code)
    if word == "cardNotExist":
        return EditSpent(f"{code}: {message}")
    return _by_word(word, code, message, body) or _by_status(status, code, message)


def _by_word(word: str, code: str, message: str, body: Mapping[str, Any]) -> PlatformError | None:
    if word in _SLOW_DOWN:
        return RateLimited(_SLOW_DOWN[word], code)
    if word == "ApiCountLimitForOrg":
        return QuotaSpent(code, _QUOTA_FIX)
    if word == "AccessTokenPermissionDenied":
        return Misconfigured(code, message, _permission_fix(body, message))
    if word == "IpNotInWhiteList":
        return Misconfigured(code, message, ip_fix(message))
    if word in _GROUP_GONE or word in _GONE:
        refusal = PlaceGone if word in _GROUP_GONE else NotReachable
        return refusal(code, _GROUP_GONE.get(word) or _GONE[word])
    if word in _FIXES:
        return Misconfigured(code, message, _FIXES[word])
    if word.startswith("invalidParameter.robotCode.") and not word.endswith("downloadCode"):
        return Misconfigured(code, message, _ROBOT_CODE_FIX)
    return None


def _by_status(status: int, code: str, message: str) -> PlatformError:
    if status == 429:
        return RateLimited(1.0, code)
    if status >= 500 or code in {"system.busy", "system.error", "ServiceUnavailable", "unknownError"}:
        return Unreachable(f"HTTP {status} {code}")
    return Rejected(code or f"HTTP {status}", message)


def old_api_refusal(number: int, message: str) -> PlatformError | TokenRefused:
    code = str(number)
    if number in TOKEN_NUMBERS:
        return TokenRefused(code)
    if number in _TOO_FAST:
        return RateLimited(_TOO_FAST[number], code)
    if number in _QUOTA_NUMBERS:
        return QuotaSpent(code, _QUOTA_FIX)
    if number == 60020:
        return Misconfigured(code, message, ip_fix(message))
    if number in _PERMISSION_NUMBERS:
        return Misconfigured(code, message, _permission_fix({}, message))
    if number in _UNKNOWN_PEOPLE:
        return NotReachable(code, "企业通讯录中没有此人，或不在应用的通讯录权限范围内")
    if number == -1:
        return Unreachable(f"{code}: {message}")
    return Rejected(code, message)


def webhook_refusal(number: int, message: str, robot: str) -> PlatformError:
    """A custom robot's refusal; a number means several things, the words decide (§3.9)."""
    if "keywords" in message or "sign" in message or "ip" in message.split():
        fix = f"请核对自定义机器人「{robot}」的安全设置：密钥、关键词或 IP 段与配置一致。"
        return Misconfigured(str(number), message, fix)
    if number in {300001, 310000, 400101, 400102, 400106} or "token is not exist" in message:
        fix = f"自定义机器人「{robot}」已停用或删除：请在群里重新添加，并更新配置中的 access_token。"
        return Misconfigured(str(number), message, fix)
    if number == 400013:
        return NotReachable(str(number), "群已解散", (robot,))
    known = old_api_refusal(number, message)
    return known if isinstance(known, PlatformError) else Rejected(str(number), message)


def opening_refusal(status: int, body: Mapping[str, Any]) -> PlatformError:
    """Why no stream could be opened. 400 and 401 don't mend themselves (§1.1)."""
    code, message = text_at(body, "code"), text_at(body, "message")
    word = code.removeprefix(_FORBIDDEN)
    if status == 401:
        return Misconfigured(code or "401", message, _FIXES["invalidClientIdOrSecret"])
    if word == "IpNotInWhiteList":
        return Misconfigured(code, message, ip_fix(message))
    if status == 400:
        return Misconfigured(
            code or "400",
            message,
            f"请在{_CONSOLE}把机器人的消息接收模式设为 Stream，并发布一个应用版本。",
        )
    known = new_api_refusal(status, body)
    return known if isinstance(known, PlatformError) else Unreachable(f"HTTP {status} {code}")


def _permission_fix(body: Mapping[str, Any], message: str) -> str:
    scopes = dict_at(body, "accessdenieddetail").get("requiredScopes")
    names = [str(scope) for scope in scopes] if isinstance(scopes, list) else []
    names = names or re.findall(r"(?:requiredScopes=\[|权限[：:]\s*\[?)([\w.,\s]+)", message)
    what = f"权限 {'、'.join(names)}" if names else "这个接口的权限"
    link = re.search(r"https://open-dev\.dingtalk\.com/\S+?(?=[\s,，。)）\]】]|$)", message)
    where = link.group() if link else f"{_CONSOLE} → 应用 → 权限管理"
    return f"请为应用开通{what}：{where}，然后发布新版本。"


def ip_fix(message: str) -> str:
    """The message names the address that DingTalk saw; an IPv6 one is the classic trap (§3.2)."""
    seen = re.search(r"\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}", message)
    address = seen.group() if seen else ""
    fix = f"请把服务器出口 IP {address or '（见原文）'} 加入{_CONSOLE} → 应用 → 安全设置 → 服务器出口 IP。"
    return fix + (
        "这是 IPv6 地址：也可以设置 [server] ipv4_only = true，只用 IPv4 出网。" if ":" in address else ""
    )
