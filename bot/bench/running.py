"""``paidan bench``: what is run where, and the report."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.bench.report import Chapter
from bot.bench.timers import bench_timers


async def chapters(postgresql: str, count: int, now: datetime) -> AsyncIterator[Chapter]:
    """On SQLite in a folder that goes away again, and on ``postgresql`` if there is one, which must be empty."""
    with TemporaryDirectory(prefix="paidan-bench-") as folder:
        yield await bench_timers(f"sqlite:///{Path(folder) / 'bench.db'}", count, now)
    if postgresql:
        yield await bench_timers(postgresql, count, now)
