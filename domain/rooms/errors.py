"""Why no war room is opened."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from domain.base import DomainError


class RoomsOff(DomainError):
    code: ClassVar[str] = "rooms_off"

    def __init__(self, number: str, desk: str) -> None:
        super().__init__(
            f"「{desk}」没有开通作战群，{number} 不能建群。需要的话，请管理员在服务台的配置里打开 war_room。"
        )
        self.number = number
        self.desk = desk


class NowhereToMeet(DomainError):
    code: ClassVar[str] = "nowhere_to_meet"

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} 不能建作战群：还没有可以建群的应用，请管理员先接好企业微信的自建应用。")
        self.number = number


class RoomThere(DomainError):
    """Whoever asks is in it, or will be once it ``is_made``. ``name`` is what to look for."""

    code: ClassVar[str] = "room_there"

    def __init__(self, number: str, name: str, at: datetime, *, is_made: bool, people: int) -> None:
        super().__init__(f"{number} 的作战群「{name}」已经有了。")
        self.number = number
        self.name = name
        self.at = at
        self.is_made = is_made
        self.people = people
