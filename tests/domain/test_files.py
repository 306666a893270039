"""Files in the domain: numbered, capped, moved, kept once; pictures and their words become one ticket (flow C)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.catalog import HANDLERS
from domain.base import CLOCK, Command
from domain.files.attaching import AttachFiles, IncomingFile, MoveFiles
from domain.files.events import FileKept, FileLost, FilesAdded
from domain.files.file import Caps, Check, Kept, Stage, Trouble
from domain.files.settling import KeepFile, LoseFile, PassFile
from domain.people.people import Person
from domain.tickets.errors import NotAllowed, NotNow, TicketNotFound
from domain.tickets.opening import OpenTicket, StartDraft
from domain.tickets.resolving import CancelTicket
from domain.tickets.ticket import ONLY_FILES
from tests.domain.people import CHAT, LI, STRANGER, ZHANG, Memory

PICTURE = IncomingFile("p", "image", "code")


async def do(unit: Memory, command: Command[Any], by: Person | None = ZHANG) -> Any:
    return await HANDLERS[type(command)](command, unit.by(by or CLOCK))


def kept(size: int = 10, check: Check = Check.NONE) -> Kept:
    return Kept("a" * 64, size, "image/png", is_picture=True, check=check)


async def opened(unit: Memory) -> str:
    return str(await do(unit, OpenTicket("打印机卡纸", CHAT)))


async def stages(unit: Memory, ticket: int = 1) -> Sequence[Stage]:
    return [file.stage for file in await unit.files.of(ticket)]  # type: ignore[arg-type]


async def test_files_are_numbered_on_and_the_rest_is_told_to_be_too_many() -> None:
    unit = Memory(caps=Caps(ticket_files=3))
    number = await opened(unit)
    await do(unit, AttachFiles(number, (PICTURE, PICTURE)))
    await do(unit, AttachFiles(number, (PICTURE, PICTURE)), LI)
    assert [file.nth for file in await unit.files.of(unit.tickets.kept[1].id)] == [1, 2, 3, 4]
    assert (await stages(unit))[2:] == [Stage.WAITING, Stage.LOST]
    lost = [event for event in unit.tickets.kept[1].events if isinstance(event, FileLost)]
    assert [(event.nth, event.trouble) for event in lost] == [(4, Trouble.NO_ROOM)]


async def test_only_who_may_know_of_the_ticket_adds_to_it() -> None:
    unit = Memory()
    number = await opened(unit)
    with pytest.raises(TicketNotFound):
        await do(unit, AttachFiles(number, (PICTURE,)), STRANGER)
    await do(unit, CancelTicket(number))
    with pytest.raises(NotNow):
        await do(unit, AttachFiles(number, (PICTURE,)))


async def test_a_file_is_kept_once_and_its_code_forgotten() -> None:
    unit = Memory()
    number = await opened(unit)
    await do(unit, AttachFiles(number, (PICTURE,)))
    assert await do(unit, KeepFile("#1", 1, kept()), None)
    assert await do(unit, KeepFile("#1", 1, kept()), None)
    await do(unit, LoseFile("#1", 1, Trouble.GONE), None)
    (file,) = await unit.files.of(unit.tickets.kept[1].id)
    assert (file.stage, file.key, file.name) == (Stage.KEPT, "", "图片.png")
    assert sum(isinstance(event, FileKept) for event in unit.tickets.kept[1].events) == 1


async def test_all_files_of_a_ticket_together_have_a_limit() -> None:
    unit = Memory(caps=Caps(ticket_bytes=100))
    number = await opened(unit)
    await do(unit, AttachFiles(number, (PICTURE, PICTURE)))
    assert await do(unit, KeepFile("#1", 1, kept(60)), None)
    assert not await do(unit, KeepFile("#1", 2, kept(60)), None)
    assert await stages(unit) == [Stage.KEPT, Stage.LOST]


async def test_an_infected_file_is_lost_at_once_or_when_the_scanner_is_back() -> None:
    unit = Memory()
    number = await opened(unit)
    await do(unit, AttachFiles(number, (PICTURE, PICTURE, PICTURE)))
    assert not await do(unit, KeepFile("#1", 1, kept(check=Check.INFECTED)), None)
    for nth, check in ((2, Check.INFECTED), (3, Check.CLEAN)):
        await do(unit, KeepFile("#1", nth, kept(check=Check.PENDING)), None)
        assert not (await unit.files.get(nth)).can_be_shown
        await do(unit, PassFile("#1", nth, check), None)
    assert [file.can_be_shown for file in await unit.files.of(unit.tickets.kept[1].id)] == [
        False,
        False,
        True,
    ]


async def test_nobody_but_the_clock_settles_a_file() -> None:
    unit = Memory()
    number = await opened(unit)
    await do(unit, AttachFiles(number, (PICTURE,)))
    with pytest.raises(NotAllowed):
        await do(unit, KeepFile(number, 1, kept()), ZHANG)


# ── flow C ──


async def test_the_words_after_a_picture_are_the_drafts_words() -> None:
    unit = Memory()
    draft = await do(unit, StartDraft(ONLY_FILES, CHAT))
    again = await do(unit.later(minutes=2), StartDraft(ONLY_FILES, CHAT))
    said = await do(unit.later(minutes=9), StartDraft("3楼打印机卡纸", CHAT))
    assert draft == again == said
    ticket = unit.tickets.kept[1]
    assert (ticket.text, ticket.title, ticket.desk, ticket.place) == (
        "3楼打印机卡纸",
        "3楼打印机卡纸",
        "it",
        "3楼",
    )


async def test_words_long_after_a_picture_are_another_matter() -> None:
    unit = Memory()
    draft = await do(unit, StartDraft(ONLY_FILES, CHAT))
    assert await do(unit.later(minutes=11), StartDraft("3楼打印机卡纸", CHAT)) != draft


async def test_a_picture_after_words_goes_with_them() -> None:
    unit = Memory()
    draft = await do(unit, StartDraft("3楼打印机卡纸", CHAT))
    assert await do(unit.later(minutes=5), StartDraft(ONLY_FILES, CHAT)) == draft
    assert unit.tickets.kept[1].text == "3楼打印机卡纸"


async def test_pictures_that_were_meant_for_a_ticket_move_there() -> None:
    unit = Memory()
    number = await opened(unit)
    await do(unit, AttachFiles(number, (PICTURE,)))
    draft = str(await do(unit, StartDraft(ONLY_FILES, CHAT)))
    await do(unit, AttachFiles(draft, (PICTURE, PICTURE)))
    await do(unit, MoveFiles(draft, number))
    assert [file.nth for file in await unit.files.of(unit.tickets.kept[1].id)] == [1, 2, 3]
    assert unit.tickets.kept[2].is_over
    added = [event for event in unit.tickets.kept[1].events if isinstance(event, FilesAdded)]
    assert [(event.first, event.count) for event in added] == [(1, 1), (2, 2)]


async def test_pictures_move_only_to_what_their_author_may_know_of() -> None:
    unit = Memory()
    number = await opened(unit)
    draft = str(await do(unit, StartDraft(ONLY_FILES, CHAT), STRANGER))
    with pytest.raises(TicketNotFound):
        await do(unit, MoveFiles(draft, number), STRANGER)
