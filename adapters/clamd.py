"""Asking a ClamAV daemon about a file: INSTREAM over TCP or a local socket, as clamd(8) describes it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.chat import Unreachable

PIECE = 64 * 1024
PATIENCE = 60.0  # seconds for one file; a scan of 20 MB takes about one
_FOUND = re.compile(r"stream: (.+) FOUND")


class Clamd:
    """``address`` is "host:port" or the path of a socket."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def virus_in(self, file: Path) -> str:
        """The name of what was found, "" for a clean file.

        Raises Unreachable when there is no verdict: the daemon is away, or too small for the file.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return _verdict(await self._asked(file))
        except (OSError, TimeoutError, EOFError) as error:
            raise Unreachable(f"clamd: {type(error).__name__}") from None

    async def _asked(self, file: Path) -> str:
        async with self._connected() as (reader, writer):
            writer.write(b"zINSTREAM\0")
            with await asyncio.to_thread(file.open, "rb") as data:
                while piece := await asyncio.to_thread(data.read, PIECE):
                    writer.write(len(piece).to_bytes(4, "big") + piece)
                    await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            return (await reader.read(4096)).decode(errors="replace").strip("\0\n ")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        host, colon, port = self._address.rpartition(":")
        if colon and port.isdigit() and "/" not in self._address:
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        else:
            reader, writer = await asyncio.open_unix_connection(self._address)
        try:
            yield reader, writer
        finally:
            writer.close()


def _verdict(answer: str) -> str:
    if answer == "stream: OK":
        return ""
    found = _FOUND.fullmatch(answer)
    if found is None:
        raise Unreachable(f"clamd: {answer[:100] or 'no answer'}")
    return found.group(1)
