"""Phrases and keys of requests that only read. ``adapters.grammar`` asks here too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from domain.base import Command
from domain.digest.looking import ShowDigest
from domain.files.looking import ShowFiles
from domain.people.looking import ShowBinding
from domain.quota.looking import ShowQuota
from domain.tickets.looking import ExplainDue, ListMine, ListTodo, LookAt, ShowHelp, ShowMoves

# The word, then a ticket's number.
LOOKING: Mapping[str, type[Command[Any]]] = {
    "查": LookAt,
    "查询": LookAt,
    "详情": LookAt,
    "为什么": ExplainDue,
    "更多": ShowMoves,
    "附件": ShowFiles,
}
# The whole sentence.
PLAIN: Mapping[str, Command[Any]] = {
    "我的": ListMine(),
    "我的工单": ListMine(),
    "待办": ListTodo(),
    "早报": ShowDigest(),
    "额度": ShowQuota(),
    "绑定账号": ShowBinding(),
    "帮助": ShowHelp(),
    "help": ShowHelp(),
    "菜单": ShowHelp(),
    "?": ShowHelp(),
}
_KEYS: Mapping[type[Command[Any]], str] = {
    LookAt: "look",
    ExplainDue: "why",
    ShowMoves: "more",
    ShowFiles: "files",
}
_FROM_KEYS: Mapping[str, Callable[[str, str], Command[Any]]] = {
    "look": lambda ref, _: LookAt(ref),
    "why": lambda ref, _: ExplainDue(ref),
    "more": lambda ref, rest: ShowMoves(ref, _number(rest, 0)),
    "files": lambda ref, rest: ShowFiles(ref, _number(rest, 0)),
    "mine": lambda _, rest: ListMine(_number(rest, 1)),
    "todo": lambda _, rest: ListTodo(_number(rest, 1)),
    "digest": lambda mark, _: ShowDigest(late=mark == "late"),
    "quota": lambda *_: ShowQuota(),
    "bind": lambda *_: ShowBinding(),
    "help": lambda *_: ShowHelp(),
}


def reading_key(command: Command[Any]) -> str | None:  # noqa: PLR0911 - one line a command
    """None for a command that does more than read."""
    match command:
        case ShowMoves(ticket, skip) | ShowFiles(ticket, skip) if skip:
            return f"{_KEYS[type(command)]}:{ticket}:{skip}"
        case LookAt(ticket) | ExplainDue(ticket) | ShowMoves(ticket) | ShowFiles(ticket):
            return f"{_KEYS[type(command)]}:{ticket}"
        case ListMine(page):
            return f"mine::{page}"
        case ListTodo(page):
            return f"todo::{page}"
        case ShowDigest(late):
            return "digest:late" if late else "digest"
        case ShowQuota():
            return "quota"
        case ShowBinding():
            return "bind"
        case ShowHelp():
            return "help"
    return None


def reading_command(verb: str, ref: str, rest: str) -> Command[Any] | None:
    make = _FROM_KEYS.get(verb)
    return make(ref, rest) if make else None


def reading_phrase(command: Command[Any]) -> str | None:
    for words, found in PLAIN.items():
        if type(command) is type(found):
            return words
    for word, kind in LOOKING.items():
        if isinstance(command, kind):
            return f"{word} {command.ticket}"  # type: ignore[attr-defined]
    return None


def _number(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else otherwise
