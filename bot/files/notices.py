"""What follows from events of files: they are fetched, and people hear of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from bot.effects import Effect, FetchFile, TellFiles
from bot.files.wording import lost_words
from bot.scene import Scene
from domain.base import Event
from domain.files.events import FileLost, FilesAdded
from domain.files.file import Stage
from domain.tickets.states import State


async def files_added(event: FilesAdded, scene: Scene) -> Iterable[Effect]:
    """What came with the ticket's first words is on its first cards; nobody is told of it besides."""
    ticket, numbers = scene.ticket, range(event.first, event.first + event.count)
    added = [file for file in await scene.unit.files.of(ticket.id) if file.nth in numbers]
    fetches = [FetchFile(file=file.id, ticket=ticket.id) for file in added if file.stage is Stage.WAITING]
    if scene.unit.tickets.is_new(ticket.id):
        return fetches
    if ticket.state is State.DRAFT:
        return [*fetches, scene.refresh()]
    tell = TellFiles(ticket=ticket.id, by=event.by, first=event.first, internal=event.internal)
    return [*fetches, scene.refresh(), tell]


async def file_lost(event: FileLost, scene: Scene) -> Iterable[Effect]:
    """Said to whoever sent it, who is the one that can send it again."""
    file = next(file for file in await scene.unit.files.of(scene.ticket.id) if file.nth == event.nth)
    words = lost_words(event.what, event.nth, event.name, event.trouble)
    return [*scene.say(file.by, f"{scene.ticket.number} 的{words}。"), scene.refresh()]


FILE_TELLERS: Mapping[type[Event], Callable[[Any, Scene], Awaitable[Iterable[Effect]]]] = {
    FilesAdded: files_added,
    FileLost: file_lost,
}
