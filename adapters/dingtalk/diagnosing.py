"""The doctor's questions to DingTalk: each one harmless, each answer with the step that mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

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
from adapters.dingtalk.contract import NoTemplate, faults_of
from adapters.dingtalk.delivering import creation
from adapters.dingtalk.health import StreamHealth
from adapters.dingtalk.render import Look, look_of_config, out_track_id

_NOBODY = "paidan-doctor-nobody"
_STREAM, _STREAM_WHAT = "dingtalk.stream", "钉钉：Stream 通道（机器人消息、卡片回调）"
# Each push goes to one connection, whoever opened it.
_ONE_EACH = "测试环境请另建一个应用：两处用同一个 client_id 会互相分走消息和点击。"
_WHERE_CORP = "请填写 [dingtalk] corp_id（开发者后台首页右上角的 CorpId）。"
_OTHER_CORP = f"corp_id 不是这个应用所在的企业，同事会被当成外部人员。{_WHERE_CORP}"
_EXPORT = "请在卡片平台 更多 → 导出，把文件路径写到 [dingtalk] card_file（docs/dingtalk-card.md）。"
_NETWORK_FIX = "连不上钉钉：请检查服务器的网络、DNS 与代理，以及配置项 api_base。"


async def diagnose(client: DingTalkClient, health: StreamHealth | None) -> list[Finding]:
    """``health`` is the running stream's, where there is one; a doctor of its own only asks for a ticket."""
    clock = await client.compared_clock()
    token = await _tried("dingtalk.token", "钉钉：client_id 与 client_secret", client.try_secret())
    if not token.ok:
        return [*clock, token]  # all else would fail for the same reason
    return [
        *clock,
        token,
        await _corp(client),
        _running(health) if health else await _stream(client),
        await _tried("dingtalk.contacts", "钉钉：通讯录权限 qyapi_get_member", _asking_for_nobody(client)),
        await _tried(
            "dingtalk.messages", "钉钉：机器人发消息权限 qyapi_robot_sendmsg", _sending_to_nobody(client)
        ),
        *await _cards(client),
        *_ding(client),
    ]


async def _tried(key: str, what: str, attempt: Awaitable[object], hint: str = "") -> Finding:
    try:
        await attempt
    except PlatformError as error:
        return Finding(ok=False, what=what, fix=_fix(error), id=key)
    return Finding(ok=True, what=what, fix=hint, id=key)


async def _stream(client: DingTalkClient) -> Finding:
    return await _tried(_STREAM, _STREAM_WHAT, client.open_stream(), _ONE_EACH)


async def _corp(client: DingTalkClient) -> Finding:
    """With another company's id all colleagues pass for outsiders, and no call fails for it."""
    key, what = "dingtalk.corp", "钉钉：corp_id 是本企业"
    if not client.app.corp_id:
        return Finding(
            ok=True, what="钉钉：没有填写 corp_id", fix=f"{_WHERE_CORP}没有它时分不清外部人员的点击。", id=key
        )
    try:
        await client.corp_token()
    except PlatformError as error:
        fix = _OTHER_CORP if _blames_the_company(error) else _fix(error)
        return Finding(ok=False, what=what, fix=fix, id=key)
    return Finding(ok=True, what=what, id=key)


def _blames_the_company(error: PlatformError) -> bool:
    """The secret has just been taken, so whatever is refused here is the company's id."""
    if isinstance(error, Misconfigured):
        return error.code == "invalidClientIdOrSecret"
    return isinstance(error, Rejected) and not isinstance(error, QuotaSpent)


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
    if health.connected:
        return Finding(ok=True, what=_STREAM_WHAT, id=_STREAM)
    fix = health.misconfigured or "正在重连；持续出现时请检查网络。"
    return Finding(ok=False, what=_STREAM_WHAT, fix=fix, id=_STREAM)


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
    what = "钉钉：互动卡片权限 Card.Instance.Write 与卡片模板"
    made = await _tried("dingtalk.card", what, client.create(card))
    return [made, await _variables(client.app.card_file)] if look is Look.TEMPLATE else [made]


def _ding(client: DingTalkClient) -> list[Finding]:
    """Whether it may ring cannot be asked without ringing."""
    if not client.app.ding_at:
        return []
    how = {"app": "应用内", "sms": "短信", "phone": "电话"}[client.app.ding_by]
    what = f"钉钉：{client.app.ding_at} 起用 DING（{how}）叫人，只有发出时才能验证"
    fix = "需要权限 Premium.Ding.Write 和专业版以上的 DING 额度；发不出时照常用卡片升级，日志里有 insisting refused。"
    return [Finding(ok=True, what=what, fix=fix, id="dingtalk.ding")]


async def _variables(path: str) -> Finding:
    """The platform takes what a template does not know and shows nothing of it; its exported file tells."""
    key, what = "dingtalk.card_file", "钉钉：自己的卡片模板的变量"
    if not path:
        return Finding(ok=True, what=f"{what}：没有填写 card_file，未核对", fix=_EXPORT, id=key)
    try:
        faults = faults_of(await asyncio.to_thread(Path(path).read_text, encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return Finding(ok=False, what=what, fix=f"读不到 {path}（{type(error).__name__}）。{_EXPORT}", id=key)
    except NoTemplate:
        return Finding(ok=False, what=what, fix=f"{path} 不是卡片平台导出的模板。{_EXPORT}", id=key)
    fix = f"{'；'.join(faults)}。改好后发布，并重新导出。" if faults else ""
    return Finding(ok=not faults, what=what, fix=fix, id=key)
