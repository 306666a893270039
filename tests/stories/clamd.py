"""A small virus scanner on a real port that speaks clamd's INSTREAM. What holds SICK is infected."""

from __future__ import annotations

import asyncio

SICK = b"X5O!P%@AP-SICK"


class FakeClamd:
    def __init__(self) -> None:
        self.scanned: list[bytes] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        data = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            data += await reader.readexactly(size)
        self.scanned.append(data)
        writer.write(b"stream: Eicar-Test FOUND\0" if SICK in data else b"stream: OK\0")
        await writer.drain()
        writer.close()
