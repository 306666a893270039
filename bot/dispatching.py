"""[[dispatch]], and what desks say about handing out, into the domain's words; and what is wrong with it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from domain.dispatch.checking import PlannedDesk, PlannedRule, check_desks, check_rules
from domain.dispatch.reading import Mistake, read_condition
from domain.dispatch.rules import Rule, Rulebook
from domain.people.people import Category

if TYPE_CHECKING:
    from bot.settings import CategorySection, DeskSection, DispatchSection, Settings


def rulebook(sections: tuple[DispatchSection, ...]) -> Rulebook:
    """The sections have been checked."""
    return Rulebook(tuple(_rule(index, section) for index, section in enumerate(sections, 1)))


def categories(sections: tuple[CategorySection, ...]) -> tuple[Category, ...]:
    return tuple(Category(s.name, s.keywords, s.skill) for s in sections)


def check_dispatch(settings: Settings, sources: frozenset[str]) -> Iterator[Mistake]:
    skills = {person.name: person.skills for person in settings.people}
    rostered = frozenset(roster.desk for roster in settings.rosters)
    desks = [_planned(desk, skills, rostered) for desk in settings.desks]
    rules = [PlannedRule(s.when, s.to_desk, s.strategy, s.skill) for s in settings.dispatch]
    yield from check_desks(desks)
    yield from check_rules(rules, desks, sources)


def _rule(position: int, section: DispatchSection) -> Rule:
    name = section.name or f"第 {position} 条"
    return Rule(name, read_condition(section.when), section.to_desk, section.strategy, section.skill)


def _planned(desk: DeskSection, skills: Mapping[str, Sequence[str]], rostered: Container[str]) -> PlannedDesk:
    return PlannedDesk(
        desk.key,
        desk.dispatch,
        categories(desk.categories),
        skills=frozenset(skill for member in desk.members for skill in skills.get(member, ())),
        members=desk.members,
        has_roster=desk.key in rostered,
    )
