"""A leave from the preview to the return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.card import Button, Card, Field, Tone, Weight
from bot.cards.duty.rows import SOURCE, TicketRow, more_rows, ticket_fields
from domain.duty.deputizing import AcceptDeputy, DeclineDeputy
from domain.duty.leave import Phase
from domain.duty.looking import ShowHeirs
from domain.duty.requesting import CancelLeave, ConfirmLeave
from domain.duty.returning import EndLeave, TakeBack
from domain.tickets.looking import ListTodo


@dataclass(frozen=True)
class Work:
    """What somebody has, counted."""

    held: int = 0
    offered: int = 0
    watched: int = 0
    shifts: int = 0

    def __str__(self) -> str:
        parts = ((self.held, "处理中"), (self.offered, "待接受转派"), (self.watched, "在跟升级"))
        return "、".join(f"{word} {count}" for count, word in parts if count) or "没有工单"


@dataclass(frozen=True)
class LeaveFacts:
    """``role`` is what the viewer is to it: "author", "deputy", "lead" or "heir" (on duty when it began)."""

    id: int
    person: str
    days: str
    phase: Phase
    deputy: str
    accepted: bool
    role: str
    work: Work = Work()
    rows: Sequence[
        TicketRow
    ] = ()  # before it: what was chosen; in it: what was handed over; after it: what can come back


def leave_card(facts: LeaveFacts) -> Card:
    return _LEAVES.get(facts.phase, _leave_over)(facts)


def _preview(facts: LeaveFacts) -> Card:
    return Card(
        title=f"请假 {facts.days}",
        status="待确认",
        tone=Tone.NEUTRAL,
        lead=_what_follows(facts),
        fields=(
            Field("将移交", str(facts.work)),
            _deputy(facts),
            *_shifts(facts),
            *ticket_fields(facts.rows),
        ),
        buttons=(
            Button("确认", ConfirmLeave(facts.id), Weight.PRIMARY),
            *_one_by_one(facts),
            Button("取消", CancelLeave(facts.id), Weight.DANGER),
        ),
        note=more_rows(facts.rows),
        source=SOURCE,
    )


def _what_follows(facts: LeaveFacts) -> str:
    if facts.deputy:
        return f"确认后请 {facts.deputy} 接受代理；开始时工单移交给对方，返岗后可以取回。"
    return "没有代理人：开始时工单交给值班人，没有值班人就放回服务台。"


def _one_by_one(facts: LeaveFacts) -> tuple[Button, ...]:
    has_more = facts.work.held > len(facts.rows)
    return (Button("逐单选", ShowHeirs(facts.id)),) if has_more else ()


def _asked(facts: LeaveFacts) -> Card:
    if facts.role == "deputy":
        return Card(
            title=f"请您代理 {facts.person}",
            status="待您答复",
            tone=Tone.WAITING,
            lead=f"{facts.person} {facts.days} 请假，想请您代理。",
            fields=(Field("将移交", str(facts.work)), *_shifts(facts)),
            buttons=(
                Button("接受", AcceptDeputy(facts.id), Weight.PRIMARY),
                Button("谢绝", DeclineDeputy(facts.id)),
            ),
            note="30 分钟内没有答复，会转给组长安排。",
            source=SOURCE,
        )
    return _standing(facts, "等代理人答复", Tone.WAITING)


def _agreed(facts: LeaveFacts) -> Card:
    return _standing(facts, "已安排" if facts.deputy else "没有代理人", Tone.ACTIVE)


def _standing(facts: LeaveFacts, status: str, tone: Tone) -> Card:
    """Before it begins, for everybody who is not asked."""
    buttons: Sequence[Button] = ()
    if facts.role == "author":
        cancel = Button("取消请假", CancelLeave(facts.id), Weight.DANGER)
        buttons = (*_one_by_one(facts), cancel)
    elif facts.role == "lead" and not facts.deputy:
        buttons = (Button("我来代", AcceptDeputy(facts.id), Weight.PRIMARY),)
    elif facts.role == "deputy":
        buttons = (Button("谢绝代理", DeclineDeputy(facts.id)),)
    return Card(
        title=f"{facts.person} 请假 {facts.days}",
        status=status,
        tone=tone,
        lead="" if facts.deputy else "开始时工单交给值班人，没有值班人就放回服务台。",
        fields=(
            Field("将移交", str(facts.work)),
            _deputy(facts),
            *_shifts(facts),
            *ticket_fields(facts.rows),
        ),
        buttons=tuple(buttons),
        source=SOURCE,
    )


def _on(facts: LeaveFacts) -> Card:
    buttons: Sequence[Button] = (Button("我的待办", ListTodo()),)
    if facts.role == "author":
        buttons = (Button("我回来了", EndLeave(), Weight.PRIMARY),)
    elif facts.role == "lead" and not facts.deputy:
        buttons = (Button("我来代", AcceptDeputy(facts.id), Weight.PRIMARY),)
    return Card(
        title=f"{facts.person} 请假中",
        status="已移交" if facts.rows else "请假中",
        tone=Tone.ACTIVE,
        lead=f"{facts.days}，代理人：{facts.deputy or '无'}。移交 {len(facts.rows)} 单。",
        fields=ticket_fields(facts.rows),
        buttons=tuple(buttons),
        note=more_rows(facts.rows),
        source=f"{SOURCE} · 交接",
    )


def _back(facts: LeaveFacts) -> Card:
    if facts.role != "author":
        return _leave_over(facts)
    take = (Button("全部取回", TakeBack(facts.id), Weight.PRIMARY),) if facts.rows else ()
    still = f"还有 {len(facts.rows)} 单可以取回。" if facts.rows else "移交的工单都已处理，没有要取回的。"
    return Card(
        title="欢迎回来",
        status="已返岗",
        tone=Tone.DONE,
        lead=f"{facts.days}的假期结束了，{still}",
        fields=ticket_fields(facts.rows),
        buttons=(*take, Button("我的待办", ListTodo())),
        note=more_rows(facts.rows),
        source=f"{SOURCE} · 归还",
    )


def _leave_over(facts: LeaveFacts) -> Card:
    cancelled = facts.phase is Phase.CANCELLED
    return Card(
        title=f"{facts.person} 请假 {facts.days}",
        status="已取消" if cancelled else "已结束",
        tone=Tone.MUTED,
        source=SOURCE,
    )


_LEAVES: Mapping[Phase, Callable[[LeaveFacts], Card]] = {
    Phase.DRAFT: _preview,
    Phase.ASKED: _asked,
    Phase.AGREED: _agreed,
    Phase.ON: _on,
    Phase.BACK: _back,
    Phase.OVER: _back,
}


def _deputy(facts: LeaveFacts) -> Field:
    if not facts.deputy:
        return Field("代理人", "未指定")
    return Field("代理人", facts.deputy + ("（已接受）" if facts.accepted else ""))


def _shifts(facts: LeaveFacts) -> tuple[Field, ...]:
    return (Field("值班", f"{facts.work.shifts} 班，请先换班"),) if facts.work.shifts else ()
