"""The least that takes a ticket: plain JSON in, three rows in one transaction, the number out after the commit.

No signature, no permission, no deadline, no audit. On PostgreSQL a transaction for each request; on SQLite, which has
one writer, what waits together shares a commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
from aiohttp import web

CONNECTIONS = 16
AT_ONCE = 64
TABLES = (
    "CREATE TABLE raw_tickets (id {id} PRIMARY KEY, requester text, title text, state text, opened_at text)",
    "CREATE TABLE raw_events (id {id} PRIMARY KEY, ticket bigint, kind text, at text, payload text)",
    "CREATE TABLE raw_outbox (id {id} PRIMARY KEY, ticket bigint, kind text, state text)",
)
NOW = "2026-03-02T02:00:00Z"

Create = Callable[[str, str], Awaitable[int]]


def postgresql_create(pool: asyncpg.Pool) -> Create:
    async def create(user: str, text: str) -> int:
        async with pool.acquire() as connection, connection.transaction():
            number: int = await connection.fetchval(
                "INSERT INTO raw_tickets (requester, title, state, opened_at) VALUES ($1, $2, 'open', $3) RETURNING id",
                *(user, text, NOW),
            )
            await connection.execute(
                "INSERT INTO raw_events (ticket, kind, at, payload) VALUES ($1, 'opened', $2, $3)",
                number,
                NOW,
                text,
            )
            await connection.execute(
                "INSERT INTO raw_outbox (ticket, kind, state) VALUES ($1, 'show', 'waiting')", number
            )
            return number

    return create


class Writer:
    """One connection, one transaction after another, each with all that waits."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        self._waiting: asyncio.Queue[tuple[str, str, asyncio.Future[int]]] = asyncio.Queue()

    async def create(self, user: str, text: str) -> int:
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((user, text, done))
        return await done

    async def run(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            numbers = await asyncio.to_thread(self._write, [(user, text) for user, text, _ in batch])
            for (_, _, done), number in zip(batch, numbers, strict=True):
                done.set_result(number)

    def _write(self, batch: list[tuple[str, str]]) -> list[int]:
        self._connection.execute("BEGIN IMMEDIATE")
        numbers = [self._insert(user, text) for user, text in batch]
        self._connection.execute("COMMIT")
        return numbers

    def _insert(self, user: str, text: str) -> int:
        insert = "INSERT INTO raw_tickets (requester, title, state, opened_at) VALUES (?, ?, 'open', ?)"
        number = self._connection.execute(insert, (user, text, NOW)).lastrowid or 0
        self._connection.execute(
            "INSERT INTO raw_events (ticket, kind, at, payload) VALUES (?, 'opened', ?, ?)",
            (number, NOW, text),
        )
        self._connection.execute(
            "INSERT INTO raw_outbox (ticket, kind, state) VALUES (?, 'show', 'waiting')", (number,)
        )
        return number


def served(create: Create) -> web.Application:
    async def take(request: web.Request) -> web.Response:
        told = await request.json()
        return web.json_response({"number": await create(told["user"], told["text"])})

    async def alive(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/create", take), web.get("/healthz", alive)])
    return app


async def on_postgresql(url: str) -> web.Application:
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    for table in TABLES:
        await pool.execute(table.format(id="bigint GENERATED ALWAYS AS IDENTITY"))
    return served(postgresql_create(pool))


async def on_sqlite(path: str) -> web.Application:
    writer = Writer(path)
    for table in TABLES:
        writer._connection.execute(table.format(id="integer"))
    app = served(writer.create)

    async def working(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.get_running_loop().create_task(writer.run())
        yield
        task.cancel()

    app.cleanup_ctx.append(working)
    return app


def main(url: str, port: str) -> None:
    made = on_postgresql(url) if url.startswith("postgresql:") else on_sqlite(url)
    web.run_app(made, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
