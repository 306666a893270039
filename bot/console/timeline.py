"""Events in words, for the timeline of a ticket page. Which rows, internal notes or not, the caller decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.files.wording import lost_words
from bot.wording import goal_word, hours_word, priority_word
from domain.files.file import Trouble
from domain.sla.policy import Goal
from domain.tickets.states import Priority
from storage.queries.views import TimelineRow

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    at: datetime
    who: str
    text: str
    quote: str = ""
    is_clock: bool = False
    is_internal: bool = False


def entries(rows: list[TimelineRow], names: Mapping[int, str]) -> list[Entry]:
    """Rows that say nothing to people (a due time was set) are left out, and so is who did not answer in time:
    the requester reads this page as well."""
    return [_entry(row, names) for row in rows if row.kind in _WORDS]


def _entry(row: TimelineRow, names: Mapping[int, str]) -> Entry:
    text, quote = _WORDS[row.kind](row.payload, names)
    internal = row.payload.get("internal") is True
    return Entry(row.at, row.actor_name, text, quote, is_clock=row.kind in _CLOCK, is_internal=internal)


def _named(names: Mapping[int, str], person: object) -> str:
    return names.get(person, "") if isinstance(person, int) else ""


def _goal(payload: Payload) -> str:
    return goal_word(Goal(payload["goal"]))


def _span(seconds: float) -> str:
    return hours_word(timedelta(seconds=seconds))


def _priority(value: str) -> str:
    return priority_word(Priority(value))


def _level(payload: Payload) -> str:
    return f" L{payload['level']}" if payload["level"] else "提醒"


def _calls(payload: Payload, names: Mapping[int, str]) -> str:
    """Whom it called. What was written before this was kept names nobody."""
    if payload.get("held_until"):
        return "非工作时间且无人值班，上班时通知"
    people = "、".join(filter(None, (_named(names, person) for person in payload.get("called", []))))
    groups = "群" if payload.get("groups") else ""
    told = "，".join(filter(None, (groups, people)))
    return f"通知{'了' if told else ''} {told}".rstrip() if told else "已提醒"


def _lost(payload: Payload, names: Mapping[int, str]) -> str:
    people = [_named(names, person) for person in payload["lost"]]
    return "、".join(filter(None, [*people, "群" if payload["lost_groups"] else ""])) + " "


_Words = Callable[[Payload, Mapping[int, str]], tuple[str, str]]
_CLOCK = frozenset(
    {
        "reminded",
        "sla_warned",
        "escalated",
        "sla_paused",
        "sla_resumed",
        "sla_met",
        "pause_ended",
        "due_recounted",
    }
    | {"held_call", "called_instead"}
    | {"file_lost"}
    | {"room_opened"}
    | {"offered", "nobody_to_ask"}
)
_WORDS: Mapping[str, _Words] = {
    "draft_started": lambda p, _: ("写下问题", p["text"]),
    "draft_amended": lambda p, _: ("补充", p["text"]),
    "context_dropped": lambda p, _: (f"没有带入转发的 {p['count']} 条", ""),
    "words_added": lambda p, _: ("补充", p["text"]),
    "opened": lambda p, _: (f"提交工单 {p['number']}", ""),
    "joined": lambda p, _: (f"我也遇到（共 {p['affected']} 人）", ""),
    "accepted": lambda _, __: ("接单", ""),
    "declined": lambda p, _: ("拒单", p["reason"]),
    "assigned": lambda p, names: (f"指派给 {_named(names, p['to'])}", p["reason"]),
    "handed_over": lambda p, names: (f"移交给 {_named(names, p['to'])}", p["reason"]),
    "released": lambda p, _: ("放回待接单", p["reason"]),
    "offered": lambda p, names: (f"请 {_named(names, p['to'])} 接单", ""),
    "nobody_to_ask": lambda _, __: ("还没有人接单，已告诉组长", ""),
    "transfer_offered": lambda p, names: (f"想转派给 {_named(names, p['to'])}", p["reason"]),
    "transfer_accepted": lambda _, __: ("接受转派", ""),
    "transfer_returned": lambda p, names: (f"{_named(names, p['to'])} 的转派退回", p["reason"]),
    "desk_changed": lambda p, _: ("转到另一个服务台", p["reason"]),
    "asked": lambda p, _: ("向提单人提问", p["question"]),
    "reminded": lambda _, __: ("提醒提单人", ""),
    "answered": lambda p, _: ("回复", p["text"]),
    "commented": lambda p, _: ("留言", p["text"]),
    "files_added": lambda p, _: (f"补充了 {p['count']} 个附件", ""),
    "files_moved": lambda p, _: (f"附件归入 {p['to']}", ""),
    "file_lost": lambda p, _: (lost_words(p["what"], p["nth"], p["name"], Trouble(p["trouble"])), ""),
    "resolved": lambda p, _: ("标记解决", p["result"]),
    "confirmed": lambda _, __: ("确认解决，工单关闭", ""),
    "reopened": lambda p, _: ("重开", p["reason"]),
    "cancelled": lambda p, _: ("撤销", p["reason"]),
    "closed": lambda p, _: ("关闭", p["reason"]),
    "priority_changed": lambda p, _: (f"优先级 {_priority(p['before'])} → {_priority(p['after'])}", ""),
    "urged": lambda p, _: (f"催办（第 {p['times']} 次）", ""),
    "sla_paused": lambda _, __: ("计时暂停，等提单人回复", ""),
    "sla_resumed": lambda _, __: ("计时继续", ""),
    "sla_met": lambda p, _: (f"{_goal(p)}{'完成，但超时了' if p['late'] else '按时完成'}", ""),
    "sla_warned": lambda p, names: (f"{_goal(p)}时限快到，{_calls(p, names)}", ""),
    "escalated": lambda p, names: (f"{_goal(p)}超时，升级到 L{p['level']}，{_calls(p, names)}", ""),
    "held_call": lambda p, names: (f"上班了，{_calls(p, names)}（{_goal(p)}{_level(p)}）", ""),
    "called_instead": lambda p, names: (f"{_lost(p, names)}联系不上，改为{_calls(p, names)}", ""),
    "pause_ended": lambda _, __: ("暂停已到上限，计时继续", ""),
    "extension_asked": lambda p, _: (f"申请延期 {_span(p['extra'])}", p["reason"]),
    "due_extended": lambda p, _: (f"同意延期 {_span(p['wanted'])}", p["reason"]),
    "extension_refused": lambda p, names: (f"{_named(names, p['asked_by'])} 的延期申请不成立", p["reason"]),
    "due_recounted": lambda p, _: (f"{_goal(p)}时限重新计算", p["cause"]),
    "room_opened": lambda p, _: (f"作战群「{p['name']}」已建好", ""),
    "taken_over": lambda _, __: ("接手跟进，停止后续升级", ""),
}
