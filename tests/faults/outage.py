"""Ways in which a database can be out of reach, each really so: cut off, blocked by somebody, or failing at a row."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg

PORT = 5432
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


@asynccontextmanager
async def blocked(url: str) -> AsyncIterator[None]:
    """Somebody else is in the middle of a long write: on SQLite nobody can, on PostgreSQL no message can be served."""
    if is_sqlite(url):
        connection = sqlite3.connect(_path(url), isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
        connection.close()
        return
    postgres = await asyncpg.connect(url)
    async with postgres.transaction():
        await postgres.execute("LOCK TABLE once IN ACCESS EXCLUSIVE MODE")
        yield
    await postgres.close()


@asynccontextmanager
async def poisoned(url: str, title: str) -> AsyncIterator[None]:
    """Tickets with ``title`` can't be stored, as if our code had a bug for just these."""
    for statement in _poison(url, title):
        await _execute(url, statement)
    yield
    await _execute(url, "DROP TRIGGER poison" + ("" if is_sqlite(url) else " ON tickets"))


def _poison(url: str, title: str) -> list[str]:
    if is_sqlite(url):
        when = f"BEFORE INSERT ON tickets WHEN NEW.title LIKE '%{title}%'"
        return [f"CREATE TRIGGER poison {when} BEGIN SELECT RAISE(ABORT, 'poison'); END"]
    when = f"BEFORE INSERT ON tickets FOR EACH ROW WHEN (NEW.title LIKE '%{title}%')"
    return [
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$",
        f"CREATE TRIGGER poison {when} EXECUTE FUNCTION poison()",
    ]


async def _execute(url: str, statement: str) -> None:
    if is_sqlite(url):
        await asyncio.to_thread(
            _execute_on_sqlite, url, statement
        )  # whoever writes now needs the loop to end
        return
    postgres = await asyncpg.connect(url)
    await postgres.execute(statement)
    await postgres.close()


def _execute_on_sqlite(url: str, statement: str) -> None:
    connection = sqlite3.connect(_path(url))
    connection.execute(statement)
    connection.commit()
    connection.close()


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


class Line:
    """A socket of its own in front of PostgreSQL's. Cut, it is for the program as if the server had been killed."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = urlsplit(url)
        self._to = parse_qs(parts.query).get("host", [""])[0] or parts.hostname or ""
        self._to_port = parts.port or PORT
        self._socket = folder / f".s.PGSQL.{PORT}"
        self.url = urlunsplit(parts._replace(netloc="postgres@", query=urlencode({"host": str(folder)})))
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_unix_server(self._forward, self._socket)

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()
        await self._server.wait_closed()
        self._socket.unlink(missing_ok=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await self._connect()
        self._open |= {writer, there_writer}
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))
        self._open -= {writer, there_writer}

    async def _connect(self) -> Streams:
        if self._to.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._to}/.s.PGSQL.{self._to_port}")
        return await asyncio.open_connection(self._to, self._to_port)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    with suppress(ConnectionError, RuntimeError):
        writer.close()


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    # A socket's path may have about 100 bytes, and temporary folders of some systems have most of them.
    with tempfile.TemporaryDirectory(prefix="line-", dir="/tmp") as folder:
        line = Line(url, Path(folder))
        await line.mend()
        try:
            yield line
        finally:
            await line.cut()
