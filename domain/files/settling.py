"""What became of a file that was fetched or scanned. The clock's commands: no person gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from domain.files import events as happened
from domain.files.attaching import lost
from domain.files.file import Check, Kept, Stage, TicketFile, Trouble
from domain.files.judging import safe_name
from domain.files.ports import Unit
from domain.tickets.command import TicketCommand, enter
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class KeepFile(TicketCommand[bool]):
    """Answers whether the bytes are needed: not when another fetch was first, or the ticket has no room."""

    verb: ClassVar[str] = "keep"
    file: int = 0
    kept: Kept | None = None


@dataclass(frozen=True)
class LoseFile(TicketCommand[None]):
    verb: ClassVar[str] = "lose"
    file: int = 0
    trouble: Trouble = Trouble.GONE


@dataclass(frozen=True)
class PassFile(TicketCommand[None]):
    """The scanner was away and has spoken since."""

    verb: ClassVar[str] = "pass_file"
    file: int = 0
    check: Check = Check.CLEAN


async def keep_file(command: KeepFile, unit: Unit) -> bool:
    ticket, file, kept = await enter(command, unit), await unit.files.get(command.file), command.kept
    assert kept is not None
    if file.stage not in {Stage.WAITING, Stage.LOST}:
        return file.sha256 == kept.sha256
    used = sum(other.size for other in await unit.files.of(file.ticket) if other.stage is Stage.KEPT)
    if kept.check is not Check.INFECTED and used + kept.size > unit.caps.ticket_bytes:
        await _lose(ticket, file, Trouble.NO_ROOM, unit)
        return False
    known = replace(file, key="", sha256=kept.sha256, size=kept.size, type=kept.type, check=kept.check)
    if kept.check is Check.INFECTED:
        await _lose(ticket, known, Trouble.INFECTED, unit)
        return False
    await unit.files.change(
        replace(known, stage=Stage.KEPT, is_picture=kept.is_picture, trouble=None, name=_name(known))
    )
    ticket.record(
        happened.FileKept(
            at=unit.now,
            by=unit.actor.person,
            nth=file.nth,
            sha256=kept.sha256,
            size=kept.size,
            internal=file.internal,
        )
    )
    return True


def _name(file: TicketFile) -> str:
    """Pictures come without one."""
    return file.name or safe_name("", file.kind, file.type)


async def lose_file(command: LoseFile, unit: Unit) -> None:
    ticket, file = await enter(command, unit), await unit.files.get(command.file)
    if file.stage is Stage.WAITING:
        await _lose(ticket, file, command.trouble, unit)


async def pass_file(command: PassFile, unit: Unit) -> None:
    ticket, file = await enter(command, unit), await unit.files.get(command.file)
    if file.stage is not Stage.KEPT or file.check is not Check.PENDING:
        return
    if command.check is Check.INFECTED:
        await _lose(ticket, replace(file, check=command.check), Trouble.INFECTED, unit)
        return
    await unit.files.change(replace(file, check=command.check))
    ticket.record(
        happened.FileChecked(
            at=unit.now, by=unit.actor.person, nth=file.nth, check=command.check, internal=file.internal
        )
    )


async def _lose(ticket: Ticket, file: TicketFile, trouble: Trouble, unit: Unit) -> None:
    gone = replace(file, stage=Stage.LOST, trouble=trouble)
    await unit.files.change(gone)
    ticket.record(lost(gone, unit))
