"""The named points of the program's road, and how a test makes another process die exactly there.

The program names a point with ``sys.audit("paidan.…")``: the interpreter's own mechanism, which any layer can use
without importing anything, costs some ten nanoseconds, and does nothing unless code in the same process has added
a hook. No request and no configuration can; only the test's own process does (``listen``), before the program starts.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

# Point, and the steps of the crash matrix that it stands for.
POINTS = {
    "paidan.callback.arrived": "K0 before the body is read",
    "paidan.frame.arrived": "K0 before the frame is read",
    "paidan.message.read": "K1 decrypted, before BEGIN",
    "paidan.transaction.begun": "K2 and K5 inside, nothing written",
    "paidan.transaction.written": "K2 and K5 inside, all written",
    "paidan.transaction.committed": "K3 and K6 committed, nobody woken",
    "paidan.message.kept": "K3 kept, before the answer",
    "paidan.frame.answered": "K4 acknowledged",
    "paidan.spool.written": "K2 spooled, before it has its name",
    "paidan.spool.kept": "K3 spooled, before the answer",
    "paidan.spool.stored": "K4 stored, still in the spool",
    "paidan.pending.worked": "K5 worked, still stored",
    "paidan.outbox.claimed": "K7 claimed, nothing sent",
    "paidan.card.frozen": "K7 drawn and kept, nothing sent",
    "paidan.card.posted": "K9 posted, before its handle is kept",
    "paidan.card.edited": "K9 edited, before that is noted",
    "paidan.effect.performed": "K10 done and noted, the row not yet marked",
    "paidan.timers.due": "K11 due and seen, before the transaction",
    "paidan.timers.taken": "K12 inside the transaction",
    "paidan.token.fetched": "K13 fetched, before it is kept",
    "paidan.file.written": "K14 written, before it has its name",
    "paidan.file.kept": "K14 named, before its row",
    "paidan.backup.begun": "K15 begun",
    "paidan.backup.written": "K15 written, before it has its name",
    "paidan.backup.checked": "K15 checked, before the night is noted",
    "paidan.migration.applied": "K16 after a step of a migration",
    "paidan.stop.begun": "K17 told to stop",
    "paidan.stop.idle": "K17 work cancelled, before the end",
}
NAMES = tuple(POINTS)
_WIDTH = 4
_SIZE = mmap.PAGESIZE


class Remote:
    """Shared memory of the test and the program that dies for it: a clock, counters, and where to die.

    Opened anew by each life; what the last one counted stays.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)
        whole = memoryview(self._memory)
        self._ahead = whole[:8].cast("d")
        self._hits = whole[64 : 64 + len(NAMES) * _WIDTH].cast("I")
        self._deaths = whole[1024 : 1024 + len(NAMES) * _WIDTH].cast("I")

    @property
    def ahead(self) -> timedelta:
        """By how much the program's clock is ahead of the machine's."""
        return timedelta(seconds=self._ahead[0])

    def advance(self, by: timedelta) -> None:
        self._ahead[0] += by.total_seconds()

    def hits(self) -> dict[str, int]:
        return dict(zip(NAMES, self._hits, strict=True))

    def arm(self, point: str, nth: int = 1) -> None:
        """Whoever listens dies when ``point`` is passed for the ``nth`` time from now."""
        at = NAMES.index(point)
        self._deaths[at] = self._hits[at] + nth

    def has_fired(self, point: str) -> bool:
        at = NAMES.index(point)
        return 0 < self._deaths[at] <= self._hits[at]

    def disarm(self) -> None:
        for at in range(len(NAMES)):
            self._deaths[at] = 0

    def listen(self) -> None:
        """For the rest of this process, which leaves it no moment for anything when its time has come."""
        where = {name: at for at, name in enumerate(NAMES)}

        def pass_by(event: str, _: tuple[Any, ...]) -> None:
            at = where.get(event)
            if at is not None:
                self._hits[at] += 1
                if self._hits[at] == self._deaths[at]:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(pass_by)


# ── in the test's own process ────────────────────────────────────────────────────────────────────────

_failing: dict[str, int] = {}  # point, and how often it fails yet


class Broken(Exception):
    """Raised at a point by plan, as a bug of ours would be."""


@contextmanager
def broken(point: str, times: int = 1) -> Iterator[None]:
    """The program fails at ``point`` the next ``times``. It must be passed as often."""
    _listen_once()
    _failing[point] = times
    yield
    assert not _failing.pop(point), f"{point} was not passed as often"


@cache
def _listen_once() -> None:
    def pass_by(event: str, _: tuple[Any, ...]) -> None:
        if _failing.get(event):
            _failing[event] -= 1
            raise Broken(event)

    sys.addaudithook(pass_by)
