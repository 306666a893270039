"""``/t/{number}/files/{nth}``: one file's bytes, for whoever holds its signed address, and only as long as that lasts.

Shown inline are pictures that browsers show safely; all else is downloaded. Nothing in it can run or reach out.
"""

from __future__ import annotations

from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web

from bot.links import BadLink, Links
from domain.files.file import TicketFile
from storage.queries.tickets import TicketQueries
from storage.vault import Vault

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=3600",
    "Referrer-Policy": "no-referrer",
}


class FilePage:
    def __init__(self, queries: TicketQueries, vault: Vault, links: Links) -> None:
        self._queries = queries
        self._vault = vault
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/t/{number}/files/{nth:[0-9]{1,4}}", self.serve)]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A forged address, an expired one, and a file that is not there or not to be shown look the same."""
        number, nth = request.match_info["number"], int(request.match_info["nth"])
        try:
            self._links.check_file(number, nth, request.query.get("key", ""))
            file = await self._file(number, nth)
            return web.FileResponse(self._vault.path(file.sha256), headers=_headers(file))
        except (BadLink, FileNotFoundError):
            return aiohttp_jinja2.render_template("bad_link.html", request, {}, status=404)

    async def _file(self, number: str, nth: int) -> TicketFile:
        view = await self._queries.by_number(number)
        found = [file for file in view.files if file.nth == nth and file.can_be_shown] if view else []
        if not found:
            raise FileNotFoundError(number)
        return found[0]


def _headers(file: TicketFile) -> dict[str, str]:
    how = "inline" if file.is_picture else "attachment"
    return {
        **HEADERS,
        "Content-Type": file.type if file.is_picture else "application/octet-stream",
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name, safe='')}",
    }
