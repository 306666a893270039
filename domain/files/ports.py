"""What handlers of files need from one transaction, beyond what tickets need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.base import TicketId
from domain.files.file import Caps, TicketFile
from domain.tickets import ports


class Files(Protocol):
    async def of(self, ticket: TicketId) -> Sequence[TicketFile]:
        """In their order."""

    async def get(self, file: int) -> TicketFile:
        """Raises FileNotThere."""

    async def add(self, files: Sequence[TicketFile]) -> None: ...

    async def change(self, file: TicketFile) -> None: ...


class Unit(ports.Unit, Protocol):
    @property
    def files(self) -> Files: ...

    @property
    def caps(self) -> Caps: ...
