"""Phrases and presses into commands, and back. The only grammar: both platforms, texts and buttons.

Every command that a button may carry has a phrase here, so that a chat without buttons still works, and
the help card writes itself. ``key_of`` and ``command_of`` are each other's inverse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from adapters.chat import Pressed, Said
from adapters.durations import split_more
from adapters.duty_grammar import Example, duty_command, duty_key, duty_phrase, example_of, understand_duty
from adapters.reading_grammar import LOOKING, PLAIN, reading_command, reading_key, reading_phrase
from domain.base import Command, TicketRef
from domain.files.attaching import MoveFiles
from domain.rooms.opening import OpenRoom
from domain.sla.escalating import TakeOver
from domain.sla.extending import ExtendDue, GrantExtension, RefuseExtension, WithdrawExtension
from domain.tickets.assigning import AcceptTicket, AssignTicket, DeclineTicket, ReleaseTicket
from domain.tickets.bringing import KeepOwnWords
from domain.tickets.command import TicketCommand
from domain.tickets.conversing import AddComment, AddNote, AnswerQuestion, AskRequester
from domain.tickets.joining import MeToo
from domain.tickets.looking import SearchTickets
from domain.tickets.opening import AmendDraft, OpenTicket, StartDraft, SubmitDraft
from domain.tickets.reminding import PostponeConfirmation
from domain.tickets.resolving import (
    CancelTicket,
    CloseTicket,
    ConfirmResolution,
    ReopenTicket,
    ResolveTicket,
)
from domain.tickets.states import Priority
from domain.tickets.steering import FollowTicket, SetPriority, UnfollowTicket, UrgeTicket
from domain.tickets.transferring import ReturnTransfer, TakeTransfer, TransferTicket


class UnknownKey(Exception):
    """A press carried a key that no button of ours ever had."""


@dataclass(frozen=True)
class Usage:
    """A command's word without what it needs. ``example`` shows how it goes on."""

    word: str
    example: str


@dataclass(frozen=True)
class Pleasantry:
    """谢谢, 好的: pleasant to hear, but no ticket."""


Understood = Command[Any] | Usage | Pleasantry


@dataclass(frozen=True)
class Phrase:
    """``words`` start the sentence; ``rest`` is the field that takes what follows the number."""

    words: tuple[str, ...]
    command: type[TicketCommand[Any]]
    example: str
    rest: str = ""
    whom: str = ""  # field that takes the first word after the number (@somebody, a desk)


PHRASES: tuple[Phrase, ...] = (
    Phrase(("接单", "我来处理"), AcceptTicket, "接单 1042"),
    Phrase(("拒单",), DeclineTicket, "拒单 1042 不属于我们组", rest="reason"),
    Phrase(("接受转派", "接受"), TakeTransfer, "接受 1042"),
    Phrase(("退回转派", "退回"), ReturnTransfer, "退回 1042 我在休假", rest="reason"),
    Phrase(("转派", "转单"), TransferTicket, "转派 1042 @李四 需要换硬盘", rest="reason", whom="to"),
    Phrase(("指派",), AssignTicket, "指派 1042 @李四", rest="reason", whom="to"),
    Phrase(("释放", "放回"), ReleaseTicket, "释放 1042 今天处理不了", rest="reason"),
    Phrase(("要信息", "提问"), AskRequester, "要信息 1042 打印机是什么型号？", rest="question"),
    Phrase(("答复",), AnswerQuestion, "答复 1042 型号是 M203", rest="text"),
    Phrase(("备注",), AddNote, "备注 1042 已联系厂家", rest="text"),
    Phrase(("回复",), AddComment, "回复 1042 下午三点过去", rest="text"),
    Phrase(("解决", "完成"), ResolveTicket, "解决 1042 已更换硒鼓", rest="result"),
    Phrase(("确认",), ConfirmResolution, "确认 1042"),
    Phrase(("稍后",), PostponeConfirmation, "稍后 1042"),
    Phrase(("重开", "没解决"), ReopenTicket, "重开 1042 还是卡纸", rest="reason"),
    Phrase(("撤销", "取消"), CancelTicket, "撤销 1042 自己好了", rest="reason"),
    Phrase(("关闭",), CloseTicket, "关闭 1042 重复的单", rest="reason"),
    Phrase(("优先级",), SetPriority, "优先级 1042 P1", rest="priority"),
    Phrase(("催办", "催单"), UrgeTicket, "催办 1042"),
    Phrase(("取消关注",), UnfollowTicket, "取消关注 1042"),
    Phrase(("关注",), FollowTicket, "关注 1042"),
    Phrase(("我也遇到", "我也是", "+1"), MeToo, "我也遇到 1042"),
    Phrase(("我来跟",), TakeOver, "我来跟 1042"),
    Phrase(("延期", "申请延期"), ExtendDue, "延期 1042 2h 等备件", rest="more"),
    Phrase(("同意延期",), GrantExtension, "同意延期 1042"),
    Phrase(("不同意延期", "拒绝延期"), RefuseExtension, "不同意延期 1042 备件有库存", rest="reason"),
    Phrase(("撤回延期", "取消延期"), WithdrawExtension, "撤回延期 1042"),
    Phrase(("作战群", "拉群"), OpenRoom, "作战群 1042"),
    Phrase(("归入",), MoveFiles, "归入 D-17 IT-1042", rest="to"),
    Phrase(("提交",), SubmitDraft, "提交 D-17 行政", rest="desk"),
    Phrase(("只带这条",), KeepOwnWords, "只带这条 D-17"),
    Phrase(("补充", "改一下"), AmendDraft, "补充 D-17 是三楼东侧那台", rest="text"),
)

# Without a number: what was last opened in this group.
_ME_TOO = re.compile(r"(?:我也(?:遇到|是|有)(?:了|过)?\s*(?:\+1)?|\+1)[!。.~\s]*")
OPENING_WORDS = ("提单", "报修", "开单")
SEARCH_WORDS = ("搜", "搜索")
_PLEASANTRIES = re.compile(
    r"^(谢谢|多谢|感谢|辛苦|好的?|收到|嗯+|ok|okay|知道了|明白|可以|行|没事|不客气|你好|您好|在吗|hi|hello|哈+|早)"
    r"(你|您|了|啦|哦|呀|的|大家|师傅|哈)*[!。.~,\s]*(谢谢|辛苦)?(你|您|了|啦)*[!。.~\s]*$",
    re.IGNORECASE,
)

_BY_WORD: Mapping[str, Phrase] = {word: phrase for phrase in PHRASES for word in phrase.words}
_WORDS = sorted(_BY_WORD, key=len, reverse=True)
# "IT-1042", "IT1042", "1042", "#1042"; one or two digits only when they stand alone ("解决 3楼…" is none).
_REF = re.compile(r"\s*[:#]?\s*((?:[A-Za-z]{1,8}-?)\d{1,9}|\d{3,9}|\d{1,2}(?=\s|$))(?!\d)\s*[,::]?\s*")
_PRIORITIES: Mapping[str, Priority] = {
    **{p.value: p for p in Priority},
    **{p.value[1]: p for p in Priority},
    "紧急": Priority.P1,
    "高": Priority.P2,
    "普通": Priority.P3,
    "中": Priority.P3,
    "低": Priority.P4,
}


# ── sentences ────────────────────────────────────────────────────────────────────────────────────────


def understand(said: Said) -> Understood:
    """What a sentence asks for. Anything that is no command starts a draft (flow A)."""
    text = _half_width(said.text).strip()
    plain = PLAIN.get(text.rstrip("!。.? ").casefold() or text)
    if plain is not None:
        return plain
    if _PLEASANTRIES.match(text):
        return Pleasantry()
    if said.place.kind == "group" and _ME_TOO.fullmatch(text):
        return MeToo("", said.place)
    about_duty = understand_duty(said, text)
    if about_duty is not None:
        return about_duty
    return (
        _opening(said, text)
        or _looking(text)
        or _about_a_ticket(said, text)
        or StartDraft(text=said.text.strip(), origin=said.place)
    )


def _opening(said: Said, text: str) -> Understood | None:
    word = next((w for w in OPENING_WORDS if text.startswith(w)), None)
    if word is None:
        return None
    rest = said.text.strip()[len(word) :].lstrip(" ::,,　\n")
    return OpenTicket(text=rest, origin=said.place) if rest else Usage(word, f"{word} 3楼打印机卡纸")


def _looking(text: str) -> Understood | None:
    for word in sorted(LOOKING, key=len, reverse=True):
        if text.startswith(word):
            match = _REF.fullmatch(text[len(word) :])
            if match:
                return LOOKING[word](_ref(match.group(1)))  # type: ignore[call-arg]
            return Usage(word, f"{word} 1042") if text == word else None
    for word in SEARCH_WORDS:
        if text == word:
            return Usage(word, f"{word} 打印机 卡纸")
        if text.startswith(f"{word} "):
            return SearchTickets(text[len(word) :].strip())
    return None


def _about_a_ticket(said: Said, text: str) -> Understood | None:
    word = next((w for w in _WORDS if text.startswith(w)), None)
    if word is None:
        return None
    phrase = _BY_WORD[word]
    match = _REF.match(text, len(word))
    if match is None:
        return Usage(word, phrase.example) if text == word else None
    # Cut from the original: only the head was folded to half width, people's words stay as typed.
    rest = said.text.strip()[match.end() :].strip()
    if not phrase.rest and rest.strip("吧了啊。.!! "):
        return None  # "接单 1042 的人是谁" is a question, not an order
    return _filled(phrase, _ref(match.group(1)), rest, said)


def _filled(phrase: Phrase, ref: TicketRef, rest: str, said: Said) -> Command[Any]:
    command = phrase.command(ticket=ref)
    if phrase.whom:
        whom, rest = _split_whom(rest, said)
        command = replace(command, **{phrase.whom: whom})
    return with_text(command, phrase.rest, rest) if phrase.rest else command


def _split_whom(rest: str, said: Said) -> tuple[str, str]:
    first, _, others = rest.partition(" ")
    if said.mentions and (first.startswith("@") or not first):
        account = said.mentions[0]
        return f"{account.platform}:{account.user_id}", others.strip()
    return first.lstrip("@"), others.strip()


def ticket_in(quoted: str) -> TicketRef:
    """The number of the ticket that a quoted message is about, or ""."""
    found = re.search(r"(?<![A-Za-z])[A-Z]{1,8}-\d{1,9}(?!\d)", quoted)
    return found.group(0) if found else ""


def with_text(command: Command[Any], field: str, text: str) -> Command[Any]:
    """``command`` with the words that were asked for afterwards."""
    if field == "priority":
        return replace(command, priority=_PRIORITIES.get(_half_width(text).strip().upper()))  # type: ignore[type-var]
    if field == "more":
        more, reason = split_more(_half_width(text), text)
        return replace(command, more=more, reason=reason)  # type: ignore[type-var]
    return replace(command, **{field: text})  # type: ignore[type-var]


def _ref(text: str) -> TicketRef:
    letters, digits = re.fullmatch(r"([A-Za-z]*)-?(\d+)", text).groups()  # type: ignore[union-attr]
    return f"{letters.upper()}-{int(digits)}" if letters else str(int(digits))


def _half_width(text: str) -> str:
    """Full-width ASCII and the ideographic space, one for one, so that positions stay the same."""
    return text.translate(_HALF_WIDTH)


_HALF_WIDTH = {**{0xFF01 + i: 0x21 + i for i in range(94)}, 0x3000: 0x20, 0x2005: 0x20, 0xA0: 0x20}


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────────
# A key is "verb:ticket" or "verb:ticket:argument", ASCII, at most a few dozen bytes.

_TICKET_COMMANDS: Mapping[str, type[TicketCommand[Any]]] = {p.command.verb: p.command for p in PHRASES}
_ARGUMENT: Mapping[str, str] = {
    "transfer": "to",
    "assign": "to",
    "priority": "priority",
    "submit": "desk",
    "move": "to",
    "extend": "more",
    "answer": "text",
}
# Sentences that a button says for its presser. In a key they travel by name: keys are ASCII and short.
NOTHING_MORE = "没有更多信息"
_SENTENCES: Mapping[str, str] = {"nothing-more": NOTHING_MORE}


_PLAIN_IN_KEYS = "#:/@"  # a desk's or category's name is Chinese: it travels percent-encoded


def key_of(command: Command[Any]) -> str:
    if isinstance(command, TicketCommand):
        argument = _argument_of(command)
        return f"{command.verb}:{command.ticket}" + (
            f":{quote(argument, safe=_PLAIN_IN_KEYS)}" if argument else ""
        )
    key = reading_key(command) or duty_key(command)
    if key is None:
        raise TypeError(f"{type(command).__name__} fits on no button")
    return key


def command_of(key: str) -> Command[Any]:
    """The command on a button. Raises UnknownKey."""
    verb, _, rest = key.partition(":")
    ref, _, argument = rest.partition(":")
    if verb in _TICKET_COMMANDS and re.fullmatch(r"[A-Z]{1,8}-\d{1,9}|\d{1,9}", ref):
        return _with_argument(_TICKET_COMMANDS[verb](ticket=ref), unquote(argument))
    other = reading_command(verb, ref, argument) or duty_command(key)
    if other is None:
        raise UnknownKey(key)
    return other


def understand_press(pressed: Pressed) -> Command[Any]:
    """The pressed button's command, with the choices made on the same card. Raises UnknownKey."""
    command = command_of(pressed.key)
    if isinstance(command, SubmitDraft):
        for field, value in pressed.answers.items():
            if field == "priority" and value in _PRIORITIES:
                command = replace(command, priority=_PRIORITIES[value])
            elif field == "desk":
                command = replace(command, desk=value)
    return command


def phrase_of(command: Command[Any]) -> str:
    """What to type instead of pressing: 「接单 IT-1042」."""
    if isinstance(command, TicketCommand):
        phrase = next(p for p in PHRASES if p.command is type(command))
        return " ".join(filter(None, (phrase.words[0], command.ticket, _argument_of(command))))
    other = reading_phrase(command) or duty_phrase(command)
    if other is None:
        raise TypeError(f"{type(command).__name__} has no phrase")
    return other


def asked_for(command: Command[Any]) -> Phrase | Example | None:
    """The phrase whose words a command still lacks, to show its example."""
    return next((p for p in PHRASES if p.command is type(command)), example_of(command))


def _argument_of(command: TicketCommand[Any]) -> str:
    field = _ARGUMENT.get(command.verb)
    value = getattr(command, field) if field else ""
    if field == "text":
        return next((name for name, sentence in _SENTENCES.items() if sentence == value), "")
    return value.value if isinstance(value, Priority) else str(value or "")


def _with_argument(command: TicketCommand[Any], argument: str) -> TicketCommand[Any]:
    field = _ARGUMENT.get(command.verb)
    if not field or not argument:
        return command
    value: object = argument
    if field == "more":
        value = split_more(argument, argument)[0]
    if field == "priority":
        value = _PRIORITIES.get(argument)
    elif field == "text":
        value = _SENTENCES.get(argument, "")
    return replace(command, **{field: value})  # type: ignore[arg-type]
