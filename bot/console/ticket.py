"""``/t/{number}``: one ticket on a phone, for whoever holds a card's signed link, or is logged in and may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.console.login import way_to
from bot.console.reading import Readers, Reading
from bot.console.timeline import entries
from bot.files.wording import called, standing_words
from bot.links import BadLink, Links
from bot.screens import Screens
from bot.wording import local_time, priority_word, state_tone, state_word
from domain.files.file import TicketFile
from domain.rooms.room import Stage
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.queries.views import TicketView
from storage.rooms import RoomBook


@dataclass(frozen=True)
class ShownFile:
    """``href`` is "" for what can't be had."""

    name: str
    standing: str
    href: str
    is_picture: bool


class TicketPage:
    def __init__(
        self,
        readers: Readers,
        queries: TicketQueries,
        directory: Directory,
        screens: Screens,
        links: Links,
        rooms: RoomBook,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._readers = readers
        self._queries = queries
        self._directory = directory
        self._screens = screens
        self._links = links
        self._rooms = rooms
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/t/{number}", self.show)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """A forged link, an expired one and a ticket that does not exist look the same."""
        reading = await self._readers.of(request, by_link=self._is_signed(request))
        if isinstance(reading, web.StreamResponse):
            return reading
        return aiohttp_jinja2.render_template("ticket.html", request, await self._shown(reading))

    def _is_signed(self, request: web.Request) -> bool:
        try:
            self._links.check(request.match_info["number"], request.query.get("key", ""))
        except BadLink:
            return False
        return True

    async def _shown(self, reading: Reading) -> dict[str, Any]:
        view = reading.view
        names = await self._directory.names()
        facts = await self._screens.facts(view)
        rows = await self._queries.timeline(view.id, include_internal=reading.notes)
        return {
            "ticket": view,
            "visitor": reading.visitor,
            "login": way_to(f"/t/{view.number}") if self._readers.may_log_in else "",
            "state": state_word(view.state),
            "tone": "late" if facts.is_late else state_tone(view.state).value,
            "priority": priority_word(view.priority),
            "due": [field.value for field in facts.due()],
            "entries": entries(list(rows), {int(person): name for person, name in names.items()}),
            "room": await self._room_of(view),
            "files": [self._file(reading, file) for file in reading.files],
            "time": lambda moment: local_time(moment, self._now()),
        }

    async def _room_of(self, view: TicketView) -> str:
        room = await self._rooms.of(view.id)
        return (
            f"{room.name}（{len(room.inside)} 人）" if room is not None and room.stage is Stage.OPEN else ""
        )

    def _file(self, reading: Reading, file: TicketFile) -> ShownFile:
        href = self._path_to(reading, file) if file.can_be_shown else ""
        name = file.name or called(file.kind, file.nth)
        return ShownFile(name, standing_words(file), href, is_picture=file.is_picture and bool(href))

    def _path_to(self, reading: Reading, file: TicketFile) -> str:
        """Who is logged in needs no signature, and has none to pass on."""
        number = reading.view.number
        return (
            f"/t/{number}/files/{file.nth}" if reading.visitor else self._links.path_to_file(number, file.nth)
        )
