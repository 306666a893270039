"""Who is called by name in a message to a group (wecom.md §2.6, §2.7; pages 90248 and 99110)."""

from __future__ import annotations

import re

from adapters.emulator.wecom.messages import Shown
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import State

_EVERYBODY = "@all"
_MENTION = re.compile(r"<@([^>]+)>")


def mentions(state: State, kind: str, shown: Shown, node: Node) -> tuple[str, ...]:
    """Lists work in text only, ``<@userid>`` in text and first markdown. Unknown names reach nobody."""
    named = _MENTION.findall(shown.text) if kind in ("text", "markdown") else []
    if kind == "text":
        named += names(node.child("mentioned_list"))
        named += [_by_mobile(state, mobile) for mobile in names(node.child("mentioned_mobile_list"))]
    reached = (_reached(state, name) for name in named)
    return tuple(dict.fromkeys(name for name in reached if name))


def names(node: Node, most: int = 1000) -> list[str]:
    return [] if node.value is None else [item.text() for item in node.items(0, most)]


def _reached(state: State, name: str) -> str:
    employee = state.company.on_wecom(name)
    return _EVERYBODY if name == _EVERYBODY else employee.wecom if employee else ""


def _by_mobile(state: State, mobile: str) -> str:
    if mobile == _EVERYBODY:
        return _EVERYBODY
    return next((member.wecom for member in state.members() if member.mobile == mobile), "")
