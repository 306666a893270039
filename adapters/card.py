"""Cards say meaning, not layout. A renderer chooses the platform's widget; ``fit`` does the cutting."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from domain.base import Account, Command
from domain.tickets.looking import ShowMoves


class Tone(Enum):
    """The mood of a card's status tag. Platforms map it to their own colours."""

    NEUTRAL = "neutral"
    ACTIVE = "active"  # somebody works on it
    WAITING = "waiting"  # somebody is waited for
    DONE = "done"
    LATE = "late"
    MUTED = "muted"  # over, nothing to do


class Weight(Enum):
    """How much a button wants to be pressed. ``fit`` gives up the last buttons first, whatever their weight."""

    PRIMARY = "primary"
    NORMAL = "normal"
    DANGER = "danger"


@dataclass(frozen=True)
class Field:
    name: str
    value: str


@dataclass(frozen=True)
class Option:
    id: str
    label: str


@dataclass(frozen=True)
class Choice:
    """One drop-down. Where it can't be shown, ``hint`` says which words do the same."""

    key: str
    label: str
    options: tuple[Option, ...]
    chosen: str
    hint: str = ""


@dataclass(frozen=True)
class Button:
    """A command with a label. ``grammar.key_of`` writes its wire key, ``grammar.phrase_of`` its typed twin."""

    label: str
    command: Command[Any]
    weight: Weight = Weight.NORMAL


@dataclass(frozen=True)
class Card:
    title: str
    status: str = ""  # the short word in the tag: 待接单
    tone: Tone = Tone.NEUTRAL
    lead: str = ""  # plain text, may have line breaks
    fields: tuple[Field, ...] = ()
    choice: Choice | None = None
    buttons: tuple[Button, ...] = ()
    link: str = ""  # "open in the browser"; absolute address
    note: str = ""  # small print; also where a refused press is answered
    source: str = ""  # whose card it is: IT 服务台
    mention: tuple[Account, ...] = ()
    mention_names: tuple[str, ...] = ()  # display names, in the order of ``mention``
    more: ShowMoves | None = None  # where buttons are found for which a chat has no room; only until ``fit``
