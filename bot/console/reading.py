"""Who may read a ticket on the web: whoever could read it in the chat, and who holds a card's link if that suffices."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp_jinja2
from aiohttp import web

from bot.console.login import way_to
from bot.console.visitors import Visitor, Visitors
from bot.files.seeing import reads_notes, seen_by, seen_by_all
from domain.files.file import TicketFile
from storage.queries.tickets import TicketQueries
from storage.queries.views import TicketView


@dataclass(frozen=True)
class Reading:
    """``visitor`` is None for whoever reads by a link: no name, no notes."""

    view: TicketView
    visitor: Visitor | None

    @property
    def notes(self) -> bool:
        return self.visitor is not None and reads_notes(self.view, self.visitor.person.actor)

    @property
    def files(self) -> tuple[TicketFile, ...]:
        return seen_by(self.view, self.visitor.person.actor) if self.visitor else seen_by_all(self.view)


class Readers:
    """``login`` is "off", "optional" or "required", as the settings say."""

    def __init__(self, queries: TicketQueries, visitors: Visitors | None, login: str) -> None:
        self._queries = queries
        self._visitors = visitors
        self.link_suffices = login != "required" or visitors is None

    @property
    def may_log_in(self) -> bool:
        return self._visitors is not None

    async def of(self, request: web.Request, *, by_link: bool) -> Reading | web.StreamResponse:
        """``by_link``: the address carries a signature that is good. Else the answer for who may not read: the
        same for what is forbidden and for what does not exist."""
        number = request.match_info["number"]
        visitor = await self._visitors.of(request) if self._visitors else None
        if visitor is not None:
            view = await self._queries.visible(number, visitor.person.actor)
            if view is not None:
                return Reading(view, visitor)
        if by_link and self.link_suffices:
            view = await self._queries.by_number(number)
            if view is not None:
                return Reading(view, None)
        return self._none(request, visitor)

    def _none(self, request: web.Request, visitor: Visitor | None) -> web.StreamResponse:
        login = way_to(request.path) if self.may_log_in else ""
        asked_by_link = "key" in request.query and self.link_suffices
        if visitor is None and login and not asked_by_link:
            raise web.HTTPFound(login)
        shown = {"visitor": visitor, "login": login}
        return aiohttp_jinja2.render_template("bad_link.html", request, shown, status=404)
