"""额度: how much of the month's allowance is used, and whether it lasts. Also the words of it for other places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.card import Button, Card, Field, Tone
from domain.quota.allowance import Account
from domain.quota.forecast import Forecast
from domain.quota.looking import ShowQuota
from domain.quota.thrift import Strain

ACCOUNTS: Mapping[Account, str] = {Account.CALLS: "接口调用", Account.MESSAGES: "消息"}
SAVINGS: Mapping[Strain, str] = {
    Strain.NONE: "",
    Strain.FEW_REPAINTS: "正在节省：卡片只在转手和结束时刷新，按一下即显示最新",
    Strain.LATE_REPAINTS: "正在节省：卡片只在转手和结束时刷新，且稍后合并刷新",
    Strain.SHORT_DIGESTS: "正在节省：卡片合并刷新，早报只发一行字",
}
_NAMES: Mapping[str, str] = {
    "card.deliver": "发卡片",
    "card.update": "刷新卡片",
    "card.create": "测试卡片",
    "robot.direct": "单聊消息",
    "robot.group": "群消息",
    "robot.download": "取文件",
    "media.upload": "上传文件",
    "webhook.heard": "收到的消息",
    "webhook.session": "会话回复",
    "webhook.robot": "群机器人",
}


@dataclass(frozen=True)
class Usage:
    """Of one platform, this month. ``dearest`` is numbers of tickets with their calls."""

    platform: str  # as people call it
    forecasts: Mapping[Account, Forecast]
    by_api: Mapping[str, int]
    dearest: Sequence[tuple[str, int]]
    per_ticket: int
    strain: Strain


def quota_card(usage: Usage) -> Card:
    worst = max(usage.forecasts.values(), key=lambda forecast: forecast.share)
    fields = [
        field
        for account, forecast in usage.forecasts.items()
        for field in (Field(ACCOUNTS[account], used(forecast)), Field("预计", outlook(forecast)))
    ]
    spent = "，".join(f"{api_name(api)} {count:,}" for api, count in most(usage.by_api)[:3])
    if spent:
        fields.append(Field("用在", spent))
    if usage.dearest:
        fields.append(Field("最费的单", " ".join(f"{number}×{count}" for number, count in usage.dearest)))
    return Card(
        title=f"{usage.platform}本月额度",
        status="不够用" if worst.runs_out else "够用",
        tone=Tone.LATE if worst.runs_out else Tone.DONE,
        lead=SAVINGS[usage.strain],
        fields=tuple(fields),
        buttons=(Button("刷新", ShowQuota()),),
        note="升级、审批和派单不会因额度减少。",
        source="派单 · 额度",
    )


def used(forecast: Forecast) -> str:
    if not forecast.allowed:
        return f"{forecast.used:,}（不限）"
    return f"{forecast.used:,} / {forecast.allowed:,}（{forecast.share:.0%}）"


def outlook(forecast: Forecast) -> str:
    if not forecast.used:
        return "本月还没有用"
    if forecast.allowed and forecast.used >= forecast.allowed:
        return "已用尽，下月 1 日恢复"
    if forecast.runs_out:
        return f"按现在速度 {forecast.runs_out.day} 日用尽"
    return f"按现在速度本月共 {forecast.projected:,.0f}" + ("，够用" if forecast.allowed else "")


def warning(platform: str, account: Account, forecast: Forecast, strain: Strain) -> str:
    """What administrators are told when a stage is reached."""
    parts = [f"⚠️ {platform}{ACCOUNTS[account]}额度已用 {used(forecast)}，{outlook(forecast)}。"]
    if SAVINGS[strain]:
        parts.append(f"{SAVINGS[strain]}；升级、审批和派单照常。")
    parts.append("回复「额度」看明细；需要更多可在开放平台购买，或升级版本后改 edition。")
    return "".join(parts)


def api_name(api: str) -> str:
    return _NAMES.get(api, api)


def most(by_api: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(by_api.items(), key=lambda pair: (-pair[1], pair[0]))
