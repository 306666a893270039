"""「为什么 N」: where a due time comes from, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.wording import duration_word, goal_word, local_time, priority_word
from domain.sla.deadline import Deadline, Run
from domain.sla.policy import Policy
from storage.queries.views import TicketView


def explain(view: TicketView, policy: Policy | None, now: datetime) -> str:
    head = f"{view.number}「{view.title}」"
    if policy is None or not view.deadlines:
        return f"{head}没有时限：所属服务台没有设置 SLA。"
    lines = [line for deadline in view.deadlines for line in _lines(deadline, view, policy, now)]
    return "\n".join([head, *lines])


def _lines(deadline: Deadline, view: TicketView, policy: Policy, now: datetime) -> Iterator[str]:
    word = goal_word(deadline.goal)
    allowed, spent = duration_word(deadline.allowed), duration_word(deadline.spent_at(now, policy))
    started = local_time(deadline.started_at, now)
    yield f"· {word}：{priority_word(view.priority)}应在 {allowed} 内，{started} 开始计时。"
    yield f"  {_outcome(deadline, policy, now)}（已计 {spent}）"


def _outcome(deadline: Deadline, policy: Policy, now: datetime) -> str:
    due = deadline.due(policy)
    if deadline.run is Run.PAUSED:
        return "等待提单人回复，计时暂停"
    if deadline.run is Run.CANCELLED:
        return "已取消"
    if deadline.run is Run.MET:
        return "已完成，但超时了" if deadline.late else "已按时完成"
    assert due is not None  # running
    if due < now:
        return f"应于 {local_time(due, now)} 前，已超时 {duration_word(now - due)}"
    return f"到期时间 {local_time(due, now)}，还剩 {duration_word(due - now)}"
