"""Calls of the ladder as commands drive them: late, told together, held for the morning, or somebody else instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.base import CLOCK, Conversation, PersonId
from domain.sla.calling import Callee
from domain.sla.escalating import CallHeld, CallInstead, TakeOver, told_by
from domain.sla.events import Call, CalledInstead, HeldCallMade
from domain.sla.gathering import highest
from domain.sla.policy import Goal, Policy, Target
from domain.tickets.assigning import AcceptTicket
from domain.tickets.opening import OpenTicket
from domain.tickets.resolving import ResolveTicket
from domain.tickets.states import Priority
from tests.domain.people import CHAT, CHEN, IT, LI, NOON, WANG, ZHANG, ZHAO, Desks, Memory, Policies
from tests.domain.test_calling import MORNING, OFFICE, Only
from tests.domain.test_sla import HEARD, do, opened, ring_due

ROOM = Conversation("chat", "group", "it")
# Due at half past three; the second level rings at half past seven in the evening.
DAY = Policy(
    "standard",
    {Priority.P2: Target(None, timedelta(hours=2))},
    OFFICE,
    ladder=(timedelta(), timedelta(hours=4), timedelta(hours=5)),
)


@pytest.fixture(autouse=True)
def _forget() -> None:
    HEARD.clear()


def calls() -> Iterator[Call]:
    return (event for _, event in HEARD if isinstance(event, Call))


async def test_what_rings_long_after_it_was_due_says_so() -> None:
    unit = await opened()
    unit.desks = Desks(replace(IT, channels=(ROOM,)))
    await ring_due(unit.later(minutes=25))
    await ring_due(unit.later(minutes=35))
    assert [(call.stage, call.is_late) for call in calls()] == [(0, False), (1, True), (2, False)]
    assert [one.late for one in unit.gathering.waiting] == [None, NOON + timedelta(minutes=30), None]


async def test_each_level_calls_its_own_and_what_is_urgent_is_not_told_together() -> None:
    unit = await opened()
    unit.desks = Desks(replace(IT, channels=(ROOM,)))
    await ring_due(unit.later(minutes=60))
    assert [one.stage for one in unit.gathering.waiting] == [0, 1, 2]
    assert [one.stage for one in highest(unit.gathering.waiting)] == [2]
    await ring_due(unit.later(minutes=30))
    assert len(unit.gathering.waiting) == 3
    assert [(call.stage, call.called, call.groups) for call in calls()] == [
        (0, (), (ROOM,)),
        (1, (LI.id, WANG.id, CHEN.id), (ROOM,)),
        (2, (CHEN.id,), (ROOM,)),
        (3, (CHEN.id, ZHAO.id), (ROOM,)),
    ]


async def test_after_a_stop_a_group_hears_of_the_highest_level_only() -> None:
    unit = await opened()
    unit.desks = Desks(replace(IT, channels=(ROOM,)))
    await ring_due(unit.later(hours=2))
    assert [call.stage for call in calls()] == [0, 1, 2, 3]
    assert unit.gathering.waiting == []


# ── the night ──


async def in_the_night() -> Memory:
    """Half past seven: two levels have rung, the second of them for nobody."""
    unit = Memory(policies=Policies({"standard": DAY}), desks=Desks(replace(IT, channels=(ROOM,))))
    await do(unit, OpenTicket("VPN 断了", CHAT, priority=Priority.P2), ZHANG)
    await do(unit, AcceptTicket("1001"), LI)
    await ring_due(unit.later(hours=3, minutes=30))
    await ring_due(unit.later(hours=4))
    return unit


def held_calls() -> list[tuple[int, tuple[PersonId, ...], tuple[Conversation, ...]]]:
    return [(c.stage, c.called, c.groups) for c in calls() if isinstance(c, HeldCallMade)]


async def test_what_rings_in_the_night_is_logged_then_and_calls_in_the_morning() -> None:
    unit = await in_the_night()
    *_, second = calls()
    assert (second.stage, second.at, second.called, second.held_until) == (2, unit.now, (), MORNING)
    assert unit.timers.set_for["held:1:resolve-1-2"] == MORNING
    unit.now = MORNING
    await do(unit, CallHeld("#1", Goal.RESOLVE, 1, 2), CLOCK)
    assert held_calls() == [(2, (CHEN.id,), (ROOM,))]
    assert {one.place for one in unit.gathering.waiting[-2:]} == {CHEN.id, ROOM}, "the night is one card each"


async def test_the_third_level_does_not_wait_and_the_group_needs_no_lower_one_after_it() -> None:
    unit = await in_the_night()
    assert await ring_due(unit.later(hours=1)) == [("resolve", 3)]
    assert list(calls())[-1].called == (CHEN.id, ZHAO.id)
    unit.now = MORNING
    await do(unit, CallHeld("#1", Goal.RESOLVE, 1, 2), CLOCK)
    assert held_calls() == [(2, (CHEN.id,), ())]


async def test_in_the_morning_nobody_is_called_for_what_is_over_or_looked_after() -> None:
    unit = await in_the_night()
    unit.now = MORNING
    await do(unit, CallHeld("#1", Goal.RESOLVE, 2, 2), CLOCK)  # of another cycle
    await do(unit, TakeOver("1001"), WANG)
    await do(unit, CallHeld("#1", Goal.RESOLVE, 1, 2), CLOCK)
    await do(unit, ResolveTicket("1001", "好了"), LI)
    await do(unit, CallHeld("#1", Goal.RESOLVE, 1, 2), CLOCK)
    assert held_calls() == []


async def test_who_is_on_duty_is_called_in_the_night_at_once() -> None:
    unit = Memory(policies=Policies({"standard": DAY}))
    unit.duty.now_on["it"] = WANG.id
    await do(unit, OpenTicket("VPN 断了", CHAT, priority=Priority.P2), ZHANG)
    await ring_due(unit.later(hours=3, minutes=30))
    await ring_due(unit.later(hours=4))
    assert [call.called for call in calls()][-2:] == [(LI.id, WANG.id, CHEN.id), (WANG.id,)]
    assert not [key for key in unit.timers.set_for if key.startswith("held")]


# ── instead ──


async def test_who_cannot_be_reached_is_replaced_by_the_next_and_never_asked_again() -> None:
    unit = await opened()
    await ring_due(unit.later(hours=1))
    told: tuple[Callee, ...] = (CHEN.id,)
    for lost in ([CHEN], [CHEN, LI], [CHEN, LI, WANG], [CHEN, LI, WANG, ZHAO]):
        await do(unit, CallInstead("#1", Goal.RESPOND, 2, tuple(one.id for one in lost), told), CLOCK)
        told = told_by(list(calls())[-1])
    assert [(call.lost, call.called) for call in calls() if isinstance(call, CalledInstead)] == [
        ((CHEN.id,), (LI.id, WANG.id)),
        ((CHEN.id, LI.id, WANG.id), (ZHAO.id,)),
    ]


async def test_a_group_that_seems_gone_by_now_is_replaced_all_the_same() -> None:
    """By the time it is given up, everybody knows that its platform does not answer."""
    unit = await opened()
    unit.desks = Desks(replace(IT, channels=(ROOM,)))
    await ring_due(unit.later(minutes=30))
    unit.reach = Only("wecom")
    told = (LI.id, WANG.id, CHEN.id, ROOM)
    await do(unit, CallInstead("#1", Goal.RESPOND, 2, (ROOM,), (CHEN.id, ROOM)), CLOCK)
    await do(unit, CallInstead("#1", Goal.RESPOND, 1, (ROOM,), told), CLOCK)
    assert [call.called for call in calls() if isinstance(call, CalledInstead)] == [(LI.id, WANG.id)]


async def test_nobody_is_called_instead_once_somebody_looks_after_it() -> None:
    unit = await opened()
    await ring_due(unit.later(hours=1))
    await do(unit, TakeOver("1001"), WANG)
    await do(unit, CallInstead("#1", Goal.RESPOND, 2, (CHEN.id,)), CLOCK)
    assert not any(isinstance(call, CalledInstead) for call in calls())
