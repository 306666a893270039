"""A refusal in words: short, polite, true, with the next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.wording import local_time, state_word, verb_word
from domain.base import DomainError, PersonId
from domain.people.presence import PersonAway, YouAreAway
from domain.rooms.errors import RoomThere
from domain.tickets import errors
from domain.tickets.policy import RULES, Standing
from domain.tickets.states import OVER, State


@dataclass(frozen=True)
class Teller:
    """Names and the present moment, which refusals do not carry."""

    name: Callable[[PersonId], str]
    now: datetime

    def time(self, moment: datetime) -> str:
        return local_time(moment, self.now)


def words(refusal: DomainError, name: Callable[[PersonId], str], now: datetime) -> str:
    """Refusals without a row here say it all by themselves."""
    say = _WORDS.get(type(refusal))
    return say(refusal, Teller(name, now)) if say else str(refusal)


def _not_found(refusal: errors.TicketNotFound, _: Teller) -> str:
    return f"没有找到工单 {refusal.ref}，或您无权查看。回复「我的」可以看到您的工单。"


def _ambiguous(refusal: errors.AmbiguousNumber, _: Teller) -> str:
    return f"{refusal.ref} 对应多张工单：{'、'.join(refusal.candidates)}。请写完整单号。"


def _not_allowed(refusal: errors.NotAllowed, _: Teller) -> str:
    standings = [s.value for s in Standing if s in RULES[refusal.verb].who and s is not Standing.CLOCK]
    who, number = "、".join(standings), refusal.number
    return f"仅{who}可以{verb_word(refusal.verb)} {number}。需要帮助可回复「回复 {number} …」留言。"


def _accepted(refusal: errors.AlreadyAccepted, tell: Teller) -> str:
    if refusal.mine:
        return f"您已接单 {refusal.number}（{tell.time(refusal.at)}）。"
    return f"{refusal.number} 已由 {tell.name(refusal.by)} 于 {tell.time(refusal.at)} 接单。"


def _done(refusal: errors.AlreadyDone, tell: Teller) -> str:
    return f"{refusal.number} 您已{verb_word(refusal.verb)}（{tell.time(refusal.at)}），不需要再做。"


def _submitted(refusal: errors.AlreadySubmitted, _: Teller) -> str:
    return f"这张草稿已经提交，单号 {refusal.number}。"


def _not_now(refusal: errors.NotNow, tell: Teller) -> str:
    holder = f"·{tell.name(refusal.assignee)}" if refusal.assignee is not None else ""
    state = f"〔{state_word(refusal.state)}{holder} {tell.time(refusal.since)}〕"
    return f"{refusal.number} 现为{state}，不能{verb_word(refusal.verb)}。{_next_step(refusal)}"


def _next_step(refusal: errors.NotNow) -> str:
    if refusal.state in OVER or refusal.state is State.RESOLVED:
        return f"问题还在的话，可回复「重开 {refusal.number} 原因」。"
    if refusal.state is State.OPEN and refusal.verb in {"resolve", "ask"}:
        return f"请先回复「接单 {refusal.number}」。"
    return ""


def _urged(refusal: errors.UrgedTooSoon, tell: Teller) -> str:
    return f"{refusal.number} 刚刚催过，{tell.time(refusal.again_at)} 之后可以再催。"


def _pointless(refusal: errors.PointlessTransfer, _: Teller) -> str:
    return f"{refusal.number} 已经在那里了，请换一个人或服务台。"


def _not_on_desk(refusal: errors.NotOnDesk, _: Teller) -> str:
    return f"{refusal.name} 不在「{refusal.desk}」，请先转派到对方的服务台。"


def _too_long(refusal: errors.TextTooLong, _: Teller) -> str:
    return f"内容太长了，请控制在 {refusal.limit} 字以内，长日志请用附件发送。"


def _room_there(refusal: RoomThere, tell: Teller) -> str:
    if not refusal.is_made:
        return f"{refusal.number} 的作战群「{refusal.name}」正在建，建好了会告诉您。"
    made = f"{refusal.number} 的作战群「{refusal.name}」{tell.time(refusal.at)} 已建（{refusal.people} 人）"
    return f"{made}，您在群里：请在企业微信的消息列表里找。"


def _away(refusal: PersonAway, tell: Teller) -> str:
    gone = "账号已停用" if refusal.until is None else f"请假到 {tell.time(refusal.until)}"
    instead = f"由 {refusal.deputy} 代理，请转给 {refusal.deputy}。" if refusal.deputy else "请换一位同事。"
    return f"{refusal.name} {gone}，{instead}"


def _you_are_away(refusal: YouAreAway, tell: Teller) -> str:
    if refusal.until is None:
        return "您的账号已停用，请联系管理员。"
    return f"您正在请假（到 {tell.time(refusal.until)}）。已经回来的话，请先回复「销假」。"


_WORDS: Mapping[type[DomainError], Callable[[Any, Teller], str]] = {
    errors.TicketNotFound: _not_found,
    errors.AmbiguousNumber: _ambiguous,
    errors.NotAllowed: _not_allowed,
    errors.AlreadyAccepted: _accepted,
    errors.AlreadyDone: _done,
    errors.AlreadySubmitted: _submitted,
    errors.NotNow: _not_now,
    errors.UrgedTooSoon: _urged,
    errors.PointlessTransfer: _pointless,
    errors.NotOnDesk: _not_on_desk,
    errors.TextTooLong: _too_long,
    RoomThere: _room_there,
    PersonAway: _away,
    YouAreAway: _you_are_away,
}
