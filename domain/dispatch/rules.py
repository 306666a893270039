"""Which desk and which strategy a new ticket gets: the first rule that fits decides, then the desk's own setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.dispatch.conditions import AllOf, Condition, Subject
from domain.people.people import Person, Strategy
from domain.tickets.ticket import Ticket

HERE = ZoneInfo("Asia/Shanghai")  # "after six" means on the wall of the house


@dataclass(frozen=True)
class Rule:
    """``desk`` "" and ``strategy`` None leave things as they are. Only who has ``skill`` is asked: "华东", "电工"."""

    name: str
    when: Condition = field(default_factory=AllOf)
    desk: str = ""
    strategy: Strategy | None = None
    skill: str = ""


@dataclass(frozen=True)
class Rulebook:
    rules: Sequence[Rule] = ()

    def first_match(self, subject: Subject) -> Rule | None:
        return next((rule for rule in self.rules if rule.when.holds(subject)), None)


NO_RULES = Rulebook()


def subject_of(ticket: Ticket, requester: Person, now: datetime) -> Subject:
    return Subject(
        desk=ticket.desk,
        category=ticket.category,
        priority=ticket.priority,
        source=ticket.origin.platform,
        place=ticket.place,
        roles=requester.roles,
        text=f"{ticket.title}\n{ticket.text}",
        hour=now.astimezone(HERE).hour,
    )
