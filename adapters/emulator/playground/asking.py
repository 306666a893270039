"""Reading what the page asks for. The page is ours, but the port is open to whatever runs on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapters.emulator.playground.phones import Attachment, Press

# Another site can make a browser post forms here, but not with a header of its own.
GUARD = "X-Playground"
_MOST_BYTES = 24 * 1024 * 1024
_KINDS = {"image", "file", "voice"}


@dataclass(frozen=True)
class Asked:
    body: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.body.get(name)
        if not isinstance(value, str):
            raise web.HTTPBadRequest(text=f"{name} must be a string")
        return value

    def flag(self, name: str) -> bool:
        return self.body.get(name) is True

    def number(self, name: str) -> float:
        value = self.body.get(name)
        if not isinstance(value, int | float):
            raise web.HTTPBadRequest(text=f"{name} must be a number")
        return float(value)

    def texts(self, name: str) -> list[str]:
        value = self.body.get(name, [])
        return [str(item) for item in value] if isinstance(value, list) else []

    def press(self) -> Press:
        answers = self.body.get("answers") or {}
        chosen = {str(question): [str(option) for option in options] for question, options in answers.items()}
        form = self.body.get("form")
        return Press(self.text("bubble"), self.text("key"), chosen, form if isinstance(form, dict) else None)

    def attachment(self) -> Attachment:
        kind = self.text("kind")
        if kind not in _KINDS:
            raise web.HTTPBadRequest(text=f"kind must be one of {sorted(_KINDS)}")
        content = self.body.get("file", b"")
        return Attachment(kind, str(self.body.get("name") or kind), content, str(self.body.get("words", "")))


async def read(request: web.Request) -> Asked:
    if GUARD not in request.headers:
        raise web.HTTPForbidden(text=f"{GUARD} is missing")
    if request.content_type == "multipart/form-data":
        return Asked(await _parts(request))
    body = await request.json()
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="an object is expected")
    return Asked(body)


async def _parts(request: web.Request) -> dict[str, Any]:
    # How much the host's application takes is meant for the host's own doors.
    form = await request.clone(client_max_size=_MOST_BYTES).post()
    return {name: value for field, content in form.items() for name, value in _part(field, content)}


def _part(field: str, content: str | bytes | bytearray | web.FileField) -> list[tuple[str, Any]]:
    if isinstance(content, web.FileField):
        with content.file as file:
            return [(field, file.read()), ("name", content.filename)]
    return [(field, content)]
