"""Phrases and keys about duty and leave. ``adapters.grammar`` asks here first; the words are read by the domain."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from adapters.chat import Said
from domain.base import Command
from domain.duty.choosing import ChooseHeir
from domain.duty.covering import CoverShift
from domain.duty.dates import begins_like_days
from domain.duty.deputizing import AcceptDeputy, DeclineDeputy
from domain.duty.disabling import DisablePerson, EnablePerson
from domain.duty.joining import SplitPeople
from domain.duty.looking import ShowDuty, ShowHandover, ShowHeirs, ShowLeave, ShowSwap
from domain.duty.requesting import CancelLeave, ConfirmLeave, RequestLeave
from domain.duty.returning import EndLeave, TakeBack
from domain.duty.swapping import AcceptSwap, DeclineSwap, SwapShift


@dataclass(frozen=True)
class DutyPhrase:
    """``key`` is what a button carries; a number may follow both."""

    words: tuple[str, ...]
    key: str
    make: Callable[[int], Command[Any]]
    kind: type[Command[Any]]
    field: str = ""  # that takes the number


# Each may be said without the number when only one can be meant.
NUMBERED: tuple[DutyPhrase, ...] = (
    DutyPhrase(("确认请假",), "leave-ok", ConfirmLeave, ConfirmLeave, "leave"),
    DutyPhrase(("取消请假", "撤销请假"), "leave-no", CancelLeave, CancelLeave, "leave"),
    DutyPhrase(("接受代理", "同意代理", "我来代"), "deputy-ok", AcceptDeputy, AcceptDeputy, "leave"),
    DutyPhrase(("谢绝代理", "拒绝代理"), "deputy-no", DeclineDeputy, DeclineDeputy, "leave"),
    DutyPhrase(("取回工单",), "leave-back", TakeBack, TakeBack, "leave"),
    DutyPhrase(("逐单选",), "heirs", ShowHeirs, ShowHeirs, "leave"),
    DutyPhrase(("请假单",), "leave", ShowLeave, ShowLeave, "leave"),
    DutyPhrase(("接受换班", "同意换班"), "swap-ok", AcceptSwap, AcceptSwap, "swap"),
    DutyPhrase(("谢绝换班", "拒绝换班", "撤回换班", "取消换班"), "swap-no", DeclineSwap, DeclineSwap, "swap"),
    DutyPhrase(("换班单",), "swap", ShowSwap, ShowSwap, "swap"),
)
# Said and pressed without anything behind them; a button's key, its phrase.
BARE: Mapping[str, tuple[Command[Any], tuple[str, ...]]] = {
    "duty": (ShowDuty(), ("谁值班", "值班", "值班表", "谁在值班", "今天谁值班")),
    "leave-end": (EndLeave(), ("销假", "我回来了", "我回来啦")),
    "leave-ask": (RequestLeave(), ("请假",)),
    "swap-ask": (SwapShift(), ("换班",)),
    "cover": (CoverShift(), ("我来顶", "我来顶班", "我来顶一会儿", "我来顶一下")),
}
EXAMPLES: Mapping[type[Command[Any]], str] = {
    RequestLeave: "请假 7/1-7/3 王五代",
    SwapShift: "换班 周六 给 赵六",
}
THE_DESK = "服务台"
_HEIR_KEY = re.compile(r"heir:(?P<ticket>[A-Z]{1,8}-\d{1,9}|\d{1,9}):(?P<leave>\d{1,9}):(?P<to>.*)")
_NUMBER = re.compile(r"\s*[:#]?\s*(\d{1,9})?\s*[。.!]*\s*")


@dataclass(frozen=True)
class Example:
    """How a whole sentence would have gone, for somebody who is asked for the rest."""

    example: str


def understand_duty(said: Said, text: str) -> Command[Any] | None:
    """``text`` is ``said`` in half width, trimmed. None for anything that is not about duty."""
    bare = text.rstrip("!。.?~ ")
    for command, words in BARE.values():
        if bare in words:
            return command
    return (
        _heir(said, text)
        or _numbered(text)
        or _about_days(said, text)
        or _cover(text)
        or _who_is_on(text)
        or _account(said, text)
    )


def duty_key(command: Command[Any]) -> str | None:
    for key, (bare, _) in BARE.items():
        if command == bare:
            return key
    for phrase in NUMBERED:
        if isinstance(command, phrase.kind):
            return f"{phrase.key}:{getattr(command, phrase.field)}"
    match command:
        case ShowDuty(desk):
            return f"duty:{quote(desk)}"
        case ShowHandover(desk):
            return f"handover:{quote(desk)}"
        case ChooseHeir(ticket, to, leave):
            return f"heir:{ticket}:{leave}:{quote(to, safe='#:')}"
        case RequestLeave() | SwapShift() | CoverShift():
            return duty_key(type(command)())  # the words come afterwards
    return None


def duty_command(key: str) -> Command[Any] | None:
    """None for a key that is not of duty."""
    if key in BARE:
        return BARE[key][0]
    verb, _, rest = key.partition(":")
    for phrase in NUMBERED:
        if verb == phrase.key and re.fullmatch(r"[0-9]{1,9}", rest):
            return phrase.make(int(rest))
    if heir := _HEIR_KEY.fullmatch(key):
        return ChooseHeir(heir["ticket"], unquote(heir["to"]), int(heir["leave"]))
    if verb in {"duty", "handover"} and rest:
        return ShowDuty(unquote(rest)) if verb == "duty" else ShowHandover(unquote(rest))
    return None


def duty_phrase(command: Command[Any]) -> str | None:
    for bare, words in BARE.values():
        if command == bare:
            return words[0]
    for phrase in NUMBERED:
        if isinstance(command, phrase.kind):
            return f"{phrase.words[0]} {getattr(command, phrase.field)}"
    match command:
        case ShowDuty(desk):
            return f"谁值班 {desk}"
        case ShowHandover(desk):
            return f"交接清单 {desk}"
        case ChooseHeir(ticket, to):
            return f"移交 {ticket} 给 {to or THE_DESK}"
    return None


def example_of(command: Command[Any]) -> Example | None:
    found = EXAMPLES.get(type(command))
    return Example(found) if found else None


# ── sentences ──


def _numbered(text: str) -> Command[Any] | None:
    for phrase in NUMBERED:
        word = next((w for w in phrase.words if text.startswith(w)), None)
        rest = _NUMBER.fullmatch(text[len(word) :]) if word else None
        if rest is not None and (rest[1] or phrase.kind not in (ShowLeave, ShowSwap, TakeBack)):
            return phrase.make(int(rest[1] or 0))
    return None


def _heir(said: Said, text: str) -> Command[Any] | None:
    found = re.fullmatch(
        r"移交\s*#?([A-Za-z]{1,8}-?\d{1,9}|\d{1,9})\s*给\s*(\S+)\s*", _with_accounts(said, text)
    )
    if found is None:
        return None
    letters, digits = re.fullmatch(r"([A-Za-z]*)-?(\d+)", found[1]).groups()  # type: ignore[union-attr]
    ticket = f"{letters.upper()}-{int(digits)}" if letters else str(int(digits))
    return ChooseHeir(ticket, "" if found[2] == THE_DESK else found[2].lstrip("@"))


def _about_days(said: Said, text: str) -> Command[Any] | None:
    """「请假系统打不开」 is a ticket: only what goes on with days, or stands apart, is an order."""
    for word, make in (("请假", RequestLeave), ("换班", SwapShift)):
        rest = text.removeprefix(word)
        if rest == text:
            continue
        if begins_like_days(rest) or rest[:1] in {" ", ":", ","}:
            return make(_with_accounts(said, rest.lstrip(" :,")))
    return None


def _with_accounts(said: Said, words: str) -> str:
    """A real @ names an account; what it looks like in the text is only a display name."""
    if not said.mentions:
        return words
    account = said.mentions[0]
    return re.sub(r"@\S+?(?=代|\s|$)", f" {account.platform}:{account.user_id} ", words, count=1)


def _cover(text: str) -> Command[Any] | None:
    match = re.fullmatch(r"我来顶(?:班|一会儿|一下)?[\s,:]*(?P<rest>(?:\S.*)?(?:到|至|\d).*|\s+\S.*)", text)
    return CoverShift(match["rest"].strip()) if match else None


def _who_is_on(text: str) -> Command[Any] | None:
    for pattern, make in (
        (r"(?:谁值班|值班表?)\s+(\S.{0,30})", ShowDuty),
        (r"交接清单\s*(\S.{0,30})", ShowHandover),
    ):
        if match := re.fullmatch(pattern, text):
            return make(match[1].strip())
    return None


def _account(said: Said, text: str) -> Command[Any] | None:
    match = re.fullmatch(r"解除绑定\s*(\S*)", _with_accounts(said, text))
    if match is not None:
        return SplitPeople(match[1])
    match = re.fullmatch(r"(停用|启用)账号\s+(\S+)", _with_accounts(said, text))
    if match is None:
        return None
    return DisablePerson(match[2]) if match[1] == "停用" else EnablePerson(match[2])
