"""The cast of the domain tests, and a unit that keeps everything in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from domain.base import Account, Actor, Conversation, Event, PersonId, Role, TicketId
from domain.dispatch.round import Round
from domain.dispatch.rules import NO_RULES, Rulebook
from domain.files.file import USUAL_CAPS, Caps, TicketFile
from domain.people.people import Desk, Person, UnknownDesk, UnknownPerson
from domain.people.presence import Absence, Presence
from domain.rooms.room import Room
from domain.sla.calendar import PlainTime
from domain.sla.deadline import Deadline
from domain.sla.gathering import Posting, Waiting
from domain.sla.policy import Goal, Policy, Target
from domain.sla.ports import Everywhere, Reach
from domain.sla.waiting import DaysOfWork
from domain.tickets.errors import TicketNotFound
from domain.tickets.states import UNFINISHED, Priority, State
from domain.tickets.ticket import Ticket
from tests.domain.duty_kept import Holdings, Journal, Leaves, Rosters

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # Monday noon in Shanghai


def person(number: int, name: str, *roles: Role) -> Person:
    account = Account("wecom", f"u{number}")
    return Person(PersonId(number), name, frozenset({Role.REQUESTER, *roles}), (account,))


ZHANG = person(1, "张三")
LI = person(2, "李四", Role.AGENT)
WANG = person(3, "王强", Role.AGENT)
CHEN = person(4, "陈静", Role.LEAD)
ZHAO = person(5, "赵敏", Role.ADMIN)
SUN = person(6, "孙悦")  # serves another desk
STRANGER = person(9, "路人")
CAST = {p.id: p for p in (ZHANG, LI, WANG, CHEN, ZHAO, SUN, STRANGER)}

IT = Desk("it", "IT 服务台", "IT", CHEN.id, (LI.id, WANG.id), keywords=("打印机", "VPN"), sla="standard")
OFFICE = Desk("office", "行政", "XZ", SUN.id, (SUN.id,), keywords=("空调",), sla="standard")

STANDARD = Policy(
    name="standard",
    targets={
        Priority.P1: Target(timedelta(minutes=15), timedelta(hours=4)),
        Priority.P2: Target(timedelta(minutes=30), timedelta(hours=8)),
        Priority.P3: Target(timedelta(hours=2), timedelta(hours=24)),
    },
    calendar=PlainTime(),
    warn_at=0.8,
    ladder=(timedelta(), timedelta(minutes=30), timedelta(minutes=60)),
)

WORKED_ON = {State.IN_PROGRESS, State.WAITING}
CHAT = Conversation("wecom", "direct", "u1")


class Tickets:
    def __init__(self) -> None:
        self.kept: dict[int, Ticket] = {}
        self.number = 1000
        self.keys: dict[str, int] = {}

    async def find(self, ref: str) -> Ticket:
        for ticket in self.kept.values():
            digits = ticket.number.partition("-")[2]
            if ref in {ticket.number, ticket.draft, digits, f"#{ticket.id}"}:
                return ticket
        raise TicketNotFound(ref)

    async def add(self, ticket: Ticket) -> None:
        ticket.id = TicketId(len(self.kept) + 1)
        if not ticket.number:
            ticket.number = ticket.draft = f"D-{ticket.id}"
        self.kept[ticket.id] = ticket

    def is_new(self, ticket: TicketId) -> bool:
        return False

    async def next_number(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}-{self.number}"

    async def newest_draft(self, requester: PersonId) -> Ticket | None:
        mine = [t for t in self.kept.values() if t.requester == requester and t.state.value == "draft"]
        return mine[-1] if mine else None

    async def brought(self, key: str) -> Ticket | None:
        ticket = self.kept.get(self.keys.get(key, 0))
        return ticket if ticket is not None and ticket.state in UNFINISHED else None

    async def bring(self, key: str, ticket: TicketId) -> None:
        self.keys[key] = ticket

    async def told_in(self, group: Conversation, requester: PersonId, since: datetime) -> Sequence[Ticket]:
        said = [t for t in self.kept.values() if t.origin == group and t.state in UNFINISHED]
        mine = [t for t in said if t.requester == requester and t.opened_at and t.opened_at > since]
        return list(reversed(mine))

    async def newest_in(self, group: Conversation, since: datetime) -> Ticket | None:
        said = [t for t in self.kept.values() if t.origin == group and t.state in UNFINISHED]
        return next((t for t in reversed(said) if t.opened_at and t.opened_at > since), None)


class Files:
    def __init__(self) -> None:
        self.kept: dict[int, TicketFile] = {}

    async def of(self, ticket: TicketId) -> Sequence[TicketFile]:
        mine = [file for file in self.kept.values() if file.ticket == ticket]
        return sorted(mine, key=lambda file: file.nth)

    async def get(self, file: int) -> TicketFile:
        return self.kept[file]

    async def add(self, files: Sequence[TicketFile]) -> None:
        for file in files:
            id_ = len(self.kept) + 1
            self.kept[id_] = replace(file, id=id_)

    async def change(self, file: TicketFile) -> None:
        self.kept[file.id] = file


class Rooms:
    def __init__(self) -> None:
        self.kept: dict[TicketId, Room] = {}

    async def of(self, ticket: TicketId) -> Room | None:
        return self.kept.get(ticket)

    async def add(self, room: Room) -> None:
        self.kept[room.ticket] = room


class People:
    def __init__(self) -> None:
        self.kept: dict[PersonId, Person] = dict(CAST)

    def teach(self, person: Person, *skills: str) -> None:
        self.kept[person.id] = replace(self.kept[person.id], skills=skills)

    async def get(self, person: PersonId) -> Person:
        return self.kept[person]

    async def find(self, ref: str) -> Person:
        found = await self.find_closed(ref)
        if not found.active:
            raise UnknownPerson(ref)
        return found

    async def find_closed(self, ref: str) -> Person:
        for one in self.kept.values():
            if ref.strip().lstrip("@") in {one.name, f"#{one.id}"}:
                return one
        raise UnknownPerson(ref)

    async def with_role(self, role: Role) -> Sequence[Person]:
        return [p for p in self.kept.values() if role in p.roles and p.active]

    async def set_active(self, person: PersonId, *, active: bool) -> None:
        self.kept[person] = replace(self.kept[person], active=active)


class Desks:
    def __init__(self, *desks: Desk) -> None:
        self._desks = desks

    async def get(self, key: str) -> Desk:
        found = await self.find(key)
        if found is None:
            raise UnknownDesk(key)
        return found

    async def find(self, ref: str) -> Desk | None:
        return next((d for d in self._desks if ref in {d.key, d.name}), None)

    async def all(self) -> Sequence[Desk]:
        return self._desks


class Timers:
    def __init__(self) -> None:
        self.set_for: dict[str, datetime] = {}

    async def set(self, key: str, ticket: TicketId, at: datetime) -> None:
        self.set_for[key] = at

    async def cancel(self, key: str) -> None:
        self.set_for.pop(key, None)


class Deadlines:
    def __init__(self) -> None:
        self.kept: dict[tuple[int, Goal], Deadline] = {}

    async def of(self, ticket: TicketId) -> Sequence[Deadline]:
        return [d for (owner, _), d in self.kept.items() if owner == ticket]

    async def get(self, ticket: TicketId, goal: Goal) -> Deadline | None:
        return self.kept.get((ticket, goal))

    async def add(self, deadline: Deadline) -> None:
        self.kept[deadline.ticket, deadline.goal] = deadline


class Past:
    """``tell`` is called with every event that a test lets happen."""

    def __init__(self) -> None:
        self.kept: dict[TicketId, list[Event]] = {}

    def tell(self, ticket: TicketId, event: Event) -> None:
        self.kept.setdefault(ticket, []).append(event)

    async def of(self, ticket: TicketId) -> Sequence[Event]:
        return self.kept.get(ticket, ())


class Policies:
    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies

    async def named(self, name: str) -> Policy | None:
        return self._policies.get(name)


class Rounds:
    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets
        self.kept: dict[int, Round] = {}
        self.turns: dict[str, PersonId] = {}

    async def of(self, ticket: TicketId) -> Round | None:
        return self.kept.get(ticket)

    async def add(self, round_: Round) -> None:
        self.kept[round_.ticket] = round_

    async def asked_of(self, person: PersonId) -> Sequence[str]:
        return [f"#{t}" for t, round_ in self.kept.items() if round_.offer and round_.offer.to == person]

    async def last_asked(self, desk: str) -> PersonId | None:
        return self.turns.get(desk)

    async def pass_turn(self, desk: str, to: PersonId) -> None:
        self.turns[desk] = to

    async def loads(self, people: Sequence[PersonId]) -> Mapping[PersonId, int]:
        busy = [t.assignee for t in self._tickets.kept.values() if t.state in WORKED_ON]
        asked = [round_.offer.to for round_ in self.kept.values() if round_.offer]
        return {person: busy.count(person) + asked.count(person) for person in people}


class Roster:
    """Who is on duty and who is away, as a test says."""

    def __init__(self) -> None:
        self.now_on: dict[str, PersonId] = {}
        self.away: set[PersonId] = set()

    async def on_duty(self, desk: str, at: datetime) -> PersonId | None:
        return self.now_on.get(desk)

    async def available(self, person: PersonId, at: datetime) -> bool:
        return person not in self.away

    async def is_here(self, person: PersonId) -> bool:
        return person not in self.away

    async def stand_in(self, person: PersonId) -> PersonId | None:
        return None


class Gathered:
    """Calls that wait to be told together, in a list."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []

    async def add(self, waiting: Waiting) -> None:
        self.waiting.append(waiting)

    async def take(self, quiet_since: datetime) -> Sequence[Posting]:
        return ()


class EverybodyIsHere:
    """Where nobody is on leave: ``tests.domain.duty`` has people who come and go."""

    async def absence(self, person: PersonId) -> Absence | None:
        return None


@dataclass
class Memory:
    """A unit of work without a database: what domain handlers see, kept in plain collections."""

    actor: Actor = ZHANG.actor
    now: datetime = NOON
    tickets: Tickets = field(default_factory=Tickets)
    people: People = field(default_factory=People)
    desks: Desks = field(default_factory=lambda: Desks(IT, OFFICE))
    timers: Timers = field(default_factory=Timers)
    presence: Presence = field(default_factory=EverybodyIsHere)
    deadlines: Deadlines = field(default_factory=Deadlines)
    past: Past = field(default_factory=Past)
    leaves: Leaves = field(default_factory=Leaves)
    rosters: Rosters = field(default_factory=Rosters)
    journal: Journal = field(default_factory=Journal)
    policies: Policies = field(default_factory=lambda: Policies({"standard": STANDARD}))
    rulebook: Rulebook = NO_RULES
    duty: Roster = field(default_factory=Roster)
    reach: Reach = field(default_factory=Everywhere)
    gathering: Gathered = field(default_factory=Gathered)
    files: Files = field(default_factory=Files)
    caps: Caps = USUAL_CAPS
    rooms: Rooms = field(default_factory=Rooms)
    room_door: str = ""

    def __post_init__(self) -> None:
        self.rounds = Rounds(self.tickets)
        self.days_of_work = DaysOfWork(self)
        self.holdings = Holdings(self)

    def all_tickets(self) -> Iterable[Ticket]:
        return self.tickets.kept.values()

    def all_deadlines(self) -> Iterable[Deadline]:
        return self.deadlines.kept.values()

    async def away(self) -> Sequence[PersonId]:
        return sorted(self.duty.away)

    def by(self, actor: Person | Actor) -> Self:
        self.actor = actor.actor if isinstance(actor, Person) else actor
        return self

    def later(self, **span: float) -> Self:
        self.now += timedelta(**span)
        return self
