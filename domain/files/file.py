"""One file of a ticket, from the moment it was named in a message until its bytes are removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.base import PersonId, TicketId


class Stage(Enum):
    WAITING = "waiting"  # still with the platform
    KEPT = "kept"  # its bytes are ours
    LOST = "lost"  # never had; ``trouble`` says why
    REMOVED = "removed"  # had, and deleted when its time was over


class Check(Enum):
    """What the virus scanner said."""

    NONE = "none"  # there is no scanner
    CLEAN = "clean"
    PENDING = "pending"  # it was away: kept, but shown to nobody
    INFECTED = "infected"


class Trouble(Enum):
    GONE = "gone"  # the platform's code has run out, or was never good
    UNREACHABLE = "unreachable"
    TOO_BIG = "too_big"
    EMPTY = "empty"
    NOT_IT = "not_it"  # a "picture" that is none: mostly a vendor's page about an error
    BROKEN = "broken"  # a picture without its end
    FORBIDDEN = "forbidden"
    NO_ROOM = "no_room"  # the ticket has as many, or as much, as it may
    NO_BUDGET = "no_budget"
    INFECTED = "infected"


@dataclass(frozen=True, kw_only=True)
class TicketFile:
    """``nth`` is what people call it by: 附件 2. ``type`` is read from the bytes, not from what was claimed."""

    id: int = 0
    ticket: TicketId
    nth: int
    platform: str
    kind: str  # image · voice · video · file, as the platform called it
    key: str  # what fetches it; a secret, and "" as soon as it has served
    name: str
    by: PersonId
    at: datetime
    internal: bool = False  # came with a note: never leaves the desk
    stage: Stage = Stage.WAITING
    sha256: str = ""
    size: int = 0
    type: str = ""
    is_picture: bool = False  # of a kind and size that a browser may show
    check: Check = Check.NONE
    trouble: Trouble | None = None

    @property
    def can_be_shown(self) -> bool:
        return self.stage is Stage.KEPT and self.check in {Check.NONE, Check.CLEAN}

    @property
    def counts(self) -> bool:
        """Whether a card counts it among the ticket's files."""
        return self.stage is not Stage.LOST


@dataclass(frozen=True)
class Kept:
    """What the bytes turned out to be."""

    sha256: str
    size: int
    type: str
    is_picture: bool
    check: Check


@dataclass(frozen=True)
class Caps:
    """Bytes of one file and of all of a ticket's, how many a ticket may have, and endings allowed besides ours."""

    file_bytes: int = 20 * 1024 * 1024
    ticket_bytes: int = 200 * 1024 * 1024
    ticket_files: int = 30
    endings: frozenset[str] = frozenset()


USUAL_CAPS = Caps()
