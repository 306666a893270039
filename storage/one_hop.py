"""SQLite's connection, in a thread of its own as aiosqlite has it, but with one visit there for a statement.

aiosqlite goes to its thread for the cursor, for the statement, for the rows and for closing, and once more for
BEGIN. Each visit wakes two threads that want the same interpreter lock: they were nine tenths of what a short
statement cost. So BEGIN waits for the first statement, and rows come back with it. What is long still comes in
parts: only the first ``AHEAD`` rows come unasked.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

AHEAD = 256  # rows; most answers are shorter


class OneHop(aiosqlite.Connection):
    """Behaves as its base does, to whoever executes in order and looks at rows afterwards."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, AHEAD)
        self._thread.daemon = True  # as SQLAlchemy does it: a forgotten connection keeps no program alive
        self._begin = ""

    def cursor(self) -> _Cursor:  # type: ignore[override]
        return _Cursor(self)

    async def begin(self, statement: str) -> None:
        self._begin = statement

    async def commit(self) -> None:
        """Of nothing, if nothing was executed."""
        if not self._begin:
            await super().commit()
        self._begin = ""

    async def rollback(self) -> None:
        if not self._begin:
            await super().rollback()
        self._begin = ""

    async def visit(self, work: Callable[[sqlite3.Cursor], Sequence[Any]]) -> _Visited:
        begin, self._begin = self._begin, ""
        try:
            visited: _Visited = await self._execute(  # type: ignore[no-untyped-call]
                _visit, self._conn, begin, work
            )
        except _NotBegun as error:
            self._begin = begin
            raise error.why from None
        return visited


class _NotBegun(Exception):
    def __init__(self, why: Exception) -> None:
        super().__init__(str(why))
        self.why = why


class _Visited:
    """What a statement left behind, and the cursor where more rows may wait."""

    def __init__(self, cursor: sqlite3.Cursor, rows: Sequence[Any]) -> None:
        self.cursor = cursor
        self.rows = deque(rows)
        self.is_whole = len(rows) < AHEAD


def _visit(
    connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Cursor], Sequence[Any]]
) -> _Visited:
    cursor = connection.cursor()
    if begin:
        try:
            cursor.execute(begin)
        except sqlite3.Error as error:
            raise _NotBegun(error) from error
    return _Visited(cursor, work(cursor))


class _Cursor:
    """As SQLAlchemy asks for one."""

    arraysize = 1

    def __init__(self, connection: OneHop) -> None:
        self._connection = connection
        self._visited: _Visited | None = None

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._visited.cursor.description if self._visited else None

    @property
    def rowcount(self) -> int:
        return self._visited.cursor.rowcount if self._visited else -1

    @property
    def lastrowid(self) -> int | None:
        return self._visited.cursor.lastrowid if self._visited else None

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> _Cursor:
        if statement.startswith("BEGIN"):
            await self._connection.begin(statement)
        else:
            self._visited = await self._connection.visit(partial(_executed, statement, parameters))
        return self

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> _Cursor:
        self._visited = await self._connection.visit(partial(_executed_many, statement, parameters))
        return self

    async def fetchall(self) -> Sequence[Any]:
        return [*self._taken(None), *await self._more(sqlite3.Cursor.fetchall)]

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        wanted = size or self.arraysize
        ready = self._taken(wanted)
        if len(ready) == wanted:
            return ready
        return [*ready, *await self._more(lambda cursor: cursor.fetchmany(wanted - len(ready)))]

    async def fetchone(self) -> Any:
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """Rows that nobody wanted would keep the statement open."""
        if self._visited and not self._visited.is_whole:
            await self._connection.visit(partial(_closed, self._visited.cursor))
            self._visited.is_whole = True

    def _taken(self, limit: int | None) -> list[Any]:
        rows = self._visited.rows if self._visited else deque()
        return [rows.popleft() for _ in range(len(rows) if limit is None else min(limit, len(rows)))]

    async def _more(self, fetch: Callable[[sqlite3.Cursor], Sequence[Any]]) -> Sequence[Any]:
        visited = self._visited
        if visited is None or visited.is_whole:
            return []
        return (await self._connection.visit(lambda _: fetch(visited.cursor))).rows


def _executed(statement: str, parameters: Sequence[Any], cursor: sqlite3.Cursor) -> Sequence[Any]:
    cursor.execute(statement, parameters)
    return cursor.fetchmany(AHEAD) if cursor.description else ()


def _executed_many(
    statement: str, parameters: Iterable[Sequence[Any]], cursor: sqlite3.Cursor
) -> Sequence[Any]:
    cursor.executemany(statement, parameters)
    return ()


def _closed(open_: sqlite3.Cursor, _: sqlite3.Cursor) -> Sequence[Any]:
    open_.close()
    return ()


async def connect(database: str, *, timeout: float) -> OneHop:
    """``timeout`` in seconds, for a lock that somebody else has."""
    # What cannot be opened fails here. aiosqlite would fail on a thread that answers a second time, when the loop
    # may be closed, and prints a traceback then.
    sqlite3.connect(database).close()
    # Counts and names of columns are looked at from the loop.
    opened = partial(sqlite3.connect, database, timeout=timeout, check_same_thread=False)
    connection = OneHop(opened)
    await connection
    return connection
