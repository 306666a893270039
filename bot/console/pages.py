"""Joins templates and static files to an aiohttp application, under a strict content policy."""

from __future__ import annotations

import hashlib
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

HERE = Path(__file__).parent
STATIC = HERE / "static"
YEAR = 365 * 24 * 3600

# No inline script or style and no eval anywhere: what users typed can never run.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def set_up_pages(app: web.Application) -> None:
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    aiohttp_jinja2.get_env(app).globals["asset"] = asset
    # Names that a file system refuses (too long, with a NUL) are no file of ours either.
    app.router.add_get("/assets/{path:[A-Za-z0-9._/-]{1,200}}", _serve)
    app.on_response_prepare.append(_harden)


def asset(path: str) -> str:
    """The address of a static file with a hash of its content, so that it may be cached for ever."""
    file = STATIC / path
    version = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "missing"
    return f"/assets/{path}?v={version}"


async def _serve(request: web.Request) -> web.StreamResponse:
    file = (STATIC / request.match_info["path"]).resolve()
    if not file.is_relative_to(STATIC.resolve()) or not file.is_file():
        raise web.HTTPNotFound
    age = f"public, max-age={YEAR}, immutable" if "v" in request.query else "no-cache"
    return web.FileResponse(file, headers={"Cache-Control": age})


async def _harden(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # No other site learns an address, and with "no-referrer" browsers would send forms of ours with Origin: null.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
