"""Why there is no war room, in words."""

from __future__ import annotations

from collections.abc import Mapping

from domain.rooms.events import RoomLost
from domain.rooms.room import Trouble

_WHY: Mapping[Trouble, str] = {
    Trouble.TOO_FEW: "能进群的不到两个人（没有企业微信账号，或不在应用的可见范围内）",
    Trouble.NO_RIGHT: "应用没有建群的权限",
    Trouble.REFUSED: "企业微信拒绝了建群",
    Trouble.UNREACHABLE: "一直连接不上企业微信",
    Trouble.ENDED: "群已被解散",
}


def trouble_words(lost: RoomLost, number: str) -> str:
    """A sentence, and the advice when there is one."""
    what = "的作战群没有了" if lost.trouble is Trouble.ENDED else "的作战群没有建成"
    return f"{number} {what}：{_WHY[lost.trouble]}。{lost.advice}"
