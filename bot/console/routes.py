"""All pages, made and joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import web

from adapters.signing_in import SignIn
from bot.bus import Bus
from bot.console.attempts import Attempts
from bot.console.files import FilePage
from bot.console.joining import JoinPage
from bot.console.login import LoginPages
from bot.console.proofs import Proofs
from bot.console.reading import Readers
from bot.console.ticket import TicketPage
from bot.console.visitors import Cookies, Visitors
from bot.links import Links
from bot.platforms import link_secret
from bot.screens import Screens
from bot.settings import Settings
from bot.settings.platforms import VERIFY_FILE
from storage.database import Database
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.rooms import RoomBook
from storage.vault import Vault
from storage.web_sessions import WebSessions


def console_routes(
    settings: Settings,
    sign_ins: Mapping[str, SignIn],
    database: Database,
    queries: TicketQueries,
    directory: Directory,
    screens: Screens,
    links: Links,
    vault: Vault,
    bus: Callable[[], Bus],
    *,
    now: Callable[[], datetime],
) -> list[web.RouteDef]:
    sessions, cookies = WebSessions(database), Cookies(settings.server.public_url)
    visitors = Visitors(sessions, cookies, now=now)
    attempts = Attempts(link_secret(settings), now=now)
    login = LoginPages(sign_ins, attempts, sessions, visitors, cookies, directory, now=now)
    proofs = Proofs(link_secret(settings), now=now)
    joining = JoinPage(sign_ins, links, proofs, visitors, cookies, directory, bus, now=now)
    readers = Readers(queries, visitors if sign_ins else None, settings.server.login)
    return [
        *TicketPage(readers, queries, directory, screens, links, RoomBook(database), now=now).routes(),
        *FilePage(readers, vault, links).routes(),
        *login.routes(),
        *joining.routes(),
        *_proof_of_domain(settings),
    ]


def _proof_of_domain(settings: Settings) -> list[web.RouteDef]:
    """The console believes that a domain is ours when it finds the file that it gave us there; what the file
    holds is in its name."""
    named = VERIFY_FILE.fullmatch(settings.wecom.verify_file) if settings.wecom else None
    if named is None:
        return []
    text = named.group(1)

    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=text)

    return [web.get(f"/{named.group()}", serve)]
