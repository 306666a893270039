"""Short ways to take and to send files."""

from __future__ import annotations

from adapters.chat import ChatPlatform, FileRef

MOST = 20 * 1024 * 1024


class Bowl:
    """Keeps what is poured into it."""

    def __init__(self) -> None:
        self.data = b""

    async def write(self, piece: bytes) -> None:
        self.data += piece


async def taken(platform: ChatPlatform, file: FileRef, limit: int = MOST) -> bytes:
    bowl = Bowl()
    await platform.fetch(file, bowl, limit=limit)
    return bowl.data
