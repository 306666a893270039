"""A pooler in transaction mode, as unkind as one may be: each transaction gets another server session than the last.

It speaks PostgreSQL's protocol as PgBouncer does: refuses what that refuses in a startup message, and a session
belongs to a client only from the first message of a transaction to its end. It notes what was asked, so that a test
can look for what would have been left behind.
"""

from __future__ import annotations

import asyncio
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

PORT = 5432
SSL, CANCEL = 80877103, 80877102
KNOWN = {"user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone"}
IDLE, GOODBYE = b"I", b"X"
Message = tuple[bytes, bytes]  # kind and body


@dataclass
class Session:
    """One connection to the server, after its greeting."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytes


@dataclass
class Pooler:
    to: str  # the URL of the server
    folder: Path
    size: int = 3
    named: list[str] = field(default_factory=list)  # statements that would stay in a session
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _free: asyncio.Queue[Session] = field(default_factory=asyncio.Queue)
    _all: list[Session] = field(default_factory=list)
    _clients: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        parts = urlsplit(self.to)
        user = parts.username or "postgres"
        return urlunsplit(parts._replace(netloc=f"{user}@", query=urlencode({"host": str(self.folder)})))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pooler]:
        for _ in range(self.size):
            session = await self._connect()
            self._all.append(session)
            self._free.put_nowait(session)
        server = await asyncio.start_unix_server(self._serve, self.folder / f".s.PGSQL.{PORT}")
        try:
            yield self
        finally:
            server.close()
            for writer in [*self._clients, *(session.writer for session in self._all)]:
                writer.transport.abort()
            await server.wait_closed()

    # ── to the server ──

    async def _connect(self) -> Session:
        parts = urlsplit(self.to)
        host = parse_qs(parts.query).get("host", [""])[0] or parts.hostname or ""
        port = parts.port or PORT
        reader, writer = await (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if host.startswith("/")
            else asyncio.open_connection(host, port)
        )
        names = {"user": parts.username or "postgres", "database": parts.path.lstrip("/")}
        writer.write(_startup(names))
        greeting = b""
        while True:
            kind, body = await _message(reader)
            if kind == b"E" or (kind == b"R" and body[:4] != bytes(4)):
                raise RuntimeError(f"the pooler knows no passwords: {body!r}")
            greeting += _framed(kind, body)
            if kind == b"Z":
                return Session(reader, writer, greeting)

    # ── to a client ──

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        said: asyncio.Queue[Message] = asyncio.Queue()
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            if await self._greet(reader, writer):
                async with asyncio.TaskGroup() as group:
                    hearing = group.create_task(_hear(reader, said))
                    while await self._transaction(said, writer):
                        pass
                    hearing.cancel()
        self._clients.discard(writer)
        writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        while True:
            (length,) = struct.unpack("!I", await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            (code,) = struct.unpack("!I", body[:4])
            if code == CANCEL:
                return False
            if code != SSL:
                break
            writer.write(b"N")
        words = body[4:].rstrip(b"\0").split(b"\0")
        odd = {word.decode() for word in words[::2]} - KNOWN
        if odd:
            self.refused.extend(odd)
            writer.write(_error(f"unsupported startup parameter: {', '.join(sorted(odd))}"))
            return False
        writer.write(self._all[0].greeting)
        return True

    async def _transaction(self, said: asyncio.Queue[Message], writer: asyncio.StreamWriter) -> bool:
        """From a first message to the moment when the server is idle again."""
        first = await said.get()
        if first[0] == GOODBYE:
            return False
        session = await self._free.get()
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(self._ask(first, said, session))
            while await _answer(session, writer) != IDLE:
                pass
            asking.cancel()
        self._free.put_nowait(session)
        return True

    async def _ask(self, message: Message, said: asyncio.Queue[Message], session: Session) -> None:
        while message[0] != GOODBYE:
            self._note(*message)
            session.writer.write(_framed(*message))
            message = await said.get()
        session.writer.write(_framed(b"Q", b"ROLLBACK\0"))  # gone in the middle of a transaction

    def _note(self, kind: bytes, body: bytes) -> None:
        if kind == b"P":
            name, _, rest = body.partition(b"\0")
            self.asked.append(rest.partition(b"\0")[0].decode())
            self.named += [name.decode()] if name else []
        elif kind == b"Q":
            self.asked.append(body.rstrip(b"\0").decode())


def _startup(names: dict[str, str]) -> bytes:
    words = b"".join(f"{key}\0{value}\0".encode() for key, value in names.items()) + b"\0"
    return struct.pack("!II", len(words) + 8, 196608) + words


async def _hear(reader: asyncio.StreamReader, said: asyncio.Queue[Message]) -> None:
    """All that a client says, and its goodbye even if it just goes."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            said.put_nowait(await _message(reader))
    said.put_nowait((GOODBYE, b""))


async def _answer(session: Session, writer: asyncio.StreamWriter) -> bytes:
    """How the server stands after its next word: "I" when the transaction is over, "" in the middle of an answer."""
    kind, body = await _message(session.reader)
    if not writer.is_closing():
        writer.write(_framed(kind, body))
    return body if kind == b"Z" else b""


async def _message(reader: asyncio.StreamReader) -> Message:
    kind = await reader.readexactly(1)
    (length,) = struct.unpack("!I", await reader.readexactly(4))
    return kind, await reader.readexactly(length - 4)


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _error(words: str) -> bytes:
    return _framed(b"E", b"SFATAL\0VFATAL\0C08P01\0M" + words.encode() + b"\0\0")


@asynccontextmanager
async def pooled(url: str, size: int = 3) -> AsyncIterator[Pooler]:
    # A socket's path may have about 100 bytes, and temporary folders of some systems have most of them.
    with tempfile.TemporaryDirectory(prefix="pool-", dir="/tmp") as folder:
        async with Pooler(url, Path(folder), size).running() as pooler:
            yield pooler
