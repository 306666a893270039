"""A refusal in words: short, polite, true, with the next step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.wording import local_time, state_word, verb_word
from domain.base import DomainError, PersonId
from domain.tickets import errors
from domain.tickets.policy import RULES, Standing
from domain.tickets.states import OVER, State

Name = Callable[[PersonId], str]


def words(refusal: DomainError, name: Name, now: datetime) -> str:
    match refusal:
        case errors.TicketNotFound(ref=ref):
            return f"没有找到工单 {ref}，或您无权查看。回复「我的」可以看到您的工单。"
        case errors.AmbiguousNumber(ref=ref, candidates=candidates):
            return f"{ref} 对应多张工单：{'、'.join(candidates)}。请写完整单号。"
        case errors.NotAllowed(number=number, verb=verb):
            return f"{_who(verb)}可以{verb_word(verb)} {number}。需要帮助可回复「回复 {number} …」留言。"
        case errors.AlreadyAccepted(number=number, at=at, mine=True):
            return f"您已接单 {number}（{local_time(at, now)}）。"
        case errors.AlreadyAccepted(number=number, by=by, at=at):
            return f"{number} 已由 {name(by)} 于 {local_time(at, now)} 接单。"
        case errors.AlreadyDone(number=number, verb=verb, at=at):
            return f"{number} 您已{verb_word(verb)}（{local_time(at, now)}），不需要再做。"
        case errors.AlreadySubmitted(number=number):
            return f"这张草稿已经提交，单号 {number}。"
        case errors.NotNow():
            return _not_now(refusal, name, now)
        case errors.UrgedTooSoon(number=number, again_at=again_at):
            return f"{number} 刚刚催过，{local_time(again_at, now)} 之后可以再催。"
        case errors.PointlessTransfer(number=number):
            return f"{number} 已经在那里了，请换一个人或服务台。"
        case errors.NotOnDesk(name=who, desk=desk):
            return f"{who} 不在「{desk}」，请先转派到对方的服务台。"
        case errors.TextTooLong(limit=limit):
            return f"内容太长了，请控制在 {limit} 字以内，长日志请用附件发送。"
    return str(refusal)


def _not_now(refusal: errors.NotNow, name: Name, now: datetime) -> str:
    state = state_word(refusal.state)
    holder = f"·{name(refusal.assignee)}" if refusal.assignee is not None else ""
    since = local_time(refusal.since, now)
    tail = _next_step(refusal)
    return f"{refusal.number} 现为〔{state}{holder} {since}〕，不能{verb_word(refusal.verb)}。{tail}"


def _next_step(refusal: errors.NotNow) -> str:
    if refusal.state in OVER or refusal.state is State.RESOLVED:
        return f"问题还在的话，可回复「重开 {refusal.number} 原因」。"
    if refusal.state is State.OPEN and refusal.verb in {"resolve", "ask"}:
        return f"请先回复「接单 {refusal.number}」。"
    return ""


def _who(verb: str) -> str:
    standings = [s.value for s in Standing if s in RULES[verb].who and s is not Standing.CLOCK]
    return f"仅{'、'.join(standings)}"
