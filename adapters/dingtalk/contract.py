"""The variables that a card template of one's own has to have, and what its exported file lacks of them.

The platform accepts variables that a template does not know, and shows nothing of them (dingtalk.md §4.8): only the
file that the card builder exports tells. ``docs/dingtalk-card.md`` lists them for who builds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.dingtalk.payload import Undecodable, dicts_at, json_object, text_at


@dataclass(frozen=True)
class Variable:
    """``type`` is the card builder's word. A private one differs for each reader."""

    name: str
    type: str
    private: bool = False


VARIABLES = (
    Variable("lastMessage", "string"),
    Variable("title", "string"),
    Variable("status", "string"),
    Variable("statusText", "string"),
    Variable("statusColor", "string"),
    Variable("body", "markdown"),
    Variable("fields", "loopArray"),
    Variable("buttons", "buttonGroup"),
    Variable("link", "string"),
    Variable("note", "string"),
    Variable("source", "string"),
    Variable("notice", "string", private=True),
)


class NoTemplate(Exception):
    """The file is no template that the card builder exported."""


def faults_of(exported: str) -> Sequence[str]:
    """What is missing, of another type, or was of an older version, in zh-CN. Raises NoTemplate."""
    has = {text_at(one, "name"): one for one in _variable_list(exported)}
    wanted = {variable.name: variable for variable in VARIABLES}
    missing = [f"缺少变量 {v.name}（{_described(v)}）" for v in VARIABLES if v.name not in has]
    wrong = [
        f"变量 {name} 应是{_described(wanted[name])}，现在是{_described(_read(one))}"
        for name, one in has.items()
        if name in wanted and _read(one) != wanted[name]
    ]
    stale = [f"多了变量 {name}（不再使用，可以删除）" for name in has if name and name not in wanted]
    return [*missing, *wrong, *stale]


def _variable_list(exported: str) -> list[Mapping[str, Any]]:
    """``editorData`` is a JSON text inside the JSON file."""
    try:
        editor = json_object(json_object(exported).get("editorData"))
    except Undecodable as error:
        raise NoTemplate(str(error)) from None
    if not isinstance(editor.get("variableList"), list):
        raise NoTemplate("no variableList")
    return dicts_at(editor, "variableList")


def _read(one: Mapping[str, Any]) -> Variable:
    return Variable(text_at(one, "name"), text_at(one, "type"), one.get("private") is True)


def _described(variable: Variable) -> str:
    return f"{'私有' if variable.private else '公有'} {variable.type or '（没有类型）'}"
