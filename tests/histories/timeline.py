"""How a ticket stood after each of its events, told by rules of our own and not by the program's.

The table is the specification once more, written by hand: the checker must not believe what it checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.faults.books import Line

DRAFT, OPEN, WORKED, WAITING, RESOLVED = "draft", "open", "in_progress", "waiting", "resolved"
CLOSED, CANCELLED = "closed", "cancelled"
LIVE = frozenset({OPEN, WORKED, WAITING})
HELD = frozenset({WORKED, WAITING})
TALKED_ABOUT = LIVE | {RESOLVED, CLOSED}
CLOCK = "系统时钟"
REQUESTER, STAFF, OWNER, RECEIVER, ANYBODY, NOBODY, LEAD = (
    "requester",
    "staff",
    "owner",
    "receiver",
    "any",
    "clock",
    "lead",
)


@dataclass(frozen=True)
class Standing:
    """How it is: in which state, and with whom ("" for nobody)."""

    state: str
    owner: str = ""
    desk: str = ""
    receiver: str = ""

    @property
    def shown(self) -> tuple[str, str]:
        return self.state, self.owner


@dataclass(frozen=True)
class Move:
    """From which states an event is legal, and by whom. Leads and administrators may do what owners may."""

    when: frozenset[str]
    by: frozenset[str]


def _move(when: frozenset[str] | set[str], *by: str) -> Move:
    return Move(frozenset(when), frozenset(by))


MOVES: Mapping[str, Move] = {
    "draft_started": _move({""}, ANYBODY),
    "draft_amended": _move({DRAFT}, REQUESTER),
    "draft_reminded": _move({DRAFT}, NOBODY),
    "opened": _move({"", DRAFT}, ANYBODY),
    "accepted": _move({OPEN}, STAFF),
    "declined": _move(LIVE, STAFF),
    "assigned": _move(LIVE, LEAD),
    "released": _move(HELD, OWNER),
    "handed_over": _move(LIVE, ANYBODY, NOBODY),
    "transfer_offered": _move(LIVE, OWNER, STAFF, NOBODY),
    "transfer_accepted": _move(LIVE, RECEIVER),
    "transfer_returned": _move(LIVE, RECEIVER, NOBODY, ANYBODY),
    "desk_changed": _move(LIVE, OWNER, STAFF, NOBODY, ANYBODY),
    "asked": _move(HELD, OWNER),
    "answered": _move({WAITING}, REQUESTER),
    "reminded": _move({WAITING, RESOLVED}, NOBODY),
    "commented": _move(TALKED_ABOUT, ANYBODY),
    "resolved": _move(HELD, OWNER),
    "confirmed": _move({RESOLVED}, REQUESTER),
    "reopened": _move({RESOLVED, CLOSED}, REQUESTER, LEAD),
    "cancelled": _move({DRAFT} | LIVE, REQUESTER, LEAD),
    "closed": _move(LIVE | {RESOLVED}, LEAD, NOBODY),
    "priority_changed": _move(LIVE, OWNER),
    "urged": _move(LIVE, ANYBODY),
    "joined": _move(LIVE, ANYBODY),
    "followed": _move(TALKED_ABOUT, ANYBODY),
    "unfollowed": _move(TALKED_ABOUT, ANYBODY),
    "escalated": _move(LIVE, NOBODY),
    "sla_warned": _move(LIVE, NOBODY),
}


Event = Mapping[str, Any]


def _handed_to(was: Standing, name: str, receiver: str = "") -> Standing:
    """A ticket that waits for its requester goes on waiting, whoever has it."""
    return Standing(WAITING if was.state == WAITING else WORKED, name, was.desk, receiver)


def _into(state: str) -> Callable[[Standing, Event, str], Standing]:
    return lambda was, _event, _to: replace(was, state=state)


def _over(state: str) -> Callable[[Standing, Event, str], Standing]:
    return lambda was, _event, _to: Standing(state, was.owner, was.desk)


def _back_to_the_pool(was: Standing, _event: Event, _to: str) -> Standing:
    return Standing(OPEN, "", was.desk)


# What each event makes of a ticket: how it was, the event, and the name of whom it goes to. Others change nothing.
AFTER: Mapping[str, Callable[[Standing, Event, str], Standing]] = {
    "draft_started": _into(DRAFT),
    "opened": lambda was, event, to: Standing(OPEN, "", event["desk"]),
    "accepted": lambda was, event, to: _handed_to(was, event["actor"]),
    "assigned": lambda was, event, to: _handed_to(was, to),
    "handed_over": lambda was, event, to: _handed_to(was, to, "" if was.receiver == to else was.receiver),
    "transfer_offered": lambda was, event, to: replace(was, receiver=to),
    "transfer_accepted": lambda was, event, to: _handed_to(was, event["actor"]),
    "transfer_returned": lambda was, event, to: replace(was, receiver=""),
    "released": _back_to_the_pool,
    "declined": _back_to_the_pool,
    "desk_changed": lambda was, event, to: Standing(OPEN, "", event["after"]),
    "asked": _into(WAITING),
    "answered": _into(WORKED),
    "reopened": lambda was, event, to: Standing(WORKED if was.owner else OPEN, was.owner, was.desk),
    "resolved": _over(RESOLVED),
    "confirmed": _over(CLOSED),
    "closed": _over(CLOSED),
    "cancelled": _over(CANCELLED),
}


def after(event: Event, was: Standing, names: Mapping[str, str]) -> Standing:
    move = AFTER.get(event["kind"])
    return move(was, event, names.get(str(event.get("to", "")), "")) if move else was


LEADS = {"it": "陈静", "office": ""}
TEAMS = {"it": frozenset({"李四", "王强", "陈静"}), "office": frozenset({"赵敏"})}
ADMINISTRATOR = "赵敏"


def moves(kind: str, state: str) -> bool:
    """Whether such a thing can happen in ``state``. What no row is about changes nothing that matters here."""
    return kind not in MOVES or state in MOVES[kind].when


def may(kind: str, actor: str, was: Standing, requester: str) -> bool:
    """Whether ``actor`` may have done it, as it ``was`` just before."""
    if kind not in MOVES:
        return True
    leads = actor in {LEADS.get(was.desk, ""), ADMINISTRATOR}
    is_so = {
        ANYBODY: actor != CLOCK,
        NOBODY: actor == CLOCK,
        REQUESTER: actor == requester,
        STAFF: leads or actor in TEAMS.get(was.desk, frozenset()),
        OWNER: leads or actor == was.owner,
        RECEIVER: actor == was.receiver,
        LEAD: leads,
    }
    return any(is_so[standing] for standing in MOVES[kind].by)


@dataclass(frozen=True)
class Timeline:
    """``steps[n]`` is how it stood after ``n`` events; ``steps[0]`` is before there was anything."""

    line: Line
    steps: tuple[Standing, ...]

    @classmethod
    def of(cls, line: Line) -> Timeline:
        names = {key: person["name"] for key, person in line["people"].items()}
        steps = [Standing("")]
        for event in line["events"]:
            steps.append(after(event, steps[-1], names))
        return cls(line, tuple(steps))

    @property
    def now(self) -> Standing:
        return self.steps[-1]

    @property
    def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.line["events"]
        return found

    def between(self, first: int, last: int) -> tuple[Standing, ...]:
        """Everything that was so at some moment from ``first`` events on until ``last``."""
        return self.steps[first : last + 1]

    def has_known(self, kind: str, by: str, until: int) -> bool:
        return any(event["kind"] == kind and event["actor"] == by for event in self.events[:until])
