"""The life of a ticket in memory, with the timeline that storage would keep of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.cards.explanation import explain
from bot.catalog import HANDLERS, REACTIONS
from bot.histories import Told as Promise
from bot.histories import by_desk, tell
from bot.promises import calendar_of
from bot.settings import CalendarSection
from bot.wording import ZONE
from domain.base import CLOCK, Actor, Command, Event
from domain.people.people import Person
from domain.sla.calendar import PlainTime
from domain.sla.escalating import RaiseAlarm, TakeOver
from domain.sla.events import SlaWarned, TicketEscalated
from domain.sla.policy import Goal, Policy, Target
from domain.tickets.assigning import AcceptTicket, ReleaseTicket
from domain.tickets.conversing import AnswerQuestion, AskRequester
from domain.tickets.opening import OpenTicket
from domain.tickets.resolving import CancelTicket, ReopenTicket, ResolveTicket
from domain.tickets.states import Priority
from domain.tickets.steering import SetPriority
from domain.tickets.ticket import Ticket
from domain.tickets.transferring import TransferTicket
from storage.events import payload_of
from storage.queries.views import TicketView, TimelineRow
from tests.bot.views import view
from tests.domain.people import CAST, CHAT, CHEN, IT, LI, OFFICE, SUN, WANG, ZHANG, Desks, Memory, Policies

HOUR = timedelta(hours=1)
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-12:00", "13:30-18:00"))
TARGETS = {
    Priority.P1: Target(HOUR / 4, 4 * HOUR),
    Priority.P2: Target(HOUR / 2, 8 * HOUR),
    Priority.P3: Target(2 * HOUR, 24 * HOUR),
    Priority.P4: Target(None, 72 * HOUR),
}
LADDER = (timedelta(), HOUR / 2, HOUR)
CALENDAR = calendar_of(CalendarSection(name="office", spans=WEEK))
POLICIES = {
    "standard": Policy("standard", TARGETS, CALENDAR, 0.8, LADDER),
    "always": Policy("always", TARGETS, PlainTime(), 0.8, LADDER[:1]),
}
ALWAYS_OFFICE = replace(OFFICE, sla="always")
PROMISES = by_desk([IT, ALWAYS_OFFICE], POLICIES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@dataclass
class Told:
    """A ticket's life in memory, with the timeline that storage would keep of it."""

    unit: Memory = field(default_factory=Memory)
    rows: list[TimelineRow] = field(default_factory=list)
    promises: Mapping[str, Policy] = field(default_factory=lambda: PROMISES)
    rung: list[tuple[Goal, int, int]] = field(default_factory=list)  # goal, cycle, level

    def __post_init__(self) -> None:
        self.unit.desks = Desks(IT, ALWAYS_OFFICE)
        self.unit.policies = Policies(POLICIES)

    async def at(self, when: str, command: Command[Any], by: Person) -> Told:
        self.unit.now = at(when)
        await self.do(command, by)
        return self

    async def do(self, command: Command[Any], by: Person | Actor) -> None:
        await HANDLERS[type(command)](command, self.unit.by(by))
        ticket = self.unit.tickets.kept[1]
        while ticket.events:
            event = ticket.events.pop(0)
            name = CLOCK.name if event.by == CLOCK.person else CAST[event.by].name
            row = TimelineRow(len(self.rows), event.at, event.kind, event.by, name, payload_of(event))
            self.rows.append(row)
            self.unit.past.tell(ticket.id, event)
            self._note(event)
            for react in REACTIONS.get(type(event), ()):
                await react(ticket, self.unit)

    @property
    def ticket(self) -> Ticket:
        return self.unit.tickets.kept[1]

    def now(self) -> list[Promise]:
        return tell(self.view, self.rows, self.promises, self.unit.now)

    async def ring(self) -> None:
        """As the sweep does."""
        while due := [k for k, when in self.unit.timers.set_for.items() if when <= self.unit.now]:
            for key in sorted(due, key=lambda key: self.unit.timers.set_for[key]):
                del self.unit.timers.set_for[key]
                if key.startswith("alarm"):
                    await self.do(RaiseAlarm("#1", Goal(key.split(":")[2])), CLOCK)

    def levels(self) -> list[tuple[int, str]]:
        """What rang, and when."""
        kinds = {"sla_warned", "escalated"}
        rows = [row for row in self.rows if row.kind in kinds]
        return [(row.payload.get("level", 0), f"{row.at.astimezone(ZONE):%H:%M}") for row in rows]

    def _note(self, event: Event) -> None:
        if isinstance(event, SlaWarned | TicketEscalated):
            cycle = self.unit.deadlines.kept[self.ticket.id, event.goal].cycle
            self.rung.append((event.goal, cycle, getattr(event, "level", 0)))

    @property
    def view(self) -> TicketView:
        ticket = self.unit.tickets.kept[1]
        desk = next((d for d in (IT, ALWAYS_OFFICE) if d.key == ticket.desk), None)
        kept = tuple(self.unit.deadlines.kept.values())
        shown = view(ticket.state, priority=ticket.priority, desk=desk, deadlines=kept)
        return replace(shown, number=ticket.number, title=ticket.title)

    def lines(self, now: str) -> list[str]:
        return explain(self.view, self.rows, self.promises, at(now)).splitlines()


async def opened(when: str, priority: Priority = Priority.P2) -> Told:
    return await Told().at(when, OpenTicket("VPN 断了", CHAT, priority=priority), ZHANG)


MOVES: Sequence[tuple[Command[Any], Person]] = (
    (AcceptTicket("1001"), LI),
    (AcceptTicket("1001"), SUN),
    (AskRequester("1001", "？"), LI),
    (AskRequester("1001", "？"), SUN),
    (AnswerQuestion("1001", "！"), ZHANG),
    (SetPriority("1001", Priority.P1), CHEN),
    (SetPriority("1001", Priority.P3), SUN),
    (SetPriority("1001", Priority.P4), CHEN),
    (TransferTicket("1001", "行政"), CHEN),
    (TransferTicket("1001", "IT 服务台"), SUN),
    (ReleaseTicket("1001"), CHEN),
    (ResolveTicket("1001", "好了"), LI),
    (ReopenTicket("1001", "没好"), ZHANG),
    (CancelTicket("1001"), ZHANG),
    (TakeOver("1001"), WANG),
)
