"""更多: the moves that are this person's and not on their card already, the likely ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.card import Button, Card
from bot.cards.facts import Facts
from bot.wording import priority_word, state_tone, state_word
from domain.base import Actor
from domain.files.looking import ShowFiles
from domain.rooms.opening import OpenRoom
from domain.sla.extending import ExtendDue, GrantExtension, RefuseExtension, WithdrawExtension
from domain.sla.policy import Goal
from domain.tickets.assigning import AcceptTicket, AssignTicket, ReleaseTicket
from domain.tickets.command import TicketCommand
from domain.tickets.conversing import AddComment, AddNote, AnswerQuestion, AskRequester
from domain.tickets.looking import ExplainDue, ShowMoves
from domain.tickets.policy import Parties, Standing, allows, standings_among
from domain.tickets.resolving import CancelTicket, CloseTicket, ReopenTicket, ResolveTicket
from domain.tickets.states import Priority
from domain.tickets.steering import FollowTicket, SetPriority, UnfollowTicket, UrgeTicket
from domain.tickets.transferring import TransferTicket

_IN_ORDER: Sequence[tuple[str, type[TicketCommand[Any]]]] = (
    ("接单", AcceptTicket),
    ("回复", AddComment),
    ("备注", AddNote),
    ("优先级", SetPriority),
    ("作战群", OpenRoom),
    ("指派", AssignTicket),
    ("转派", TransferTicket),
    ("要信息", AskRequester),
    ("申请延期", ExtendDue),
    ("同意延期", GrantExtension),
    ("不同意延期", RefuseExtension),
    ("撤回延期", WithdrawExtension),
    ("解决", ResolveTicket),
    ("放回", ReleaseTicket),
    ("催办", UrgeTicket),
    ("关注", FollowTicket),
    ("取消关注", UnfollowTicket),
    ("重开", ReopenTicket),
    ("撤销", CancelTicket),
    ("关闭", CloseTicket),
)
_ALREADY_HEAR = frozenset({Standing.REQUESTER, Standing.ASSIGNEE})


def moves_card(facts: Facts, viewer: Actor, main: Sequence[Button], skip: int = 0) -> Card:
    """``main`` is what the viewer's own card of the ticket has. ``skip`` moves were shown before."""
    ticket = facts.ticket
    buttons = (*_files(facts), *_moves(facts, viewer, main), *_why(facts))
    return Card(
        title=f"{ticket.number} {ticket.title}",
        status=state_word(ticket.state),
        tone=state_tone(ticket.state),
        lead="还可以：" if buttons[skip:] else "没有更多操作了。",
        buttons=buttons[skip:],
        more=ShowMoves(ticket.number, skip),
        source="派单 · 更多",
    )


def priority_card(number: str, present: Priority) -> Card:
    return Card(
        title=f"{number} 改成哪一级？",
        lead=f"现在是 {priority_word(present)}，时限会按新的级别重算。",
        buttons=tuple(Button(priority_word(p), SetPriority(number, p)) for p in Priority if p is not present),
        note=f"也可以回复「优先级 {number} P1」。",
        source="派单",
    )


def _moves(facts: Facts, viewer: Actor, main: Sequence[Button]) -> Iterator[Button]:
    standing, shown = _standing(facts, viewer), {type(button.command) for button in main}
    for label, command in _IN_ORDER:
        if command in shown or (command is AddComment and AnswerQuestion in shown):
            continue
        is_honest = allows(command.verb, facts.ticket.state, standing) and _makes_sense(
            facts, viewer, command
        )
        if is_honest and _is_news(command, standing):
            yield Button(label, command(facts.ticket.number))


def _makes_sense(facts: Facts, viewer: Actor, command: type[TicketCommand[Any]]) -> bool:
    """More time can be asked for once, of what is promised; then it can be answered or taken back. Rooms are for
    desks that have them."""
    if command is OpenRoom:
        return facts.ticket.desk is not None and facts.ticket.desk.war_room.is_on
    if command not in (ExtendDue, GrantExtension, RefuseExtension, WithdrawExtension):
        return True
    due = facts.dues.get(Goal.RESOLVE)
    if due is None or due.wish is None:
        return due is not None and command is ExtendDue
    return command is not ExtendDue and (command is not WithdrawExtension or due.wish.by == viewer.name)


def _is_news(command: type[TicketCommand[Any]], standing: frozenset[Standing]) -> bool:
    """Whoever hears of everything anyway has nothing to follow."""
    if command is FollowTicket:
        return not standing & (_ALREADY_HEAR | {Standing.FOLLOWER})
    return command is not UnfollowTicket or Standing.FOLLOWER in standing


def _files(facts: Facts) -> tuple[Button, ...]:
    return (Button("附件", ShowFiles(facts.ticket.number)),) if facts.ticket.files else ()


def _why(facts: Facts) -> tuple[Button, ...]:
    return (Button("时限说明", ExplainDue(facts.ticket.number)),) if facts.ticket.deadlines else ()


def _standing(facts: Facts, viewer: Actor) -> frozenset[Standing]:
    ticket = facts.ticket
    parties = Parties(
        state=ticket.state,
        requester=ticket.requester.id,
        assignee=ticket.assignee.id if ticket.assignee else None,
        receiver=ticket.receiver.id if ticket.receiver else None,
        followers=frozenset(follower.id for follower in ticket.followers),
        affected=ticket.affected,
    )
    return standings_among(parties, ticket.desk, viewer)
