"""Who sees which files of a ticket: what came with a note is the desk's alone."""

from __future__ import annotations

from domain.base import Actor
from domain.files.file import TicketFile
from domain.tickets.policy import RULES, Parties, standings_among
from storage.queries.views import TicketView


def reads_notes(view: TicketView, actor: Actor) -> bool:
    parties = Parties(
        state=view.state,
        requester=view.requester.id,
        assignee=view.assignee.id if view.assignee else None,
        receiver=view.receiver.id if view.receiver else None,
        followers=frozenset(follower.id for follower in view.followers),
        affected=view.affected,
    )
    return bool(standings_among(parties, view.desk, actor) & RULES["note"].who)


def seen_by(view: TicketView, actor: Actor) -> tuple[TicketFile, ...]:
    """Lost ones included: they are told of openly."""
    internal = reads_notes(view, actor)
    return tuple(file for file in view.files if internal or not file.internal)


def seen_by_all(view: TicketView) -> tuple[TicketFile, ...]:
    return tuple(file for file in view.files if not file.internal)
