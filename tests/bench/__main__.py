"""``python -m tests.bench``: all benchmarks, on SQLite and on a durable PostgreSQL of its own; the report on stdout."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.bench.report import Chapter, markdown
from bot.bench.running import chapters
from storage.clock import machine_time
from tests.bench.create import bench_create
from tests.databases import Postgres, postgres_server

MILLION = 1_000_000
CONNECTIONS = (16, 64)


async def everything(server: Postgres) -> AsyncIterator[Chapter]:
    with TemporaryDirectory(prefix="paidan-bench-") as made:
        folder = Path(made)
        for chapter in await bench_create(await server.create(), await server.create(), folder, CONNECTIONS):
            yield chapter
        sqlite = f"sqlite:///{folder / 'ours.db'}"
        for chapter in await bench_create(sqlite, str(folder / "raw.db"), folder, CONNECTIONS):
            yield chapter
    async for chapter in chapters(await server.create(), MILLION, machine_time()):
        yield chapter


async def main() -> None:
    with postgres_server(durable=True) as server:
        sys.stdout.write(markdown([chapter async for chapter in everything(server)]) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
