"""Back again: early or in time, and taking back what the deputy still has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.base import Command, PersonId
from domain.duty.advancing import end, welcome
from domain.duty.errors import AlreadySettled, NoSuchLeave
from domain.duty.events import TicketsTakenBack
from domain.duty.leave import Leave, Phase
from domain.duty.ports import Handed, Unit
from domain.duty.rehoming import WORKED_ON
from domain.duty.requesting import mine, record_cancelled
from domain.people.presence import require_here
from domain.tickets.states import State
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class EndLeave(Command[None]):
    """销假, 我回来了: the leave that goes on ends now; if none does, the next one is cancelled."""


@dataclass(frozen=True)
class TakeBack(Command[int]):
    """Answers how many tickets came back. ``leave`` has to be named: somebody may have had several."""

    leave: int


async def end_leave(command: EndLeave, unit: Unit) -> None:
    leaves = await unit.leaves.of(unit.actor.person)
    order = (Phase.ON, Phase.BACK, Phase.ASKED, Phase.AGREED, Phase.DRAFT)
    standing = sorted(leaves, key=lambda leave: order.index(leave.phase))
    if not standing:
        raise NoSuchLeave
    leave = standing[0]
    if leave.phase is Phase.ON:
        end(leave, unit)
    if leave.phase is Phase.BACK:
        welcome(leave, unit)
        return
    leave.cancel()
    record_cancelled(leave, unit)


async def take_back(command: TakeBack, unit: Unit) -> int:
    leave = await mine(command.leave, unit)
    if leave.phase not in (Phase.BACK, Phase.OVER):
        raise NoSuchLeave
    await require_here(unit.actor, unit.presence)
    kept = [pair for pair in await _handed(leave, unit) if may_come_back(*pair)]
    if not kept:
        raise AlreadySettled("没有可以取回的工单，都已处理或转给了别人")
    givers = tuple(dict.fromkeys(handed.to for handed, _ in kept if handed.to is not None))
    for _, ticket in kept:
        ticket.hand_over(unit.actor, unit.actor.person, "销假取回", unit.now)
    _tell(leave, [ticket.number for _, ticket in kept], givers, unit)
    return len(kept)


class Owned(Protocol):
    @property
    def state(self) -> State: ...

    @property
    def assignee(self) -> PersonId | None: ...


def may_come_back(handed: Handed, ticket: Owned) -> bool:
    """Not what is done, and not what the deputy has given to somebody else."""
    if handed.to is None:
        return ticket.state is State.OPEN
    return ticket.state in WORKED_ON and ticket.assignee == handed.to


async def _handed(leave: Leave, unit: Unit) -> Sequence[tuple[Handed, Ticket]]:
    return [
        (handed, await unit.tickets.find(f"#{handed.ticket}"))
        for handed in await unit.leaves.handed(leave.id)
    ]


def _tell(leave: Leave, numbers: Sequence[str], givers: tuple[PersonId, ...], unit: Unit) -> None:
    unit.journal.record(
        TicketsTakenBack(
            at=unit.now,
            by=unit.actor.person,
            leave=leave.id,
            person=leave.person,
            numbers=tuple(numbers),
            givers=givers,
        )
    )
