"""Due times and the ladder as commands drive them. The arithmetic itself is tried in ``test_clock``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.catalog import HANDLERS, REACTIONS
from domain.base import CLOCK, Actor, Command, Event, TicketId
from domain.people.people import Person
from domain.sla.deadline import Run
from domain.sla.escalating import RaiseAlarm, TakeOver
from domain.sla.events import DueTimeSet, SlaWarned, TicketEscalated
from domain.sla.policy import Goal, Policy, Target
from domain.sla.week import WEEKDAYS, read_week
from domain.sla.workdays import WorkCalendar
from domain.tickets.assigning import AcceptTicket
from domain.tickets.conversing import AnswerQuestion, AskRequester
from domain.tickets.errors import AlreadyDone
from domain.tickets.opening import OpenTicket
from domain.tickets.resolving import CancelTicket, ReopenTicket, ResolveTicket
from domain.tickets.states import Priority
from domain.tickets.steering import SetPriority
from domain.tickets.ticket import Ticket
from domain.tickets.transferring import TransferTicket
from tests.domain.people import CHAT, IT, LI, NOON, OFFICE, STANDARD, WANG, ZHANG, Desks, Memory, Policies

OFFICE_HOURS = Policy(
    "office",
    {Priority.P2: Target(None, timedelta(hours=10))},
    WorkCalendar(
        "office",
        ZoneInfo("Asia/Shanghai"),
        read_week({day: ["09:00-12:00", "13:30-18:00"] for day in WEEKDAYS[:5]}),
    ),
)


async def do(unit: Memory, command: Command[Any], by: Person | Actor) -> None:
    """A command and the clock's reactions to it, as the bus runs them."""
    await HANDLERS[type(command)](command, unit.by(by))
    for ticket in unit.tickets.kept.values():
        while ticket.events:
            event = ticket.events.pop(0)
            HEARD.append((ticket, event))
            for react in REACTIONS.get(type(event), ()):
                await react(ticket, unit)


HEARD: list[tuple[Ticket, Event]] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    HEARD.clear()


async def opened(priority: Priority = Priority.P2) -> Memory:
    unit = Memory()
    await do(unit, OpenTicket("VPN 断了", CHAT, priority=priority), ZHANG)
    return unit


async def ring_due(unit: Memory) -> list[tuple[str, int]]:
    """Fire every timer that is due, as the sweep does; answers what rang."""
    before = len(HEARD)
    while due := [k for k, at in unit.timers.set_for.items() if at <= unit.now and k.startswith("alarm")]:
        for key in due:
            unit.timers.set_for.pop(key)
            _, ticket, goal = key.split(":")
            await do(unit, RaiseAlarm(f"#{ticket}", Goal(goal)), CLOCK)
    heard = [event for _, event in HEARD[before:]]
    return [
        (e.goal.value, getattr(e, "level", 0)) for e in heard if isinstance(e, SlaWarned | TicketEscalated)
    ]


async def test_the_ladder_rings_once_each_and_in_order() -> None:
    unit = await opened()
    assert await ring_due(unit.later(minutes=23)) == []
    assert await ring_due(unit.later(minutes=1)) == [("respond", 0)]
    assert await ring_due(unit.later(minutes=6)) == [("respond", 1)]
    assert await ring_due(unit.later(minutes=30)) == [("respond", 2)]
    assert await ring_due(unit.later(minutes=30)) == [("respond", 3)]
    assert await ring_due(unit.later(minutes=90)) == []


async def test_after_a_long_stop_every_missed_stage_rings_in_order() -> None:
    unit = await opened()
    assert await ring_due(unit.later(hours=5)) == [
        ("respond", 0),
        ("respond", 1),
        ("respond", 2),
        ("respond", 3),
    ]


async def test_accepting_meets_the_response_and_leaves_the_resolution_running() -> None:
    unit = await opened()
    await do(unit.later(minutes=29), AcceptTicket("1001"), LI)
    response = await unit.deadlines.get(TicketId(1), Goal.RESPOND)
    assert response is not None
    assert (response.run, response.late) == (Run.MET, False)
    assert list(unit.timers.set_for) == ["alarm:1:resolve"]


async def test_waiting_for_the_requester_moves_the_due_time_by_exactly_the_wait() -> None:
    unit = await opened()
    await do(unit, AcceptTicket("1001"), LI)
    await do(unit.later(hours=1), AskRequester("1001", "型号？"), LI)
    assert "alarm:1:resolve" not in unit.timers.set_for
    await do(unit.later(hours=7), AnswerQuestion("1001", "M203"), ZHANG)
    deadline = await unit.deadlines.get(TicketId(1), Goal.RESOLVE)
    policy = await unit.policies.named("standard")
    assert deadline is not None
    assert policy is not None
    assert deadline.due(policy) == NOON + timedelta(hours=8 + 7)


async def test_who_takes_over_stops_the_ladder_but_not_the_clock() -> None:
    unit = await opened()
    await ring_due(unit.later(minutes=31))
    await do(unit, TakeOver("1001"), WANG)
    assert await ring_due(unit.later(hours=3)) == []
    with pytest.raises(AlreadyDone):
        await do(unit, TakeOver("1001"), WANG)


async def test_a_resolved_or_cancelled_ticket_never_rings() -> None:
    unit = await opened()
    await do(unit, CancelTicket("1001"), ZHANG)
    assert unit.timers.set_for == {}
    # A timer that fires all the same, because it was claimed a moment before, finds nothing to do.
    await do(unit.later(hours=9), RaiseAlarm("#1", Goal.RESPOND), CLOCK)
    assert not any(isinstance(event, SlaWarned | TicketEscalated) for _, event in HEARD)


async def test_reopening_promises_anew() -> None:
    unit = await opened()
    await do(unit, AcceptTicket("1001"), LI)
    await do(unit, ResolveTicket("1001", "好"), LI)
    await do(unit.later(days=2), ReopenTicket("1001", "没好"), ZHANG)
    deadline = await unit.deadlines.get(TicketId(1), Goal.RESOLVE)
    assert deadline is not None
    assert (deadline.cycle, deadline.started_at) == (2, unit.now)


async def test_another_priority_keeps_the_time_spent() -> None:
    unit = await opened(Priority.P3)
    await do(unit, AcceptTicket("1001"), LI)
    await do(unit.later(hours=3), SetPriority("1001", Priority.P1), LI)
    assert unit.timers.set_for["alarm:1:resolve"] == NOON + timedelta(hours=4) * 0.8


async def test_another_desk_counts_on_under_its_own_policy_and_calendar() -> None:
    """What the first desk spent was counted by the first desk's calendar, also when a question came in between."""
    unit = await opened()
    unit.desks = Desks(IT, replace(OFFICE, sla="office"))
    unit.policies = Policies({"standard": STANDARD, "office": OFFICE_HOURS})
    await do(unit.later(hours=3), TransferTicket("1001", "行政"), LI)  # 12:00 to 15:00 in Shanghai
    resolve = await unit.deadlines.get(TicketId(1), Goal.RESOLVE)
    assert resolve is not None
    assert (resolve.policy, resolve.spent) == ("office", timedelta(hours=3))
    # Seven more: three until six, three tomorrow morning, one after lunch.
    assert resolve.due(OFFICE_HOURS) == NOON + timedelta(days=1, hours=2, minutes=30)
    told = [event for _, event in HEARD if isinstance(event, DueTimeSet) and event.goal is Goal.RESOLVE]
    assert [(event.policy, event.allowed) for event in told] == [
        ("standard", timedelta(hours=8)),
        ("office", timedelta(hours=10)),
    ]


async def test_a_desk_that_promises_nothing_ends_the_promise_and_says_so() -> None:
    unit = await opened()
    unit.desks = Desks(IT, replace(OFFICE, sla=""))
    await do(unit.later(hours=3), TransferTicket("1001", "行政"), LI)
    resolve = await unit.deadlines.get(TicketId(1), Goal.RESOLVE)
    assert resolve is not None
    assert (resolve.run, resolve.spent) == (Run.CANCELLED, timedelta(hours=3))
    assert unit.timers.set_for == {}
