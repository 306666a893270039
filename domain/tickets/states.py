"""The life of a ticket in seven words, and how urgent it can be."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    DRAFT = "draft"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({State.OPEN, State.IN_PROGRESS, State.WAITING})
OVER = frozenset({State.CLOSED, State.CANCELLED})


class Priority(Enum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
