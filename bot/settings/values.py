"""How values are written: durations, groups, times of day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.calling import read_recipient
from domain.base import Conversation
from domain.sla.recipients import Recipient

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
CHANNEL_DOORS = ("dingtalk", "dingtalk-webhook", "wecom-webhook", "wecom-aibot")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def parse_duration(value: object) -> timedelta:
    """「30m」「4h」「3d」「10s」, also joined: 「1h30m」. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"(?:\d+[smhd])+", value):
        raise ValueError("时长请写成 10s、30m、4h 或 3d")
    try:
        return timedelta(seconds=sum(int(n) * _UNITS[u] for n, u in re.findall(r"(\d+)([smhd])", value)))
    except OverflowError:
        raise ValueError("时长太长") from None


def parse_channel(value: object) -> Conversation:
    """「dingtalk:cid…」「wecom-webhook:NAME」「wecom-aibot:CHATID」. Raises ValueError."""
    if isinstance(value, Conversation):
        return value
    platform, colon, key = str(value).partition(":")
    if not colon or not key or platform not in CHANNEL_DOORS:
        doors = "、".join(f"{door}:…" for door in CHANNEL_DOORS)
        raise ValueError(f"群请写成 {doors}")
    return Conversation(platform, "group", key)


def parse_clock(value: object) -> time:
    """「09:00」, also as TOML's own time. Raises ValueError."""
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"没有「{value}」这个时间，请写成 09:00") from None


@dataclass(frozen=True)
class CompanyDate:
    """A day that the company arranges as it likes."""

    day: date
    reason: str = ""


def parse_company_date(value: object) -> CompanyDate:
    """「2026-03-16」, or { day = 2026-03-16, reason = "司庆" }. Raises ValueError."""
    match value:
        case CompanyDate():
            return value
        case {"day": day, **rest} if set(rest) <= {"reason"} and isinstance(rest.get("reason", ""), str):
            return CompanyDate(parse_date(day), str(rest.get("reason", "")))
        case dict():
            raise ValueError('请写成 2026-01-04 或 { day = 2026-01-04, reason = "司庆" }')
    return CompanyDate(parse_date(value))


def parse_date(value: object) -> date:
    """Raises ValueError."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("日期请写成 2026-01-04") from None


def parse_recipient(value: object) -> Recipient:
    """「lead」「people:王强」, or a group as ``parse_channel`` reads it. Raises ValueError."""
    return value if isinstance(value, Recipient) else read_recipient(str(value), parse_channel)


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Channel = Annotated[Conversation, BeforeValidator(parse_channel)]
Called = Annotated[Recipient, BeforeValidator(parse_recipient)]
Clock = Annotated[time, BeforeValidator(parse_clock)]
CompanyDates = tuple[Annotated[CompanyDate, BeforeValidator(parse_company_date)], ...]
