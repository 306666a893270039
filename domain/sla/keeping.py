"""Reactions of the clock to the life of a ticket: start, pause, resume, meet, cancel, change.

Each answers one event, in the transaction of that event. ``bot.catalog`` says which answers which.
"""

from __future__ import annotations

from domain.base import TicketId
from domain.sla.deadline import Deadline, Run
from domain.sla.events import DueTimeSet, PauseEnded, SlaMet, SlaPaused, SlaResumed
from domain.sla.policy import Goal, Policy
from domain.sla.ports import Unit
from domain.tickets.states import State
from domain.tickets.ticket import Ticket


async def start_clock(ticket: Ticket, unit: Unit) -> None:
    """Opened, moved to a desk's pool, or reopened: what is not running yet starts now."""
    policy = await policy_of(ticket, unit)
    if policy is None:
        return
    goals = [Goal.RESOLVE] if ticket.assignee is not None else [Goal.RESPOND, Goal.RESOLVE]
    for goal in goals:
        await _start(ticket, goal, policy, unit)


async def pause_clock(ticket: Ticket, unit: Unit) -> None:
    """Only the resolution waits for the requester; the response was owed before any question."""
    policy, deadline = await _running(ticket, Goal.RESOLVE, unit)
    if policy is None or deadline is None or deadline.run is not Run.RUNNING:
        return
    deadline.pause(unit.now, policy)
    if deadline.running_since is not None:
        return  # this policy's clock goes on, or pauses have lasted long enough
    ticket.record(SlaPaused(at=unit.now, by=unit.actor.person, goal=deadline.goal))
    await schedule(deadline, policy, unit)


async def resume_clock(ticket: Ticket, unit: Unit) -> None:
    policy, deadline = await _running(ticket, Goal.RESOLVE, unit)
    if policy is None or deadline is None or deadline.run is not Run.PAUSED:
        return
    deadline.resume(unit.now, policy)
    due = deadline.due(policy)
    assert due is not None
    ticket.record(SlaResumed(at=unit.now, by=unit.actor.person, goal=deadline.goal, due=due))
    await schedule(deadline, policy, unit)


async def let_run_on(ticket: Ticket, deadline: Deadline, policy: Policy, unit: Unit) -> None:
    """The requester did not answer for as long as the policy waits."""
    if deadline.run is not Run.PAUSED:
        return
    deadline.run_on(unit.now, policy)
    due, since = deadline.due(policy), deadline.running_since
    if due is not None and since is not None:
        ticket.record(PauseEnded(at=unit.now, by=unit.actor.person, goal=deadline.goal, since=since, due=due))


async def meet_response(ticket: Ticket, unit: Unit) -> None:
    await _meet(ticket, Goal.RESPOND, unit)


async def meet_all(ticket: Ticket, unit: Unit) -> None:
    for goal in Goal:
        await _meet(ticket, goal, unit)


async def cancel_clock(ticket: Ticket, unit: Unit) -> None:
    for goal in Goal:
        policy, deadline = await _running(ticket, goal, unit)
        if policy is not None and deadline is not None:
            deadline.forget_wish()
            deadline.cancel(unit.now, policy)
            await schedule(deadline, policy, unit)


async def change_target(ticket: Ticket, unit: Unit) -> None:
    """Another priority or desk: the time spent stays spent, the target and the calendar are the new ones."""
    policy = await policy_of(ticket, unit)
    for deadline in await _open_deadlines(ticket, unit):
        before = await unit.policies.named(deadline.policy) or policy
        allowed = policy.allowed(deadline.goal, ticket.priority) if policy else None
        if policy is None or before is None or allowed is None:
            await _drop(ticket, deadline, before, unit)
        elif (allowed, policy.name) != (deadline.allowed - deadline.extra, deadline.policy):
            deadline.forget_wish()
            deadline.allow(allowed, unit.now, policy, before)
            deadline.policy = policy.name
            _tell_due(ticket, deadline, policy, unit)
            await schedule(deadline, policy, unit)


async def change_desk(ticket: Ticket, unit: Unit) -> None:
    await change_target(ticket, unit)
    await start_clock(ticket, unit)


async def change_priority(ticket: Ticket, unit: Unit) -> None:
    """What the old priority did not promise is promised from now on."""
    await change_target(ticket, unit)
    await start_clock(ticket, unit)
    if ticket.state is State.WAITING:
        await pause_clock(ticket, unit)


async def policy_of(ticket: Ticket, unit: Unit) -> Policy | None:
    if not ticket.desk:
        return None
    return await unit.policies.named((await unit.desks.get(ticket.desk)).sla)


async def schedule(deadline: Deadline, policy: Policy, unit: Unit) -> None:
    """One timer a deadline: its next alarm, the end of its pause, or none."""
    key = timer_key(deadline.ticket, deadline.goal)
    deadline.rings_at = deadline.wakes_at(policy)
    if deadline.rings_at is None:
        await unit.timers.cancel(key)
    else:
        await unit.timers.set(key, deadline.ticket, deadline.rings_at)


def timer_key(ticket: TicketId, goal: Goal) -> str:
    return f"alarm:{ticket}:{goal.value}"


async def _start(ticket: Ticket, goal: Goal, policy: Policy, unit: Unit) -> None:
    allowed = policy.allowed(goal, ticket.priority)
    before = await unit.deadlines.get(ticket.id, goal)
    if allowed is None or (before is not None and before.is_open):
        return
    deadline = Deadline(
        ticket=ticket.id,
        goal=goal,
        cycle=before.cycle + 1 if before else 1,
        run=Run.RUNNING,
        allowed=allowed,
        policy=policy.name,
        started_at=unit.now,
        running_since=unit.now,
    )
    await unit.deadlines.add(deadline)
    _tell_due(ticket, deadline, policy, unit)
    await schedule(deadline, policy, unit)


async def _meet(ticket: Ticket, goal: Goal, unit: Unit) -> None:
    policy, deadline = await _running(ticket, goal, unit)
    if policy is None or deadline is None:
        return
    deadline.forget_wish()
    deadline.meet(unit.now, policy)
    ticket.record(SlaMet(at=unit.now, by=unit.actor.person, goal=goal, late=deadline.late))
    await schedule(deadline, policy, unit)


async def _running(ticket: Ticket, goal: Goal, unit: Unit) -> tuple[Policy | None, Deadline | None]:
    deadline = await unit.deadlines.get(ticket.id, goal)
    if deadline is None or not deadline.is_open:
        return None, None
    return await unit.policies.named(deadline.policy) or await policy_of(ticket, unit), deadline


async def _open_deadlines(ticket: Ticket, unit: Unit) -> list[Deadline]:
    return [deadline for deadline in await unit.deadlines.of(ticket.id) if deadline.is_open]


async def _drop(ticket: Ticket, deadline: Deadline, before: Policy | None, unit: Unit) -> None:
    """Nothing is promised any more. ``before`` is None when the configuration has forgotten what was."""
    deadline.forget_wish()
    if before is None:
        deadline.run, deadline.running_since, deadline.ended_at = Run.CANCELLED, None, unit.now
    else:
        deadline.cancel(unit.now, before)
    deadline.rings_at = None
    ticket.record(DueTimeSet(at=unit.now, by=unit.actor.person, goal=deadline.goal, due=None))
    await unit.timers.cancel(timer_key(deadline.ticket, deadline.goal))


def _tell_due(ticket: Ticket, deadline: Deadline, policy: Policy, unit: Unit) -> None:
    ticket.record(
        DueTimeSet(
            at=unit.now,
            by=unit.actor.person,
            goal=deadline.goal,
            due=deadline.due(policy),
            allowed=deadline.allowed,
            policy=policy.name,
        )
    )
