"""Cards that answer a question: my tickets, to do, search, candidates for a transfer, help, why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapters.card import Button, Card, Field, Tone, Weight
from bot.wording import state_word
from domain.base import Command
from domain.digest.looking import ShowDigest
from domain.duty.looking import ShowDuty
from domain.people.people import Desk, Person
from domain.tickets.looking import ListMine, ListTodo, LookAt, ShowHelp
from domain.tickets.transferring import TransferTicket
from storage.queries.views import TicketLine

PAGE = 5


def mine_card(lines: Sequence[TicketLine], page: int) -> Card:
    if not lines and page == 1:
        return _empty("我的工单", "您还没有工单。直接说一句话就能提单，例如「3楼打印机卡纸」。")
    return _list("我的工单", lines, ListMine(page + 1) if len(lines) > PAGE else None)


def todo_card(lines: Sequence[TicketLine], page: int) -> Card:
    if not lines and page == 1:
        return _empty("我的待办", "没有等您处理的工单，辛苦了。")
    return _list("我的待办", lines, ListTodo(page + 1) if len(lines) > PAGE else None)


def found_card(words: str, lines: Sequence[TicketLine]) -> Card:
    if not lines:
        return _empty(f"搜「{words}」", "没有找到。换个短一点的词试试，或直接把问题告诉我。")
    return _list(f"搜「{words}」", lines, None)


def candidates_card(
    command: Command[Any], number: str, people: Sequence[Person], desks: Sequence[Desk]
) -> Card:
    """One button a person or desk; whoever is not on it can be typed."""
    buttons = [Button(p.name, replace(command, to=f"#{p.id}")) for p in people]  # type: ignore[type-var]
    buttons += [Button(d.name, replace(command, to=d.key)) for d in desks]  # type: ignore[type-var]
    word = "转派" if isinstance(command, TransferTicket) else "指派"
    return Card(
        title=f"{word} {number} 给谁？",
        lead="对方接受之前，仍由原负责人负责。" if word == "转派" else "",
        buttons=tuple(buttons),
        note=f"也可以回复「{word} {number} @姓名 原因」。",
        source="派单",
    )


def done_card() -> Card:
    """A question that was answered. What came of it is in the presser's note."""
    return Card(title="已处理", tone=Tone.DONE, source="派单")


def unchanged_card() -> Card:
    return Card(title="没有改动", tone=Tone.MUTED, source="派单")


def help_card() -> Card:
    return Card(
        title="我能帮您做什么",
        lead="直接说问题就能提单，例如「3楼打印机卡纸」。也可以发：",
        fields=(
            Field("提单", "报修 3楼打印机卡纸"),
            Field("查看", "我的·待办·查 1042·附件 1042·搜 VPN"),
            Field("跟进", "催办 1042 · 回复 1042 内容"),
            Field("处理", "接单 1042 · 要信息 1042 问题"),
            Field("结束", "解决 1042 结果 · 重开 1042"),
            Field("时限", "为什么 1042 · 延期 1042 2h 原因"),
        ),
        buttons=(
            Button("我的工单", ListMine(), Weight.PRIMARY),
            Button("待办", ListTodo()),
            Button("早报", ShowDigest()),
            Button("谁值班", ShowDuty()),
        ),
        note="排班：请假 明天 王五代 · 销假 · 换班 周六 给 赵六 · 我来顶。账号：绑定账号 · 解除绑定。管理员：额度",
        source="派单 · 帮助",
    )


def _list(title: str, lines: Sequence[TicketLine], following: Command[Any] | None) -> Card:
    shown = lines[:PAGE]
    buttons = [Button(f"{line.number}", LookAt(line.number)) for line in shown[:3]]
    if following is not None:
        buttons.append(Button("下一页", following))
    return Card(
        title=title,
        fields=tuple(Field(state_word(line.state), _line(line)) for line in shown),
        buttons=tuple(buttons),
        note="回复「查 单号」看详情。",
        source="派单",
    )


def _line(line: TicketLine) -> str:
    """The number first: it is what one types, and what is cut last."""
    return f"{line.number} {line.title}"


def _empty(title: str, lead: str) -> Card:
    return Card(title=title, lead=lead, tone=Tone.MUTED, buttons=(Button("帮助", ShowHelp()),), source="派单")
