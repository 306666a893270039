"""A server as a process of its own: started, awaited, its CPU read, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
STARTS_WITHIN = 60.0  # seconds


@dataclass(frozen=True)
class Server:
    base: str
    pid: int

    def cpu(self) -> float:
        """Seconds, of the process itself."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def megabytes(self) -> float:
        """What it would give back if it ended: shared pages counted by their share."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@asynccontextmanager
async def serving(*words: str, port: int, env: Mapping[str, str] | None = None) -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words),
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    server = Server(f"http://127.0.0.1:{port}", process.pid)
    try:
        await _until_alive(server, process)
        yield server
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_alive(server: Server, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(STARTS_WITHIN), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(f"{server.base}/healthz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
    raise RuntimeError(f"the server ended at once: {process.returncode}")
