"""Who is shown what when a promise rings. Whom it calls was decided by ``domain.sla.calling``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.effects import Effect, Insist, Place, ShowCalls, ShowTicket
from bot.scene import Scene
from domain.base import Conversation, Event, PersonId
from domain.sla.escalating import lost_before, told_by, told_together
from domain.sla.events import Call, CalledInstead, HeldCallMade, SlaWarned, TicketEscalated
from domain.sla.gathering import Posting
from domain.sla.policy import Goal

PRIVATE = 2  # from L2 on nobody can say that they did not see it in the group


async def _warned(event: SlaWarned, scene: Scene) -> Iterable[Effect]:
    return await _call(event, scene)


async def _escalated(event: TicketEscalated, scene: Scene) -> Iterable[Effect]:
    return [*await _call(event, scene), scene.refresh()]


async def _held(event: HeldCallMade, scene: Scene) -> Iterable[Effect]:
    return await _call(event, scene)


async def _instead(event: CalledInstead, scene: Scene) -> Iterable[Effect]:
    return await _call(event, scene)


async def _call(call: Call, scene: Scene) -> Iterable[Effect]:
    """What is told together with others waits in the gathering; the rest goes out now."""
    face, together = (
        face_of(call.goal, call.stage, call.planned if call.is_late else None),
        told_together(call),
    )
    groups = [group for group in call.groups if group not in together]
    people = [person for person in await _in_private(call, scene) if person not in together]
    places: list[Place] = [*groups, *people]
    insisting = (
        [Insist(ticket=scene.ticket.id, face=face, people=call.called)] if _insists(call, scene) else []
    )
    return [
        *insisting,
        *(
            ShowTicket(
                place=place,
                ticket=scene.ticket.id,
                face=face,
                mention=call.called if isinstance(place, Conversation) else (),
                lost=lost_before(call),
                told=told_by(call),
            )
            for place in places
        ),
    ]


def _insists(call: Call, scene: Scene) -> bool:
    return bool(call.called) and 0 < scene.insist_at <= call.stage


async def _in_private(call: Call, scene: Scene) -> Iterable[PersonId]:
    """Below L2 the group's mention is enough, for those whom it can mention."""
    if call.stage >= PRIVATE:
        return call.called
    heard = {group.platform.partition("-")[0] for group in call.groups}
    found = [await scene.unit.people.get(person) for person in call.called]
    return [person.id for person in found if not any(a.platform in heard for a in person.accounts)]


CALL_TELLERS: Mapping[type[Event], Callable[[Any, Scene], Awaitable[Iterable[Effect]]]] = {
    SlaWarned: _warned,
    TicketEscalated: _escalated,
    HeldCallMade: _held,
    CalledInstead: _instead,
}


# ── told together ──


def shown_together(postings: Iterable[Posting]) -> Iterable[Effect]:
    """One ticket that calls alone has a card of its own."""
    for posting in postings:
        entries = posting.entries
        if len(entries) > 1:
            yield ShowCalls(place=posting.place, posting=posting.id, mention=_mentioned(posting))
            continue
        only = entries[0]
        face = face_of(only.goal, only.stage, only.late)
        yield ShowTicket(
            place=posting.place,
            ticket=only.ticket,
            face=face,
            mention=_mentioned(posting),
            lost=only.lost,
            told=only.told,
        )


def _mentioned(posting: Posting) -> tuple[PersonId, ...]:
    return posting.called if isinstance(posting.place, Conversation) else ()


# ── faces ──


def face_of(goal: Goal, stage: int, late: datetime | None) -> str:
    """「escalation:respond:2」, with the second in which it should have rung when that is long ago."""
    due = f":{int(late.timestamp())}" if late is not None else ""
    return f"escalation:{goal.value}:{stage}{due}"
