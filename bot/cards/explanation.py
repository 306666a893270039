"""「为什么 N」: where a due time comes from, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from bot.almanac import not_published
from bot.histories import Told, tell, zone_of
from bot.promises import unpublished
from bot.wording import ZONE, goal_word, hours_word, lasting_time, priority_word
from domain.base import PersonId
from domain.sla.calendar import Stretch, Why
from domain.sla.deadline import Run
from domain.sla.history import Promises
from domain.sla.workdays import WorkCalendar
from domain.tickets.states import Priority
from storage.queries.views import TicketView, TimelineRow

A_DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
FEW = 3  # days, pauses or holidays that are told one by one
FREE = {Why.WEEKEND: "休息日", Why.HOLIDAY: "节假日", Why.COMPANY_FREE: "公司放假"}
WEEKEND = "周末"
MADE_UP = frozenset({Why.MAKE_UP, Why.COMPANY_WORK})


def explain(view: TicketView, timeline: Sequence[TimelineRow], promises: Promises, now: datetime) -> str:
    head = f"{view.number}「{view.title}」"
    told = tell(view, timeline, promises, now)
    if not told:
        return f"{head}没有时限：所属服务台没有设置 SLA。"
    names = {row.actor_id: row.actor_name for row in timeline}
    lines = [line for one in told for line in _Promise(one, timeline, names, now).lines()]
    return "\n".join([f"{head}的时限：", *lines])


@dataclass(frozen=True)
class _Promise:
    told: Told
    timeline: Sequence[TimelineRow]
    names: Mapping[PersonId, str]
    now: datetime

    def lines(self) -> Iterator[str]:
        """What is over takes one line; what is running is explained."""
        if not self.told.kept.is_open:
            yield f"· {self._what()}：{self._outcome()}"
            return
        yield f"· {self._what()}：{self._time(self.told.reckoning.started_at)} 开始，{self._how()}"
        for line in (
            *self._changes(),
            *self._counted(),
            *self._pauses(),
            *self._skipped(),
            *self._warnings(),
        ):
            yield f"  {line}"
        yield f"  → {self._outcome()}"

    def _what(self) -> str:
        kept = self.told.kept
        extra = f"，含延期 {hours_word(kept.extra)}" if kept.extra else ""
        return f"{goal_word(kept.goal)}（限 {hours_word(kept.allowed)}{extra}）"

    def _how(self) -> str:
        calendar = self.told.policy.calendar
        if not isinstance(calendar, WorkCalendar):
            return "昼夜连续计时"
        elsewhere = f"（{calendar.zone} 时间）" if str(calendar.zone) != str(ZONE) else ""
        return f"按「{calendar.name}」日历{elsewhere}计时"

    @property
    def _zone(self) -> tzinfo:
        """Clock times are told as they are shown where the work is done."""
        return zone_of(self.told.policy)

    # ── the past ──

    def _changes(self) -> Iterator[str]:
        since = self.told.reckoning.started_at
        goal = self.told.kept.goal.value
        changes = [
            row
            for row in self.timeline
            if row.kind in _CHANGES and row.at >= since and row.payload.get("goal", goal) == goal
        ]
        if changes:
            last, more = changes[-1], f"（共改过 {len(changes)} 次）" if len(changes) > 1 else ""
            yield f"{self._time(last.at)} {last.actor_name}{_CHANGES[last.kind](last.payload, self.names)}{more}"

    def _counted(self) -> Iterator[str]:
        told = self.told.reckoning
        where = _hours(told.segments, self.now, self._zone)
        yield f"已计 {hours_word(told.spent)}{f'：{where}' if where else ''}"
        if not self.told.agrees:
            spent = self.told.kept.spent_at(self.now, self.told.policy)
            yield f"规则在途中改过，改之前的照旧，实际已计 {hours_word(spent)}"

    def _pauses(self) -> Iterator[str]:
        pauses = [s for s in self.told.reckoning.segments if s.why is Why.PAUSED]
        for pause in pauses[-FEW + 1 :]:
            who = self.names.get(pause.by, "") if pause.by is not None else ""
            asked = f"问「{_short(pause.name)}」" if pause.name else "要信息"
            yield f"暂停 {self._time(pause.start)} – {self._end_of(pause)}：{who}{asked}，{self._until(pause)}"
        if earlier := pauses[: -FEW + 1]:
            total = sum((s.length for s in earlier), timedelta())
            yield f"更早还暂停过 {len(earlier)} 次，共 {hours_word(total)}"

    def _until(self, pause: Stretch) -> str:
        ends = [
            datetime.fromisoformat(row.payload["since"]) for row in self.timeline if row.kind == "pause_ended"
        ]
        return "到暂停上限计时继续" if pause.end in ends else "等提单人回复"

    def _end_of(self, pause: Stretch) -> str:
        return "现在" if pause.end == self.now else self._time(pause.end)

    def _skipped(self) -> Iterator[str]:
        told = self.told.reckoning
        stretches = (*told.segments, *told.ahead)
        why = {stretch.why for stretch in stretches}
        hours = [word for reason, word in ((Why.BREAK, "班间休息"), (Why.OFF, "下班时间")) if reason in why]
        if skipped := [*hours, *self._free_days(stretches)]:
            yield f"不计：{'、'.join(skipped)}"
        if worked := [s for s in stretches if s.why in MADE_UP]:
            yield f"补班照计：{'、'.join(dict.fromkeys(_day_word(self._date(s.start)) for s in worked))}"

    def _free_days(self, stretches: Iterable[Stretch]) -> Iterator[str]:
        runs = _runs((day, _label(s, day)) for s in stretches if s.why in FREE for day in self._days(s))
        special = [run for run in runs if set(run.labels) != {WEEKEND}]
        weekends = [run for run in runs if run not in special]
        yield from map(str, special[:FEW])
        if len(special) > FEW:
            yield f"另有 {sum(run.length for run in special[FEW:])} 天节假日"
        if len(weekends) < FEW:
            yield from map(str, weekends)
        else:
            yield f"{WEEKEND}共 {sum(run.length for run in weekends)} 天"

    # ── the end ──

    def _outcome(self) -> str:
        told, due = self.told.reckoning, self._due()
        if told.run is Run.MET:
            late = f"，但应于 {self._time(due)} 前，超时了" if self.told.kept.late and due else ""
            return f"{self._time(told.ended_at)} 完成，用了 {hours_word(self.told.kept.spent)}{late}"
        if told.run is Run.CANCELLED:
            return "已取消"
        if due is not None and due < self.now:
            paused = "；现在等提单人回复，计时暂停" if told.run is Run.PAUSED else ""
            return f"应于 {self._time(due)} 前，已超时 {hours_word(self.now - due)}{paused}"
        left = hours_word(self.told.kept.allowed - self.told.kept.spent_at(self.now, self.told.policy))
        if told.run is Run.PAUSED:
            latest = self.told.kept.runs_on_at(self.told.policy)
            limit = f"，最晚 {self._time(latest)} 继续计时" if latest else ""
            return f"等提单人回复，计时暂停{limit}；回复后还有 {left}"
        where = _hours(told.ahead, self.now, self._zone) if self.told.agrees else ""
        return f"还有 {left}{f'：{where}' if where else ''}，{self._time(due)} 到期"

    def _due(self) -> datetime | None:
        """What is kept decides; when it is over, only the past can tell what it was."""
        kept = self.told.kept
        return kept.due(self.told.policy) or kept.broken_at or self.told.reckoning.due

    def _warnings(self) -> Iterator[str]:
        due = self._due()
        if due is not None:
            years = unpublished(self.told.policy.calendar, self.told.reckoning.started_at, max(due, self.now))
            yield from (f"注意：{not_published(year)}" for year in years)

    # ── days ──

    def _time(self, moment: datetime | None) -> str:
        assert moment is not None
        return lasting_time(moment, self.now, self._zone)

    def _date(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _days(self, stretch: Stretch) -> Iterator[date]:
        day, last = self._date(stretch.start), self._date(stretch.end - INSTANT)
        while day <= last:
            yield day
            day += A_DAY


@dataclass
class _Run:
    """Days in a row, with all their reasons: 「10月1日–8日（国庆节、周末、调休）」."""

    first: date
    last: date
    labels: dict[str, None]

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{_range(self.first, self.last)}（{'、'.join(self.labels)}）"


def _runs(days: Iterable[tuple[date, str]]) -> list[_Run]:
    runs: list[_Run] = []
    for day, label in days:
        if not runs or day > runs[-1].last + A_DAY:
            runs.append(_Run(day, day, {}))
        runs[-1].last = day
        runs[-1].labels[label] = None
    return runs


def _label(stretch: Stretch, day: date) -> str:
    """The holiday's short name: 「国庆节」 for 「国庆节（补假）」."""
    if stretch.why is Why.WEEKEND and day.weekday() >= 5:
        return WEEKEND
    return stretch.name.partition("（")[0] or FREE[stretch.why]


def _hours(stretches: Sequence[Stretch], now: datetime, zone: tzinfo) -> str:
    """「3月6日 16:00–18:00；3月9日 09:00–11:00」; of many days only since when, and how many."""
    counted = _joined(s for s in stretches if s.counted)
    days: dict[date, list[str]] = {}
    for stretch in counted:
        days.setdefault(stretch.start.astimezone(zone).date(), []).append(_from_to(stretch, zone))
    if len(days) > FEW:
        return f"{lasting_time(counted[0].start, now, zone)} 起 {len(days)} 天"
    return "；".join(f"{_day_word(day)} {'、'.join(hours)}" for day, hours in days.items())


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Whether an hour was Monday's or a make-up day's, this desk's or the other's, is told elsewhere."""
    joined: list[Stretch] = []
    for stretch in stretches:
        if joined and joined[-1].end == stretch.start:
            joined[-1] = replace(joined[-1], end=stretch.end)
        else:
            joined.append(stretch)
    return joined


def _from_to(stretch: Stretch, zone: tzinfo) -> str:
    start, end = stretch.start.astimezone(zone), stretch.end.astimezone(zone)
    later = (end.date() - start.date()).days
    if later == 0 or (later == 1 and f"{end:%H:%M}" == "00:00"):
        return f"{start:%H:%M}–{end:%H:%M}" if later == 0 else f"{start:%H:%M}–24:00"
    return f"{start:%H:%M}–{'次日' if later == 1 else _day_word(end.date())} {end:%H:%M}"


def _range(first: date, last: date) -> str:
    if first == last:
        return _day_word(first)
    end = f"{last.day}日" if first.month == last.month else _day_word(last)
    return f"{_day_word(first)}–{end}"


def _day_word(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _short(text: str) -> str:
    return text if len(text) <= 12 else f"{text[:11]}…"


def _extended(payload: Mapping[str, Any], names: Mapping[PersonId, str]) -> str:
    who = names.get(payload["asked_by"], "")
    return (
        f"同意延期 {hours_word(timedelta(seconds=payload['wanted']))}（{who}：{_short(payload['reason'])}）"
    )


_CHANGES: Mapping[str, Callable[[Mapping[str, Any], Mapping[PersonId, str]], str]] = {
    "priority_changed": lambda payload, _: f"把优先级改为 {priority_word(Priority(payload['after']))}",
    "desk_changed": lambda _, __: "转到本服务台，时限改按本服务台",
    "due_extended": _extended,
    "due_recounted": lambda payload, _: f"按新规则重新计算（{_short(payload['cause'])}）",
}
