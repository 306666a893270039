"""Requests that only read. They travel like commands (buttons and phrases carry them), but open no unit."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command, TicketRef


@dataclass(frozen=True)
class LookAt(Command[None]):
    ticket: TicketRef


@dataclass(frozen=True)
class ExplainDue(Command[None]):
    """为什么 N: where the due time comes from."""

    ticket: TicketRef


@dataclass(frozen=True)
class ShowMoves(Command[None]):
    """更多 N: what else somebody can do with it. ``skip``: so many were shown before."""

    ticket: TicketRef
    skip: int = 0


@dataclass(frozen=True)
class ListMine(Command[None]):
    page: int = 1


@dataclass(frozen=True)
class ListTodo(Command[None]):
    page: int = 1


@dataclass(frozen=True)
class SearchTickets(Command[None]):
    words: str = ""


@dataclass(frozen=True)
class ShowHelp(Command[None]):
    pass
