"""Fails the N-th statement, call or file of an act, whichever it is: somebody else's trouble at the worst moment."""

from __future__ import annotations

import errno
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, exc

from adapters.emulator.server import Emulator
from tests.faults.outage import is_sqlite


class Countdown:
    """Counts what passes by, and says which one is to fail."""

    def __init__(self) -> None:
        self.passed = 0
        self._at = 0

    def begin(self, nth: int) -> None:
        """The ``nth`` from now on fails; with 0 none does."""
        self.passed, self._at = 0, nth

    @property
    def has_failed(self) -> bool:
        return 0 < self._at <= self.passed

    def fails_now(self) -> bool:
        self.passed += 1
        return self.passed == self._at


class _ShutDown(Exception):
    """As asyncpg says it when an administrator ends the connection."""

    sqlstate = "57P01"


@contextmanager
def statements(countdown: Countdown, url: str) -> Iterator[None]:
    """Every statement, BEGIN and COMMIT among them."""

    def execute(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        _fail_perhaps(statement)

    def commit(_: Any) -> None:
        _fail_perhaps("COMMIT")

    def _fail_perhaps(statement: str) -> None:
        if countdown.fails_now():
            raise exc.OperationalError(statement, None, _trouble(url))

    listeners = (("before_cursor_execute", execute), ("commit", commit))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def _trouble(url: str) -> Exception:
    if not is_sqlite(url):
        return _ShutDown()
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    return error


@contextmanager
def files(countdown: Countdown, folder: Path) -> Iterator[None]:
    """Whatever is opened or renamed below ``folder``: the disk is full."""
    _listen_to_files()
    _watched[str(folder)] = countdown
    try:
        yield
    finally:
        del _watched[str(folder)]


_watched: dict[str, Countdown] = {}


@cache
def _listen_to_files() -> None:
    def pass_by(name: str, args: tuple[Any, ...]) -> None:
        if _watched and name in {"open", "os.rename"} and isinstance(args[0], str | Path):
            for folder, countdown in _watched.items():
                if str(args[0]).startswith(folder) and countdown.fails_now():
                    raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))

    sys.addaudithook(pass_by)


@contextmanager
def calls(countdown: Countdown, emulator: Emulator, *, after: bool) -> Iterator[None]:
    """Every call to a vendor: the connection ends before or ``after`` it has done what it was asked for."""

    async def hook(_path: str, _body: bytes) -> None:
        if countdown.fails_now():
            raise ConnectionResetError

    vendors = (emulator.wecom, emulator.dingtalk)
    for vendor in vendors:
        vendor.on_call, vendor.after_call = (None, hook) if after else (hook, None)
    try:
        yield
    finally:
        for vendor in vendors:
            vendor.on_call = vendor.after_call = None
