"""Who may do what, and when: the one table. The bus asks it, and cards ask it which buttons are honest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from domain.base import CLOCK, Actor, PersonId
from domain.people.people import Desk
from domain.tickets.states import State
from domain.tickets.ticket import Ticket


class Standing(Enum):
    """What an actor is to one ticket."""

    REQUESTER = "提单人"
    FOLLOWER = "关注人"
    AFFECTED = "同样遇到的人"
    ASSIGNEE = "负责人"
    RECEIVER = "转派接收人"
    MEMBER = "服务台成员"
    LEAD = "组长"
    ADMIN = "管理员"
    CLOCK = "系统时钟"


@dataclass(frozen=True)
class Rule:
    states: frozenset[State]
    who: frozenset[Standing]


D, O, P, W, R, C, X = State  # noqa: E741 - one letter a state keeps the table on one screen
REQUESTER, FOLLOWER, AFFECTED, ASSIGNEE, RECEIVER, MEMBER, LEAD, ADMIN, TIME = Standing
STAFF = frozenset({MEMBER, LEAD, ADMIN})
OWNERS = frozenset({ASSIGNEE, LEAD, ADMIN})
EVERYBODY = frozenset(Standing) - {TIME, AFFECTED}  # who has the same trouble does not read along


def _rule(states: tuple[State, ...], *who: Standing | frozenset[Standing]) -> Rule:
    flat = [w if isinstance(w, frozenset) else frozenset({w}) for w in who]
    return Rule(frozenset(states), frozenset().union(*flat))


RULES: Mapping[str, Rule] = {
    "amend": _rule((D,), REQUESTER),
    "own": _rule((D,), REQUESTER),
    "submit": _rule((D,), REQUESTER),
    "cancel": _rule((D, O, P, W), REQUESTER, LEAD, ADMIN),
    "accept": _rule((O,), STAFF),
    "decline": _rule((O, P, W), STAFF),
    "assign": _rule((O, P, W), LEAD, ADMIN),
    "release": _rule((P, W), OWNERS),
    "transfer": _rule((O, P, W), OWNERS, MEMBER),
    "take": _rule((O, P, W), RECEIVER),
    "return": _rule((O, P, W), RECEIVER),
    "ask": _rule((P, W), OWNERS),
    "answer": _rule((W,), REQUESTER),
    "comment": _rule((O, P, W, R, C), EVERYBODY, AFFECTED),
    "note": _rule((O, P, W, R, C), STAFF, ASSIGNEE),
    "attach": _rule((D, O, P, W, R, C), EVERYBODY),
    "move": _rule((D,), REQUESTER),
    "resolve": _rule((P, W), OWNERS),
    "confirm": _rule((R,), REQUESTER),
    "later": _rule((R,), REQUESTER),
    "reopen": _rule((R, C), REQUESTER, LEAD, ADMIN),
    "close": _rule((O, P, W, R), LEAD, ADMIN),
    "priority": _rule((O, P, W), OWNERS),
    "urge": _rule((O, P, W), REQUESTER, FOLLOWER, AFFECTED),
    "follow": _rule((O, P, W, R, C), EVERYBODY),
    "unfollow": _rule((O, P, W, R, C), EVERYBODY, AFFECTED),
    "metoo": _rule((O, P, W), EVERYBODY, AFFECTED),
    "takeover": _rule((O, P, W), STAFF, ASSIGNEE),
    "extend": _rule((O, P, W), OWNERS),
    "grant": _rule((O, P, W), LEAD, ADMIN),
    "refuse": _rule((O, P, W), LEAD, ADMIN),
    "withdraw": _rule((O, P, W), OWNERS),
    "room": _rule((O, P, W), OWNERS, MEMBER),
    # Time's own moves.
    "keep": _rule(tuple(State), TIME),
    "keep_room": _rule(tuple(State), TIME),
    "lose_room": _rule(tuple(State), TIME),
    "lose": _rule(tuple(State), TIME),
    "pass_file": _rule(tuple(State), TIME),
    "alarm": _rule((O, P, W), TIME),
    "recount": _rule((O, P, W), TIME),
    "held": _rule((O, P, W), TIME),
    "reroute": _rule((O, P, W), TIME),
    "expire": _rule((O, P, W), TIME),
    "pass": _rule((O,), TIME),
    "lapse": _rule((R,), TIME),
    "remind": _rule((D,), TIME),
    "nudge": _rule((W, R), TIME),
}


@dataclass(frozen=True)
class Parties:
    """All that matters of a ticket to the question who somebody is to it."""

    state: State
    requester: PersonId
    assignee: PersonId | None
    receiver: PersonId | None
    followers: frozenset[PersonId]
    affected: frozenset[PersonId] = frozenset()


def standings(ticket: Ticket, desk: Desk | None, actor: Actor) -> frozenset[Standing]:
    """Everything ``actor`` is to ``ticket``; empty for a stranger, who may not even know that it exists."""
    receiver = ticket.transfer.to if ticket.transfer else None
    parties = Parties(
        ticket.state,
        ticket.requester,
        ticket.assignee,
        receiver,
        frozenset(ticket.followers),
        frozenset(ticket.affected),
    )
    return standings_among(parties, desk, actor)


def standings_among(parties: Parties, desk: Desk | None, actor: Actor) -> frozenset[Standing]:
    person = actor.person
    if actor == CLOCK:
        return frozenset({Standing.CLOCK})
    is_so = {
        Standing.REQUESTER: person == parties.requester,
        Standing.FOLLOWER: person in parties.followers,
        Standing.AFFECTED: person in parties.affected,
        Standing.ASSIGNEE: person == parties.assignee,
        Standing.RECEIVER: person == parties.receiver,
        Standing.MEMBER: desk is not None and person in desk.members,
        Standing.LEAD: desk is not None and person == desk.lead,
        Standing.ADMIN: actor.is_admin,
    }
    # A draft is its author's alone: nobody reads what was not sent.
    if parties.state is State.DRAFT:
        return frozenset({Standing.REQUESTER}) if is_so[Standing.REQUESTER] else frozenset()
    return frozenset(standing for standing, holds in is_so.items() if holds)


def allows(verb: str, state: State, standing: frozenset[Standing]) -> bool:
    """Whether a button for ``verb`` would tell the truth."""
    rule = RULES[verb]
    return state in rule.states and bool(rule.who & standing)
