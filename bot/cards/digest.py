"""早报: one card a person, with the desks they lead; a few lines for a group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adapters.card import Button, Card, Field, Tone, Weight
from adapters.fit import cut
from bot.wording import weekday_word
from domain.digest.content import AtDesk, Item, Part, Personal
from domain.digest.morning import Today
from domain.tickets.looking import ListTodo, LookAt

SHOWN = 2  # buttons beside 「我的待办」
A_WEEK = timedelta(days=7)
_WAITING = {Part.OFFERED: "接手", Part.ASKED: "回复", Part.SOLVED: "确认解决"}


@dataclass(frozen=True)
class DeskLines:
    """A desk with the name that is shown."""

    name: str
    found: AtDesk


@dataclass(frozen=True)
class DigestFacts:
    """``note`` says why an odd day is a work day: 「今天补班」."""

    today: Today
    mine: Personal
    desks: Sequence[DeskLines] = ()
    note: str = ""
    late: bool = False

    @property
    def is_empty(self) -> bool:
        return self.mine.is_empty and all(desk.found.is_calm for desk in self.desks)


def digest_card(facts: DigestFacts) -> Card:
    mine = facts.mine
    if facts.is_empty:
        lead = _lines(facts.note, "没有等您处理的工单。")
        return Card(title=_title(facts.today), lead=lead, tone=Tone.MUTED, source="派单 · 早报")
    return Card(
        title=_title(facts.today),
        status="迟发" if facts.late else "",
        tone=Tone.LATE if mine.missed else Tone.NEUTRAL,
        lead=_lines(facts.note, *(desk_lines(desk, facts.today) for desk in facts.desks)),
        fields=tuple(_fields(mine)),
        buttons=(Button("我的待办", ListTodo(), Weight.PRIMARY), *_first_of(mine)),
        source="派单 · 早报",
    )


def group_text(desk: DeskLines, today: Today, *, note: str, late: bool) -> str:
    """Only sums: what is in a ticket is nobody else's business."""
    head = f"{_title(today)}{'（迟发）' if late else ''}"
    if desk.found.is_calm:
        return _lines(f"{head} · {desk.name}：没有新工单，也没有未完的工单。", note)
    return _lines(head, note, desk_lines(desk, today))


def desk_lines(desk: DeskLines, today: Today) -> str:
    found, flow = desk.found, desk.found.flow
    late = f"（超时 {flow.late}）" if flow.late else ""
    away = "、".join(f"{a.name}（{a.deputy} 代）" if a.deputy else a.name for a in found.away)
    return _lines(
        f"{desk.name}：{_since(today)}新增 {flow.opened}，解决 {flow.resolved}{late}",
        f"待接单 {found.unowned}，处理中 {found.working}，已超时 {found.missed}，今天到期 {found.today}",
        f"今天请假：{away}" if away else "",
    )


def _fields(mine: Personal) -> Iterable[Field]:
    if mine.missed:
        yield Field("已超时", _named(mine.missed))
    if mine.today:
        yield Field("今天到期", _named(mine.today))
    if mine.waiting:
        yield Field("等您处理", _by_part(mine.waiting))
    if mine.handed:
        yield Field("移交给您", _named(mine.handed))
    if mine.held:
        yield Field("处理中", f"{len(mine.held)} 单")


def _named(items: Sequence[Item]) -> str:
    """The number first: it is what one types, and what is cut last."""
    more = f"{len(items)} 单：" if len(items) > 1 else ""
    return f"{more}{items[0].number} {items[0].title}"


def _by_part(items: Sequence[Item]) -> str:
    counts = {part: sum(item.part is part for item in items) for part in _WAITING}
    return "，".join(f"{_WAITING[part]} {count}" for part, count in counts.items() if count)


def _first_of(mine: Personal) -> Iterable[Button]:
    numbers = dict.fromkeys(item.number for item in (*mine.missed, *mine.today, *mine.waiting))
    return [Button(number, LookAt(number)) for number in numbers][:SHOWN]


def _title(today: Today) -> str:
    return f"早报 {_day(today.day)} 周{weekday_word(today.day)}"


def _since(today: Today) -> str:
    """Since the last work day: on a Monday the weekend belongs to it."""
    before = today.day - today.since_day
    if before == timedelta(days=1):
        return "昨天"
    return f"周{weekday_word(today.since_day)}以来" if before < A_WEEK else f"{_day(today.since_day)}以来"


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def in_one_line(card: Card) -> str:
    """For when nothing better can be afforded."""
    told = [card.lead.splitlines()[0]] if card.lead else [f"{f.name} {f.value}" for f in card.fields]
    return cut(f"{card.title}：{'；'.join(told)}", 200) + "（回复「早报」看全部）"
