"""What handlers of war rooms need from one transaction, beyond what the clock needs."""

from __future__ import annotations

from typing import Protocol

from domain.base import TicketId
from domain.rooms.room import Room
from domain.sla import ports


class Rooms(Protocol):
    async def of(self, ticket: TicketId) -> Room | None:
        """The newest one."""

    async def add(self, room: Room) -> None:
        """In the place of one that is gone."""


class Unit(ports.Unit, Protocol):
    @property
    def rooms(self) -> Rooms: ...

    @property
    def room_door(self) -> str:
        """The platform whose groups we can make; "" when there is none."""
