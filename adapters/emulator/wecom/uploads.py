"""media/upload and media/get (wecom.md §6; pages 90253 and 90254)."""

from __future__ import annotations

from aiohttp import web

from adapters.emulator.wecom.forms import uploaded
from adapters.emulator.wecom.gateway import Answer, Binary, Call
from adapters.emulator.wecom.media import check_upload
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.state import State


class Uploads:
    def __init__(self, state: State) -> None:
        self._state = state

    def upload(self, call: Call) -> Answer:
        kind = call.query.get("type", "")
        name, data = uploaded(call)
        check_upload(kind, data, ("image", "voice", "video", "file"))
        kept = self._state.media.add(kind, name, data)
        # created_at is a string, of all things
        created = str(int(self._state.clock.now().timestamp()))
        return {"type": kind, "media_id": kept.id, "created_at": created}

    def get(self, call: Call) -> Answer:
        medium = self._state.media.get(call.query.get("media_id", ""))
        return Binary(medium.data, medium.name)

    def add_pages(self, app: web.Application) -> None:
        app.router.add_get("/wwpic/{media_id}", self._picture)

    async def _picture(self, request: web.Request) -> web.Response:
        """What PicUrl of an image message points to: public, as long as the medium lives."""
        try:
            medium = self._state.media.of_kind(request.match_info["media_id"], "image")
        except Refusal:
            raise web.HTTPNotFound from None
        return web.Response(body=medium.data, content_type="image/png")
