"""Who may know of a ticket, as a condition: what ``domain.tickets.policy.standings`` says, in SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_, select, true

from domain.base import CLOCK, Actor, PersonId
from domain.tickets.states import State
from storage.people_tables import desk_members, desks
from storage.ticket_tables import followers, tickets


def visible_to(actor: Actor) -> ColumnElement[bool]:
    if actor == CLOCK:
        return true()
    concerned = true() if actor.is_admin else _concerns(actor.person)
    return or_(
        tickets.c.requester == actor.person,
        and_(tickets.c.state != State.DRAFT, concerned),
    )


def served_by(person: PersonId) -> ColumnElement[bool]:
    """Tickets of the desks that ``person`` serves or leads."""
    member = select(desk_members.c.desk).where(desk_members.c.person == person)
    lead = select(desks.c.key).where(desks.c.lead == person)
    return or_(tickets.c.desk.in_(member), tickets.c.desk.in_(lead))


def _concerns(person: PersonId) -> ColumnElement[bool]:
    mine = and_(followers.c.ticket == tickets.c.id, followers.c.person == person)
    follows = exists().where(mine, followers.c.follows)
    return or_(
        tickets.c.assignee == person,
        tickets.c.transfer_to == person,
        follows,
        served_by(person),
    )
