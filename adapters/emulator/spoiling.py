"""Files that come down broken: both vendors' servers spoil what they hand out, as planned."""

from __future__ import annotations

from collections import deque
from enum import Enum

from aiohttp import web

PAGE = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


class Spoil(Enum):
    TRUNCATED = "truncated"  # announced whole, then the connection ends half way
    EMPTY = "empty"  # no bytes at all
    ERROR_PAGE = "error page"  # HTML, labelled as the file
    RESET = "reset"  # the connection dies before a byte


class Spoils:
    """The next downloads, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Spoil] = deque()

    def plan(self, how: Spoil, times: int = 1) -> None:
        self._waiting.extend([how] * times)

    def clear(self) -> None:
        self._waiting.clear()

    async def answer(self, request: web.Request, whole: web.Response) -> web.StreamResponse:
        """``whole``, or what has become of it."""
        how = self._waiting.popleft() if self._waiting else None
        match how:
            case None:
                return whole
            case Spoil.EMPTY:
                return web.Response(headers=_label(whole))
            case Spoil.ERROR_PAGE:
                return web.Response(body=PAGE, headers=_label(whole))
            case Spoil.RESET:
                _cut(request)
                return web.Response()
        return await _half(request, whole)


async def _half(request: web.Request, whole: web.Response) -> web.StreamResponse:
    data = whole.body
    assert isinstance(data, bytes)
    response = web.StreamResponse(headers=_label(whole))
    response.content_length = len(data)
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    _cut(request)
    return response


def _label(whole: web.Response) -> dict[str, str]:
    return {name: value for name, value in whole.headers.items() if name.lower() != "content-length"}


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
