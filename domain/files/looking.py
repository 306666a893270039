"""附件 N: the request to be sent a ticket's files. Only reads."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command, TicketRef


@dataclass(frozen=True)
class ShowFiles(Command[None]):
    """``skip``: so many were sent before."""

    ticket: TicketRef
    skip: int = 0
