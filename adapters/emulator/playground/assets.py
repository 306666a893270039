"""The page's own files, read once, under an address that changes when any of them does."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from aiohttp import web

STATIC = "/playground/static"
_FOLDER = Path(__file__).with_name("static")
_FOR_EVER = "public, max-age=31536000, immutable"

# No inline script, no inline style, no eval: a ticket's text can be anything.
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; "
    "script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Assets:
    """Modules import each other by relative address, so the version is a folder and not a query."""

    def __init__(self) -> None:
        paths = sorted(path for path in _FOLDER.iterdir() if path.is_file())
        self._files = {path.name: path.read_bytes() for path in paths}
        self.version = sha256(b"".join(self._files.values())).hexdigest()[:12]

    def page(self) -> web.Response:
        base = f"{STATIC}/{self.version}"
        html = self._files["page.html"].decode().replace("{static}", base)
        headers = {**SECURITY, "Cache-Control": "no-cache"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        current = request.match_info["version"] == self.version
        headers = {**SECURITY, "Cache-Control": _FOR_EVER if current else "no-store"}
        return web.Response(
            body=self._files[name], content_type=_type_of(name), charset="utf-8", headers=headers
        )


def _type_of(name: str) -> str:
    # A machine's own table may say text/plain for scripts, and browsers refuse such modules.
    known = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    return known.get(Path(name).suffix) or guess_type(name)[0] or "application/octet-stream"
