"""Bodies are read up to a limit, whatever their headers claim."""

from __future__ import annotations

import aiohttp


class TooBig(Exception):
    pass


async def read_capped(stream: aiohttp.StreamReader, limit: int, *, announced: int | None) -> bytes:
    """The whole of ``stream``. Raises TooBig, before reading anything where the sender is honest."""
    if announced is not None and announced > limit:
        raise TooBig(f"{announced} > {limit} bytes")
    pieces, size = [], 0
    async for piece in stream.iter_any():
        size += len(piece)
        if size > limit:
            raise TooBig(f"more than {limit} bytes")
        pieces.append(piece)
    return b"".join(pieces)
