"""The desk's words for states, priorities, goals and times: one table for cards, notices and pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from adapters.card import Tone
from domain.sla.policy import Goal
from domain.tickets.states import Priority, State

ZONE = ZoneInfo("Asia/Shanghai")

_STATES = {
    State.DRAFT: ("草稿", Tone.NEUTRAL),
    State.OPEN: ("待接单", Tone.WAITING),
    State.IN_PROGRESS: ("处理中", Tone.ACTIVE),
    State.WAITING: ("等待回复", Tone.WAITING),
    State.RESOLVED: ("已解决", Tone.DONE),
    State.CLOSED: ("已关闭", Tone.MUTED),
    State.CANCELLED: ("已撤销", Tone.MUTED),
}
_PRIORITIES = {Priority.P1: "P1 紧急", Priority.P2: "P2 高", Priority.P3: "P3 普通", Priority.P4: "P4 低"}
_VERBS = {
    "amend": "补充",
    "submit": "提交",
    "cancel": "撤销",
    "accept": "接单",
    "decline": "拒单",
    "assign": "指派",
    "release": "释放",
    "transfer": "转派",
    "pass": "询问下一位",
    "take": "接受转派",
    "return": "退回转派",
    "ask": "要信息",
    "answer": "答复",
    "comment": "回复",
    "note": "备注",
    "attach": "补充附件",
    "move": "归入",
    "resolve": "解决",
    "confirm": "确认",
    "later": "稍后确认",
    "reopen": "重开",
    "close": "关闭",
    "priority": "修改优先级",
    "urge": "催办",
    "follow": "关注",
    "unfollow": "取消关注",
    "metoo": "登记「我也遇到」",
    "takeover": "接手跟进",
    "extend": "申请延期",
    "grant": "同意延期",
    "refuse": "不同意延期",
    "withdraw": "撤回延期申请",
    "room": "建作战群",
}


def state_word(state: State) -> str:
    return _STATES[state][0]


def state_tone(state: State) -> Tone:
    return _STATES[state][1]


def priority_word(priority: Priority) -> str:
    return _PRIORITIES[priority]


def verb_word(verb: str) -> str:
    return _VERBS.get(verb, verb)


def goal_word(goal: Goal) -> str:
    return "响应" if goal is Goal.RESPOND else "解决"


def local_time(moment: datetime, now: datetime) -> str:
    """「14:02」 today, 「昨天/明天 14:02」, else 「11月25日 14:02」."""
    here, today = moment.astimezone(ZONE), now.astimezone(ZONE).date()
    clock = f"{here:%H:%M}"
    day = {0: "", 1: "明天 ", -1: "昨天 "}.get((here.date() - today).days)
    return f"{day}{clock}" if day is not None else f"{here.month}月{here.day}日 {clock}"


def card_time(moment: datetime) -> str:
    """「11-25 14:02」: a card is still read tomorrow, when "tomorrow" and a bare "14:02" would lie."""
    return f"{moment.astimezone(ZONE):%m-%d %H:%M}"


def shift_time(moment: datetime) -> str:
    """「3月4日 周三 09:00」: people know their shifts by the weekday, and a card is still read tomorrow."""
    here = moment.astimezone(ZONE)
    return f"{here.month}月{here.day}日 周{weekday_word(here.date())} {here:%H:%M}"


def duration_word(span: timedelta) -> str:
    """「2 小时 5 分钟」; whole minutes, at least one."""
    minutes = max(int(abs(span).total_seconds() // 60), 1)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "天"), (hours, "小时"), (minutes, "分钟")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "1 分钟"


def weekday_word(day: date) -> str:
    return "一二三四五六日"[day.weekday()]


def lasting_time(moment: datetime, now: datetime, zone: tzinfo = ZONE) -> str:
    """「3月6日 16:00」, with the year when it is another one. For what is read long after it was said."""
    here = moment.astimezone(zone)
    year = f"{here.year}年" if here.year != now.astimezone(zone).year else ""
    return f"{year}{here.month}月{here.day}日 {here:%H:%M}"


def hours_word(span: timedelta) -> str:
    """「26 小时 5 分钟」. Never days: a day of work is no day of 24 hours."""
    hours, minutes = divmod(max(int(span.total_seconds() // 60), 0), 60)
    parts = [(hours, "小时"), (minutes, "分钟")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 分钟"
