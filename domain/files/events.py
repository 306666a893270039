"""What can happen to a ticket's files. ``kind`` is stored and exported: never rename one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.base import Event
from domain.files.file import Check, Trouble


@dataclass(frozen=True, kw_only=True)
class FilesAdded(Event):
    """``first`` is the number of the first one; 0 in what was written before files had numbers."""

    kind: ClassVar[str] = "files_added"
    count: int
    first: int = 0
    internal: bool = False


@dataclass(frozen=True, kw_only=True)
class FileKept(Event):
    kind: ClassVar[str] = "file_kept"
    nth: int
    sha256: str
    size: int
    internal: bool = False


@dataclass(frozen=True, kw_only=True)
class FileLost(Event):
    """``what`` is the kind: image, file, …"""

    kind: ClassVar[str] = "file_lost"
    nth: int
    what: str
    name: str
    trouble: Trouble
    internal: bool = False


@dataclass(frozen=True, kw_only=True)
class FileChecked(Event):
    kind: ClassVar[str] = "file_checked"
    nth: int
    check: Check
    internal: bool = False


@dataclass(frozen=True, kw_only=True)
class FilesMoved(Event):
    """Out of a draft of pictures, into the ticket that they were meant for."""

    kind: ClassVar[str] = "files_moved"
    count: int
    to: str
