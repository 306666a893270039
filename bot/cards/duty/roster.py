"""Who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.card import Button, Card, Field, Tone
from bot.cards.duty.rows import SOURCE
from domain.duty.covering import CoverShift
from domain.duty.looking import ShowHandover
from domain.duty.requesting import RequestLeave
from domain.duty.swapping import SwapShift


@dataclass(frozen=True)
class DeskDuty:
    """Lines as they are shown: 「李四 到 3月5日 09:00」."""

    desk: str
    now: str
    next: str = ""
    after: str = ""


@dataclass(frozen=True)
class DutyFacts:
    desks: Sequence[DeskDuty]
    day_note: str = ""  # 「今天是补班」
    is_staff: bool = field(default=True)


def duty_card(facts: DutyFacts) -> Card:
    if not facts.desks:
        return Card(
            title="没有班表",
            lead="还没有排班。管理员可以在配置的 [[rosters]] 里写班表。",
            tone=Tone.MUTED,
            source=SOURCE,
        )
    return Card(
        title="谁值班",
        lead=facts.day_note,
        fields=tuple(field for desk in facts.desks for field in _duty_fields(desk, facts)),
        buttons=(
            Button("我来顶", CoverShift()),
            Button("换班", SwapShift()),
            Button("请假", RequestLeave()),
            *_handover(facts.desks),
        )
        if facts.is_staff
        else (),
        source=SOURCE,
    )


def _handover(desks: Sequence[DeskDuty]) -> Sequence[Button]:
    return [Button("交接清单", ShowHandover(desks[0].desk))] if len(desks) == 1 else []


def _duty_fields(desk: DeskDuty, facts: DutyFacts) -> Sequence[Field]:
    if len(facts.desks) > 1:
        following = f"；下一班 {desk.next}" if desk.next else ""
        return (Field(desk.desk, f"{desk.now}{following}"),)
    lines = (("本班", desk.now), ("下一班", desk.next), ("备班", desk.after))
    return tuple(Field(name, value) for name, value in lines if value)
