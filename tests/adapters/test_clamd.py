"""clamd's INSTREAM over a local socket and over TCP, and what is no verdict."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.chat import Unreachable
from adapters.clamd import Clamd
from tests.stories.clamd import SICK, FakeClamd


async def test_over_tcp_a_file_is_clean_or_has_a_name(tmp_path: Path) -> None:
    server, file = FakeClamd(), tmp_path / "file"
    await server.start()
    file.write_bytes(bytes(200_000))
    assert await Clamd(server.address).virus_in(file) == ""
    assert server.scanned == [bytes(200_000)]
    file.write_bytes(b"x" * 70_000 + SICK)
    assert await Clamd(server.address).virus_in(file) == "Eicar-Test"
    await server.stop()


@pytest.mark.parametrize(
    "answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: OK or so\0", b"\xff\xfe"]
)
async def test_over_a_socket_what_is_no_verdict_lets_nothing_through(tmp_path: Path, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(serve, tmp_path / "clamd.sock")
    (tmp_path / "file").write_bytes(b"words")
    with pytest.raises(Unreachable):
        await Clamd(str(tmp_path / "clamd.sock")).virus_in(tmp_path / "file")
    server.close()


@pytest.mark.parametrize("address", ["127.0.0.1:9", "/nowhere/clamd.sock"])
async def test_nobody_there_is_no_verdict(tmp_path: Path, address: str) -> None:
    (tmp_path / "file").write_bytes(b"words")
    with pytest.raises(Unreachable):
        await Clamd(address).virus_in(tmp_path / "file")
