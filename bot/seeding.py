"""What the configuration file seeds an empty database with, and ``paidan apply`` writes into one that is not."""

from __future__ import annotations

from dataclasses import replace

from bot.dispatching import categories
from bot.settings import PersonSection, Settings
from domain.base import Role
from storage.duty import RosterSeed
from storage.seeding import DeskSeed, PersonSeed


def seeds(settings: Settings) -> tuple[list[PersonSeed], list[DeskSeed]]:
    people = [_person(section) for section in settings.people]
    desks = [
        DeskSeed(
            name=section.name,
            key=section.key,
            prefix=section.prefix,
            lead=section.lead,
            members=section.members,
            channels=section.channels,
            keywords=section.keywords,
            sla=section.sla,
            dispatch=section.dispatch,
            offer_for=section.offer_for,
            categories=categories(section.categories),
            war_room=replace(section.war_room, with_requester=section.war_room_requester),
        )
        for section in settings.desks
    ]
    return people, desks


def roster_seeds(settings: Settings) -> list[RosterSeed]:
    return [
        RosterSeed(
            desk=section.desk,
            turn=section.kind,
            people=section.people,
            start=section.start,
            handover=section.handover,
            until=section.until,
            full=section.full,
        )
        for section in settings.rosters
    ]


def _person(section: PersonSection) -> PersonSeed:
    return PersonSeed(
        name=section.name,
        accounts=section.accounts,
        roles=frozenset({Role.REQUESTER, *section.roles}),
        skills=section.skills,
    )
