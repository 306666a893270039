"""Requests that only read: who is on duty, one leave, one swap, what is handed over at the end of a shift."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command


@dataclass(frozen=True)
class ShowDuty(Command[None]):
    """谁值班. "" is every desk that has a roster."""

    desk: str = ""


@dataclass(frozen=True)
class ShowLeave(Command[None]):
    leave: int


@dataclass(frozen=True)
class ShowHeirs(Command[None]):
    """逐单选: the next ticket for which nothing is chosen. 0 means the leave that is being prepared."""

    leave: int


@dataclass(frozen=True)
class ShowSwap(Command[None]):
    swap: int


@dataclass(frozen=True)
class ShowHandover(Command[None]):
    """The list for a change of shift."""

    desk: str
