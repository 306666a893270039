"""Files that come with words or alone: noted at once, fetched afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from domain.files import events as happened
from domain.files.file import Stage, TicketFile, Trouble
from domain.files.judging import safe_name
from domain.files.ports import Unit
from domain.tickets.command import TicketCommand, enter
from domain.tickets.policy import RULES
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class IncomingFile:
    platform: str
    kind: str
    key: str
    name: str = ""


@dataclass(frozen=True)
class AttachFiles(TicketCommand[None]):
    """``internal``: they came with a note, and stay where it stays."""

    verb: ClassVar[str] = "attach"
    files: tuple[IncomingFile, ...] = ()
    internal: bool = False


@dataclass(frozen=True)
class MoveFiles(TicketCommand[None]):
    """归入: pictures that began a draft belong to a ticket that is there already. The draft is over."""

    verb: ClassVar[str] = "move"
    to: str = ""


async def attach_files(command: AttachFiles, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.require("attach", *RULES["attach"].states)
    before = len(await unit.files.of(ticket.id))
    made = [
        TicketFile(
            ticket=ticket.id,
            nth=nth,
            platform=file.platform,
            kind=file.kind,
            key=file.key,
            name=safe_name(file.name, file.kind) if file.name else "",
            by=unit.actor.person,
            at=unit.now,
            internal=command.internal,
            stage=Stage.WAITING if nth <= unit.caps.ticket_files else Stage.LOST,
            trouble=None if nth <= unit.caps.ticket_files else Trouble.NO_ROOM,
        )
        for nth, file in enumerate(command.files, before + 1)
    ]
    await unit.files.add(made)
    _note(ticket, made, unit)
    for file in made:
        if file.trouble is not None:
            ticket.record(lost(file, unit))


async def move_files(command: MoveFiles, unit: Unit) -> None:
    """Raises what attaching to the other ticket would raise."""
    draft = await enter(command, unit)
    draft.require("move", *RULES["move"].states)
    target = await enter(AttachFiles(command.to), unit)
    target.require("attach", *RULES["attach"].states)
    before = len(await unit.files.of(target.id))
    moved = [
        replace(file, ticket=target.id, nth=nth)
        for nth, file in enumerate(await unit.files.of(draft.id), before + 1)
    ]
    for file in moved:
        await unit.files.change(file)
    draft.record(happened.FilesMoved(at=unit.now, by=unit.actor.person, count=len(moved), to=target.number))
    draft.cancel(unit.actor, f"已归入 {target.number}", unit.now)
    await unit.timers.cancel(f"draft:{draft.id}")
    _note(target, moved, unit)


def lost(file: TicketFile, unit: Unit) -> happened.FileLost:
    assert file.trouble is not None
    return happened.FileLost(
        at=unit.now,
        by=unit.actor.person,
        nth=file.nth,
        what=file.kind,
        name=file.name,
        trouble=file.trouble,
        internal=file.internal,
    )


def _note(ticket: Ticket, files: list[TicketFile], unit: Unit) -> None:
    for internal in (False, True):
        some = [file for file in files if file.internal is internal]
        if some:
            ticket.record(
                happened.FilesAdded(
                    at=unit.now, by=unit.actor.person, count=len(some), first=some[0].nth, internal=internal
                )
            )
