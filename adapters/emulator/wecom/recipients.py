"""Who a message goes to (wecom.md §2.3): the names in touser, toparty and totag, sorted by fate."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import State

ROOT_DEPARTMENT = "1"  # the company has no other, and no tags


@dataclass(frozen=True)
class Recipients:
    members: tuple[str, ...]  # as the company spells them
    invalid: tuple[str, ...] = ()
    invalid_parties: tuple[str, ...] = ()
    invalid_tags: tuple[str, ...] = ()
    unlicensed: tuple[str, ...] = ()

    def answer(self) -> dict[str, str]:
        """Userids come back in lower case, whatever was sent (page 90236)."""
        told = {
            "invaliduser": "|".join(self.invalid).lower(),
            "invalidparty": "|".join(self.invalid_parties),
            "invalidtag": "|".join(self.invalid_tags),
            "unlicenseduser": "|".join(self.unlicensed).lower(),
        }
        return {name: value for name, value in told.items() if value}


def recipients_of(body: Node, state: State) -> Recipients:
    users, parties, tags = (_names(body.child(name)) for name in ("touser", "toparty", "totag"))
    if len(users) > 1000:
        raise Refusal(40032)
    if len(parties) > 100 or len(tags) > 100:
        raise Refusal(82002 if len(parties) > 100 else 82003, "too many departments or tags")
    if not users + parties + tags:
        raise Refusal(82001)
    found = _everybody(state) if users == ["@all"] else _sorted_by_fate(users, parties, tags, state)
    if not found.members:
        raise Refusal(81013)
    return found


def _names(node: Node) -> list[str]:
    return [name for name in node.text_or_nothing().split("|") if name]


def _everybody(state: State) -> Recipients:
    return _licensed([employee.wecom for employee in state.members() if state.visible(employee.wecom)], state)


def _sorted_by_fate(users: list[str], parties: list[str], tags: list[str], state: State) -> Recipients:
    found = {user: state.visible(user) for user in users}
    members = [employee.wecom for employee in found.values() if employee]
    if ROOT_DEPARTMENT in parties:
        members += _everybody(state).members
    licensed = _licensed(list(dict.fromkeys(members)), state)
    return Recipients(
        licensed.members,
        tuple(user for user, employee in found.items() if employee is None),
        tuple(party for party in parties if party != ROOT_DEPARTMENT),
        tuple(tags),
        licensed.unlicensed,
    )


def _licensed(members: list[str], state: State) -> Recipients:
    without = state.switches.unlicensed_users
    return Recipients(
        tuple(member for member in members if member not in without),
        unlicensed=tuple(member for member in members if member in without),
    )
