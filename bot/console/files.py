"""``/t/{number}/files/{nth}``: one file's bytes, for who is logged in and may see it, or holds its signed address.

Shown inline are pictures that browsers show safely; all else is downloaded. Nothing in it can run or reach out.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web

from bot.console.reading import Readers, Reading
from bot.links import BadLink, Links
from domain.files.file import TicketFile
from storage.vault import Vault

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


class FilePage:
    def __init__(self, readers: Readers, vault: Vault, links: Links) -> None:
        self._readers = readers
        self._vault = vault
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/t/{number}/files/{nth:[0-9]{1,4}}", self.serve)]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A forged address, an expired one, and a file that is not there or not to be shown look the same."""
        nth = int(request.match_info["nth"])
        signed = self._is_signed(request, nth)
        reading = await self._readers.of(request, by_link=signed)
        if isinstance(reading, web.StreamResponse):
            return reading
        try:
            # Who was given the address of a note's file in the chat may have it.
            everything = signed and self._readers.link_suffices
            file = _nth(reading.view.files if everything else reading.files, nth)
            return web.FileResponse(self._vault.path(file.sha256), headers=_headers(file, reading))
        except FileNotFoundError:
            shown = {"visitor": reading.visitor, "login": ""}
            return aiohttp_jinja2.render_template("bad_link.html", request, shown, status=404)

    def _is_signed(self, request: web.Request, nth: int) -> bool:
        try:
            self._links.check_file(request.match_info["number"], nth, request.query.get("key", ""))
        except BadLink:
            return False
        return True


def _nth(files: Sequence[TicketFile], nth: int) -> TicketFile:
    """Raises FileNotFoundError."""
    found = [file for file in files if file.nth == nth and file.can_be_shown]
    if not found:
        raise FileNotFoundError(nth)
    return found[0]


def _headers(file: TicketFile, reading: Reading) -> dict[str, str]:
    how = "inline" if file.is_picture else "attachment"
    return {
        **HEADERS,
        # After logging out nothing is left in the browser.
        "Cache-Control": "no-store" if reading.visitor else "private, max-age=3600",
        "Content-Type": file.type if file.is_picture else "application/octet-stream",
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name, safe='')}",
    }
