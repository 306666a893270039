"""``/t/{number}``: one ticket on a phone, for whoever holds a card's signed link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp_jinja2
from aiohttp import web

from bot.console.timeline import entries
from bot.files.seeing import seen_by_all
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
        queries: TicketQueries,
        directory: Directory,
        screens: Screens,
        links: Links,
        rooms: RoomBook,
        *,
        now: Callable[[], datetime],
    ) -> None:
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
        number = request.match_info["number"]
        try:
            self._links.check(number, request.query.get("key", ""))
        except BadLink:
            return aiohttp_jinja2.render_template("bad_link.html", request, {}, status=404)
        view = await self._queries.by_number(number)
        if view is None:
            return aiohttp_jinja2.render_template("bad_link.html", request, {}, status=404)
        names = await self._directory.names()
        facts = await self._screens.facts(view)
        rows = await self._queries.timeline(view.id, include_internal=False)
        shown = {
            "ticket": view,
            "state": state_word(view.state),
            "tone": "late" if facts.is_late else state_tone(view.state).value,
            "priority": priority_word(view.priority),
            "due": [field.value for field in facts.due()],
            "entries": entries(list(rows), {int(person): name for person, name in names.items()}),
            "room": await self._room_of(view),
            "files": [self._shown(view, file) for file in seen_by_all(view)],
            "time": lambda moment: local_time(moment, self._now()),
        }
        return aiohttp_jinja2.render_template("ticket.html", request, shown)

    async def _room_of(self, view: TicketView) -> str:
        room = await self._rooms.of(view.id)
        return (
            f"{room.name}（{len(room.inside)} 人）" if room is not None and room.stage is Stage.OPEN else ""
        )

    def _shown(self, view: TicketView, file: TicketFile) -> ShownFile:
        href = self._links.path_to_file(view.number, file.nth) if file.can_be_shown else ""
        name = file.name or called(file.kind, file.nth)
        return ShownFile(name, standing_words(file), href, is_picture=file.is_picture and bool(href))
