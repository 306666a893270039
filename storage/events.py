"""What happened, as it is kept: a kind, who, when, and the event's own facts as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from domain.base import Event, PersonId, TicketId
from domain.tickets.ticket import Ticket


class Journal:
    """What the tickets of one unit recorded, in the order in which it happened over all of them."""

    def __init__(self) -> None:
        self._entries: list[tuple[Ticket, Event]] = []
        self._read = 0

    def watch(self, ticket: Ticket) -> None:
        """From now on ``ticket`` records here as well."""
        before, ticket.events = ticket.events, _Recording(self, ticket)
        ticket.events.extend(before)

    def note(self, ticket: Ticket, event: Event) -> None:
        self._entries.append((ticket, event))

    def fresh(self) -> list[tuple[Ticket, Event]]:
        fresh = self._entries[self._read :]
        self._read = len(self._entries)
        return fresh


class _Recording(list[Event]):
    def __init__(self, journal: Journal, ticket: Ticket) -> None:
        super().__init__()
        self._journal = journal
        self._ticket = ticket

    def append(self, event: Event) -> None:
        super().append(event)
        self._journal.note(self._ticket, event)

    def extend(self, recorded: Iterable[Event]) -> None:
        for event in recorded:
            self.append(event)


def row_of(ticket: TicketId, seq: int, event: Event) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "seq": seq,
        "kind": event.kind,
        "at": event.at,
        "actor": event.by,
        "payload": payload_of(event),
    }


def payload_of(event: Event) -> dict[str, Any]:
    names = (field.name for field in fields(event))
    return {name: plain(getattr(event, name)) for name in names if name not in {"at", "by"}}


def event_of(kind: str, at: datetime, by: PersonId, payload: Mapping[str, Any]) -> Event:
    """What ``row_of`` wrote down. Raises UnreadableEvent for what somebody else wrote."""
    facts = {name: _typed(type_, payload[name]) for name, type_ in _facts_of(kind).items() if name in payload}
    try:
        return _classes()[kind](at=at, by=by, **facts)
    except (TypeError, KeyError) as error:
        raise UnreadableEvent(f"{kind}: {error}") from error


class UnreadableEvent(Exception):
    """An imported timeline need not have all the facts that ours have."""


def plain(value: object) -> object:
    """As JSON has it: durations in seconds, times with their zone."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case timedelta():
            return value / timedelta(seconds=1)
        case tuple() | list():
            return [plain(one) for one in value]
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


@cache
def people_in(kind: str) -> frozenset[str]:
    """Which facts of an event are people, so that an export can say who they are."""
    of_kind = [event for event in _all_events(Event) if getattr(event, "kind", "") == kind]
    hints = [get_type_hints(event) for event in of_kind]
    return frozenset(name for hint in hints for name, type_ in hint.items() if _is_person(type_)) - {"by"}


@cache
def _classes() -> Mapping[str, type[Event]]:
    return {event.kind: event for event in _all_events(Event) if "kind" in vars(event)}


@cache
def _facts_of(kind: str) -> Mapping[str, Any]:
    of_kind = _classes().get(kind)
    hints = get_type_hints(of_kind) if of_kind else {}
    return {name: type_ for name, type_ in hints.items() if name not in {"kind", "at", "by"}}


def _typed(type_: Any, value: Any) -> Any:
    """The inverse of ``plain``, for the few types that events have."""
    known = [one for one in get_args(type_) or (type_,) if one is not NoneType]
    match known[0]:
        case _ if value is None:
            return None
        case type() as enum if issubclass(enum, Enum):
            return enum(value)
        case type() as moment if issubclass(moment, datetime):
            return datetime.fromisoformat(value)
        case type() as span if issubclass(span, timedelta):
            return timedelta(seconds=value)
        case _:
            return value


def _all_events(of: type[Event]) -> list[type[Event]]:
    return [event for direct in of.__subclasses__() for event in (direct, *_all_events(direct))]


def _is_person(type_: object) -> bool:
    return type_ is PersonId or PersonId in get_args(type_)
