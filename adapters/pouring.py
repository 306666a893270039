"""Files are poured from the wire into whoever keeps them, piece by piece and up to a limit."""

from __future__ import annotations

from collections.abc import AsyncIterable

from adapters.chat import Sink, TooBig

PIECE = 64 * 1024


async def pour(pieces: AsyncIterable[bytes], into: Sink, limit: int, *, announced: int | None = None) -> None:
    """Raises TooBig, before anything is read where the sender is honest; headers may say anything."""
    if announced is not None and announced > limit:
        raise TooBig("download.size", f"{announced} > {limit}")
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TooBig("download.size", f"more than {limit}")
        await into.write(piece)
