"""What an administrator hears about the AI bot."""

from __future__ import annotations

from adapters.chat import Finding, Misconfigured, PlatformError, RateLimited
from adapters.wecom.aibot.line import Line

_LINE, _URL = "wecom-aibot.line", "wecom-aibot.url"
_WHAT = "企业微信智能机器人：订阅长连接"
_HELD = "企业微信智能机器人：长连接由正在运行的 paidan 持有"
_SEEN = (
    "请确认机器人的「可见范围」包含使用者，并已把机器人加入需要的群；重连后收不到群消息时，请移出群再加一次。"
)


async def findings(line: Line) -> list[Finding]:
    try:
        tried = await line.try_out()
    except PlatformError as failure:
        return [Finding(ok=False, what=_WHAT, fix=_fix(failure), id=_LINE)]
    return [Finding(ok=True, what=_WHAT if tried else _HELD, fix=_SEEN, id=_LINE)]


async def by_url() -> list[Finding]:
    what = "企业微信智能机器人：接收消息的 URL 无法由本机检查"
    fix = "请在机器人的「API 模式 → 使用 URL 回调」中填写 https://您的域名/wecom/aibot/callback 并保存。"
    return [Finding(ok=True, what=what, fix=f"{fix}这种方式不能主动发消息，建议改用长连接。", id=_URL)]


def _fix(failure: PlatformError) -> str:
    match failure:
        case Misconfigured(fix=fix):
            return fix
        case RateLimited(retry_after=wait):
            return f"企业微信限制了订阅频率，请 {wait:.0f} 秒后再试。"
    return f"连接不上智能机器人的服务器（{failure}），请检查网络、代理和 ws_url。"
