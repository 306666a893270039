"""The whole program as a process of its own, that can be killed at any moment and started again on what it left.

A fresh interpreter takes most of its second for imports, so lives are forked from a process that has made them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from bot.__main__ import _serve_until_signal
from bot.app import App, running
from bot.ending import Ending
from bot.logs import set_up_logs
from bot.settings import Settings
from storage.clock import machine_time
from tests.faults.points import Remote

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.victim"])
DOWNTIME = timedelta(seconds=31)  # longer than any claim or lease of the dead one lasts
LOOKED_FOR, LOOK = frozenset({"timers", "kept messages"}), 0.2  # seconds


@dataclass
class Victim:
    settings: Settings
    folder: Path
    _process: BaseProcess | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.log = self.folder / "log"
        self.remote = Remote(self.folder / "remote")

    def start(self) -> None:
        self._process = FORKS.Process(target=_live, args=(self.settings, self.folder))
        self._process.start()

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def kill(self) -> None:
        """Leaves the process no moment for anything."""
        if self._process is not None and self._process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def stop(self) -> int | None:
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
        return await self.ended()

    async def ended(self) -> int | None:
        """The exit code, negative for the signal that ended it."""
        assert self._process is not None
        await asyncio.to_thread(self._process.join)
        return self._process.exitcode


def _live(settings: Settings, folder: Path) -> None:
    """As ``paidan serve`` does it, with a clock that is ahead by all downtimes so far."""
    descriptor = os.open(folder / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    remote = Remote(folder / "remote")
    remote.listen()

    def now() -> datetime:
        return machine_time() + remote.ahead

    set_up_logs(json=True, level=settings.server.log_level)
    ending = Ending()
    program = running(settings, now=now, ending=ending, extend=_impatient)
    asyncio.run(_serve_until_signal(program, "serving", ending))


def _impatient(app: App) -> None:
    """Looks for what waits five times a second, so that no test has to wait for it."""
    app.clockwork.jobs = tuple(
        replace(job, seconds=LOOK) if job.name in LOOKED_FOR else job for job in app.clockwork.jobs
    )
