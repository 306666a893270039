"""What is to be done outside after the commit. Rows of the outbox; the courier performs them.

An effect carries a ticket's id, never its title or state: what is shown is read when it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import TypeAdapter

from domain.base import Conversation, PersonId, TicketId
from storage.cards import lane_of as copy_lane
from storage.outbox import Queued

# Pictures that are sent together arrive one by one, within about a second each.
END_OF_ROW = timedelta(seconds=4)

# A person is addressed where they were last seen; a conversation is meant literally.
Place = Conversation | PersonId


@dataclass(frozen=True, kw_only=True)
class Say:
    """Plain words. With a ticket it keeps its place among that ticket's cards."""

    kind: Literal["say"] = "say"
    place: Place
    text: str
    ticket: TicketId | None = None
    mention: tuple[PersonId, ...] = ()
    row: str = ""  # names a row of equal messages, of which one is said when the row is over


@dataclass(frozen=True, kw_only=True)
class ShowTicket:
    """Post one more copy of the ticket's card, with the given face, and retire the older ones there."""

    kind: Literal["show_ticket"] = "show_ticket"
    place: Place
    ticket: TicketId
    face: str
    mention: tuple[PersonId, ...] = ()
    # Of an escalation: who could not be reached before, and everybody whom its level has called so far.
    lost: tuple[Place, ...] = ()
    told: tuple[Place, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ShowCalls:
    """Post one card about several tickets that call at once (``storage.gathering``)."""

    kind: Literal["show_calls"] = "show_calls"
    place: Place
    posting: int
    mention: tuple[PersonId, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Insist:
    """Ring up whom an escalation has called, where a platform can. ``face`` is that of its card."""

    kind: Literal["insist"] = "insist"
    ticket: TicketId
    face: str
    people: tuple[PersonId, ...]


@dataclass(frozen=True, kw_only=True)
class RefreshTicket:
    """Bring every copy up to date. Merges: many changes, one repaint."""

    kind: Literal["refresh_ticket"] = "refresh_ticket"
    ticket: TicketId


@dataclass(frozen=True, kw_only=True)
class RefreshLater:
    """A repaint that may wait, so that what happens meanwhile costs nothing more. Merges as well."""

    kind: Literal["refresh_later"] = "refresh_later"
    ticket: TicketId


@dataclass(frozen=True, kw_only=True)
class RepaintCopy:
    """One copy that could not be brought up to date together with the others."""

    kind: Literal["repaint_copy"] = "repaint_copy"
    ticket: TicketId
    copy: int


@dataclass(frozen=True, kw_only=True)
class ShowAnswer:
    """Answer a reading request (``grammar.key_of``, or "search:<words>") to the person who asked."""

    kind: Literal["show_answer"] = "show_answer"
    place: Place
    person: PersonId
    request: str


@dataclass(frozen=True, kw_only=True)
class FetchFile:
    """Take a file from its platform while it still lies there."""

    kind: Literal["fetch_file"] = "fetch_file"
    file: int
    ticket: TicketId | None = None  # on whose account it is counted


@dataclass(frozen=True, kw_only=True)
class TellFiles:
    """Tell the others of what ``by`` has added, from the ``first`` on. Merges: a row of pictures, one message."""

    kind: Literal["tell_files"] = "tell_files"
    ticket: TicketId
    by: PersonId
    first: int
    internal: bool = False


@dataclass(frozen=True, kw_only=True)
class SendFile:
    """Bring one file to somebody who asked for it."""

    kind: Literal["send_file"] = "send_file"
    place: Place
    person: PersonId
    file: int
    ticket: TicketId | None = None


@dataclass(frozen=True, kw_only=True)
class TendRoom:
    """Make the ticket's war room, or bring it to who belongs there by then. Merges."""

    kind: Literal["tend_room"] = "tend_room"
    ticket: TicketId


@dataclass(frozen=True, kw_only=True)
class TellRoom:
    """Say something in the ticket's war room; the first message is drawn when it is sent.

    ``internal``: left out where the requester reads along. One lane with ``TendRoom``, so that nobody comes in
    between that question and the words.
    """

    kind: Literal["tell_room"] = "tell_room"
    ticket: TicketId
    place: Conversation
    text: str = ""
    mention: tuple[PersonId, ...] = ()
    internal: bool = False
    is_first: bool = False


Effect = (
    Say
    | ShowTicket
    | ShowCalls
    | Insist
    | RefreshTicket
    | RefreshLater
    | RepaintCopy
    | ShowAnswer
    | FetchFile
    | TellFiles
    | SendFile
    | TendRoom
    | TellRoom
)

_EFFECTS: TypeAdapter[Effect] = TypeAdapter(Effect)


# Faces of cards that call somebody: one ticket's, and several tickets' (the tail is the posting).
ESCALATION, CALLS = "escalation:", "calls:"


def is_call(face: str) -> bool:
    return face.startswith((ESCALATION, CALLS))


def lane_of(effect: Effect) -> str:
    """One at a time: everything about one ticket, else everything said in one place.

    But a call waits for nothing: behind a group that is gone, nobody would ever be called instead.
    """
    match effect:
        case ShowTicket() | Insist() if is_call(effect.face):
            where = _written(effect.place) if isinstance(effect, ShowTicket) else effect.kind
            return f"call:{effect.ticket}:{effect.face}:{where}"
        case ShowCalls(posting=posting):
            return f"call:{posting}"
        case RefreshLater() | RepaintCopy():
            return str(merge_key_of(effect))  # a lane of its own: nothing stands behind it
        case FetchFile(file=number) | TellFiles(ticket=number):
            return f"{effect.kind}:{number}"
        case TendRoom(ticket=number) | TellRoom(ticket=number):
            return f"room:{number}"
        case Say(place=place, row=row) if row:
            return f"row:{place}:{row}"  # it waits, and nothing shall wait with it
        case (
            RefreshTicket(ticket=ticket)
            | ShowTicket(ticket=ticket)
            | Insist(ticket=ticket)
            | Say(ticket=int(ticket))
        ):
            return f"ticket:{ticket}"
        case Say(place=place) | ShowAnswer(place=place) | SendFile(place=place):
            return _written(place)


def aside_of(effect: Effect) -> str | None:
    """A chat that can't take something keeps waiting what is for the same chat, and no other chat of the ticket."""
    match effect:
        case Say(row=row) if row:
            return None
        case ShowTicket(ticket=ticket, face=face, place=place) if not is_call(face):
            return f"ticket:{ticket}:{_written(place)}"
        case Say(ticket=int(ticket), place=place):
            return f"ticket:{ticket}:{_written(place)}"
    return None


def _written(place: Place) -> str:
    return f"place:{place.platform}:{place.key}" if isinstance(place, Conversation) else f"person:{place}"


def merge_key_of(effect: Effect) -> str | None:
    match effect:
        case RefreshTicket(ticket=ticket):
            return f"refresh:{ticket}"
        case RefreshLater(ticket=ticket):
            return f"later:{ticket}"
        case RepaintCopy(copy=copy):
            return copy_lane(copy)
        case TellFiles(ticket=ticket, by=by, internal=internal):
            return f"files:{ticket}:{by}:{internal}"
        case TendRoom(ticket=ticket):
            return f"tend:{ticket}"
        case Say(row=row) if row:
            return lane_of(effect)
    return None


def queued(effect: Effect, due_at: datetime | None = None) -> Queued:
    """The row that it waits in."""
    after = END_OF_ROW if isinstance(effect, TellFiles) or (isinstance(effect, Say) and effect.row) else None
    return Queued(
        effect.kind,
        to_json(effect),
        lane_of(effect),
        merge_key_of(effect),
        due_at,
        after or timedelta(),
        aside_of(effect),
    )


def is_digest(effect: ShowAnswer) -> bool:
    return effect.request.partition(":")[0] == "digest"


def to_json(effect: Effect) -> str:
    return _EFFECTS.dump_json(effect).decode()


def from_json(text: str) -> Effect:
    return _EFFECTS.validate_json(text)
