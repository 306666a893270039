"""Whom a level calls: targets, deputies, fall-backs, and what waits for the morning."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.base import Account, Conversation, PersonId
from domain.people.people import Person
from domain.people.presence import Absence
from domain.sla.calendar import PlainTime
from domain.sla.calling import Around, Callee, Reached, Route, route
from domain.sla.policy import Policy
from domain.sla.recipients import (
    ADMINS,
    ASSIGNEE,
    CHANNELS,
    DESK,
    LEAD,
    ON_DUTY,
    USUAL,
    CallPlan,
    Recipient,
    Who,
    circle_in,
)
from domain.sla.week import read_week
from domain.sla.workdays import WorkCalendar
from domain.tickets.opening import OpenTicket
from domain.tickets.ticket import Ticket
from tests.domain.people import CHAT, CHEN, IT, LI, NOON, SUN, WANG, ZHAO, Desks, Memory
from tests.domain.test_sla import do

GROUP = Conversation("chat", "group", "it")
OTHER = Conversation("news", "group", "boss")
BOSS = Recipient(Who.PERSON, name="孙悦")
EVENING = NOON + timedelta(hours=9)  # nine o'clock
WEEK = read_week(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-12:00", "13:30-18:00")))
OFFICE = WorkCalendar("office", ZoneInfo("Asia/Shanghai"), WEEK)
MORNING = NOON + timedelta(hours=21)  # nine o'clock of the next day


class Told:
    """Whereabouts as a test says."""

    def __init__(self, found: Mapping[Recipient, Iterable[Callee]]) -> None:
        self._found = found

    async def of(self, recipient: Recipient) -> Reached:
        callees = list(self._found.get(recipient, ()))
        people = tuple(one for one in callees if isinstance(one, int))
        return Reached(people, tuple(one for one in callees if not isinstance(one, int)))

    async def is_there(self, recipient: Recipient) -> bool:
        return recipient is not CHANNELS or recipient in self._found


EVERYBODY: Mapping[Recipient, Iterable[Callee]] = {
    ASSIGNEE: [LI.id],
    DESK: [LI.id, WANG.id],
    LEAD: [CHEN.id],
    ADMINS: [ZHAO.id],
    CHANNELS: [GROUP],
    BOSS: [SUN.id],
}


def policy(calls: CallPlan | None = None, **changes: object) -> Policy:
    made = Policy("p", {}, PlainTime(), ladder=(timedelta(),) * 3, calls=calls or CallPlan())
    return replace(made, **changes)  # type: ignore[arg-type]


async def called(
    stage: int, found: Mapping[Recipient, Iterable[Callee]], calls: CallPlan | None = None
) -> Reached:
    return (await route(stage, policy(calls), NOON, Told(found))).called


async def test_without_a_word_in_the_policy_it_climbs_from_the_owner_to_the_management() -> None:
    assert await called(0, EVERYBODY) == Reached((LI.id,))
    assert await called(1, EVERYBODY) == Reached((LI.id, CHEN.id), (GROUP,))
    assert await called(2, EVERYBODY) == Reached((CHEN.id,), (GROUP,))
    assert await called(3, EVERYBODY) == Reached((CHEN.id, ZHAO.id), (GROUP,))
    assert await called(7, EVERYBODY) == await called(3, EVERYBODY)


async def test_what_nobody_has_is_called_out_in_the_group_or_to_each_of_the_desk() -> None:
    pooled = {**EVERYBODY, ASSIGNEE: []}
    assert await called(0, pooled) == Reached((), (GROUP,))
    assert await called(0, {**pooled, CHANNELS: []}) == Reached((LI.id, WANG.id))
    assert await called(1, pooled) == Reached((LI.id, WANG.id, CHEN.id), (GROUP,))


async def test_a_desk_without_groups_calls_nobody_in_their_stead_unless_nobody_else_is_named() -> None:
    groupless = {who: found for who, found in EVERYBODY.items() if who != CHANNELS}
    assert await called(2, groupless) == Reached((CHEN.id,))
    assert await called(2, {**groupless, CHANNELS: []}) == Reached((LI.id, WANG.id, CHEN.id))
    assert await called(1, groupless, CallPlan(((), (CHANNELS,)))) == Reached((LI.id, WANG.id))


async def test_a_written_fall_back_comes_before_the_usual_one_and_the_administrators_last() -> None:
    plan = CallPlan(((ASSIGNEE,), (LEAD,)), {LEAD: BOSS, BOSS: ON_DUTY})
    assert plan.chain(LEAD, 1) == (LEAD, BOSS, ON_DUTY, DESK, ADMINS)
    assert await called(1, {**EVERYBODY, LEAD: []}, plan) == Reached((SUN.id,))
    assert await called(1, {ADMINS: [ZHAO.id]}, plan) == Reached((ZHAO.id,))


def test_a_circle_is_found_and_shown() -> None:
    assert circle_in({LEAD: BOSS, BOSS: ON_DUTY}) == ()
    assert circle_in({ASSIGNEE: LEAD, LEAD: BOSS, BOSS: LEAD}) == [LEAD, BOSS, LEAD]
    assert circle_in({LEAD: LEAD}) == [LEAD, LEAD]


# ── outside work hours ──


async def rings(stage: int, at: timedelta, found: Mapping[Recipient, Iterable[Callee]]) -> Route:
    return await route(stage, policy(calendar=OFFICE), NOON + at, Told(found))


async def test_at_night_without_anybody_on_duty_it_waits_for_the_morning_but_not_the_third_level() -> None:
    for stage in (0, 1, 2):
        assert await rings(stage, EVENING - NOON, EVERYBODY) == Route(Reached(), MORNING)
    assert await rings(3, EVENING - NOON, EVERYBODY) == Route(Reached((CHEN.id, ZHAO.id), (GROUP,)))


async def test_at_night_only_who_is_on_duty_is_called_and_at_once() -> None:
    watched = {**EVERYBODY, ON_DUTY: [WANG.id]}
    assert await rings(1, EVENING - NOON, watched) == Route(Reached((WANG.id,), (GROUP,)))


async def test_what_is_due_at_six_sharp_is_still_due_today() -> None:
    six = timedelta(hours=6)
    assert (await rings(1, six, EVERYBODY)).until is None
    assert (await rings(1, six + timedelta(seconds=2), EVERYBODY)).until == MORNING
    assert (await rings(1, MORNING - NOON, EVERYBODY)).until is None


# ── who can be reached ──


class Away:
    def __init__(self, deputies: Mapping[PersonId, Person | None]) -> None:
        self._deputies = deputies

    async def absence(self, person: PersonId) -> Absence | None:
        return Absence(LI, None, self._deputies[person]) if person in self._deputies else None


class Only:
    def __init__(self, *platforms: str) -> None:
        self._platforms = platforms

    def is_open(self, platform: str) -> bool:
        return platform in self._platforms


async def opened() -> tuple[Memory, Ticket]:
    unit = Memory(desks=Desks(replace(IT, channels=(GROUP, OTHER))))
    await do(unit, OpenTicket("VPN 断了", CHAT), unit.people.kept[PersonId(1)])
    ticket = await unit.tickets.find("1001")
    ticket.assignee = LI.id
    return unit, ticket


async def looked_up(recipient: Recipient, unit: Memory, ticket: Ticket) -> Reached:
    return await Around(ticket.assignee, await unit.desks.get("it"), unit).of(recipient)


async def test_a_deputy_stands_in_and_who_has_none_is_passed_over() -> None:
    unit, ticket = await opened()
    unit.presence = Away({LI.id: WANG, CHEN.id: None})
    assert await looked_up(ASSIGNEE, unit, ticket) == Reached((WANG.id,))
    assert await looked_up(DESK, unit, ticket) == Reached((WANG.id,))
    assert await looked_up(LEAD, unit, ticket) == Reached()


async def test_who_has_no_account_where_we_are_connected_is_passed_over() -> None:
    unit, ticket = await opened()
    unit.people.kept[CHEN.id] = replace(CHEN, accounts=(Account("other", "c"),))
    unit.reach = Only("wecom", "chat")
    assert await looked_up(LEAD, unit, ticket) == Reached()
    assert await looked_up(ASSIGNEE, unit, ticket) == Reached((LI.id,))
    assert await looked_up(CHANNELS, unit, ticket) == Reached((), (GROUP,))


async def test_the_roster_the_administrators_and_people_by_name() -> None:
    unit, ticket = await opened()
    unit.duty.now_on["it"] = WANG.id
    assert await looked_up(ON_DUTY, unit, ticket) == Reached((WANG.id,))
    assert await looked_up(ADMINS, unit, ticket) == Reached((ZHAO.id,))
    assert await looked_up(BOSS, unit, ticket) == Reached((SUN.id,))
    gone = Recipient(Who.PERSON, name="没有此人")
    assert await looked_up(gone, unit, ticket) == Reached()
    assert await looked_up(Recipient(Who.GROUP, place=OTHER), unit, ticket) == Reached((), (OTHER,))


@pytest.mark.parametrize("seed", range(40))
async def test_whoever_is_lost_somebody_is_called_and_nobody_twice(seed: int) -> None:
    rng = random.Random(seed)
    recipients = [ASSIGNEE, DESK, LEAD, ON_DUTY, CHANNELS, BOSS, Recipient(Who.GROUP, place=OTHER)]
    for _ in range(50):
        order = rng.sample(recipients, len(recipients))
        instead = {a: b for a, b in itertools.pairwise(order) if rng.random() < 0.5}
        assert circle_in(instead) == ()
        levels = tuple(tuple(rng.sample(recipients, rng.randint(1, 3))) for _ in range(4))
        plan = CallPlan(levels if rng.random() < 0.7 else USUAL, instead)
        callees: list[Callee] = [LI.id, WANG.id, CHEN.id, SUN.id, GROUP, OTHER]
        found = {r: rng.sample(callees, rng.randint(0, 2)) for r in recipients}
        lost = rng.sample(callees, rng.randint(0, 5))
        told = Told({**found, ADMINS: [ZHAO.id]})
        reached = (await route(rng.randint(0, 4), policy(plan), NOON, told, lost)).called
        everybody = [*reached.people, *reached.groups]
        assert everybody
        assert len(everybody) == len(set(everybody))
        assert not set(everybody) & set(lost)
