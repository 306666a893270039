"""What can happen to a war room. Part of the ticket's timeline; ``kind`` is stored: never rename one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.base import Event, PersonId
from domain.rooms.room import Trouble


@dataclass(frozen=True, kw_only=True)
class RoomAsked(Event):
    """``by`` somebody, or the clock and the rules."""

    kind: ClassVar[str] = "room_asked"
    name: str


@dataclass(frozen=True, kw_only=True)
class RoomJoined(Event):
    """Somebody asked to be let in."""

    kind: ClassVar[str] = "room_joined"


@dataclass(frozen=True, kw_only=True)
class RoomOpened(Event):
    kind: ClassVar[str] = "room_opened"
    name: str
    inside: tuple[PersonId, ...]
    lacking: tuple[PersonId, ...]


@dataclass(frozen=True, kw_only=True)
class RoomChanged(Event):
    kind: ClassVar[str] = "room_changed"
    added: tuple[PersonId, ...]
    gone: tuple[PersonId, ...]
    lacking: tuple[PersonId, ...]  # who could not be added this time


@dataclass(frozen=True, kw_only=True)
class RoomLost(Event):
    """It could not be made, or is not there any more. ``advice`` says what mends it, where the platform knows."""

    kind: ClassVar[str] = "room_lost"
    trouble: Trouble
    advice: str = ""
