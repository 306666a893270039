"""Where somebody is met: conversations and accounts on the platforms that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from adapters.chat import ChatPlatform, Insistent
from bot.doorways import Doorways
from bot.effects import Place
from bot.reach import Breakers
from domain.base import Account, Conversation, PersonId
from storage.people import Directory

log = structlog.get_logger()


class Places:
    def __init__(
        self,
        directory: Directory,
        platforms: Mapping[str, ChatPlatform],
        breakers: Breakers,
        doorways: Doorways,
    ) -> None:
        self._directory = directory
        self._platforms = platforms
        self._breakers = breakers
        self._doorways = doorways

    async def of(self, place: Place) -> list[Conversation]:
        """A person is met where they last were, or elsewhere while that is down; who has no account, nowhere."""
        if isinstance(place, Conversation):
            return [place] if place.platform in self._platforms else []
        known = [a for a in await self._directory.reachable(place) if a.platform in self._platforms]
        known.sort(key=lambda account: not self._breakers.is_open(account.platform))
        if not known:
            log.warning("person can't be reached on any platform", person=place)
        found = [
            Conversation(door, "direct", account.user_id)
            for account in known
            for door in await self._doorways.of(account)
        ]
        return [place for place in found if place.platform in self._platforms]

    async def accounts(self, people: tuple[PersonId, ...], place: Conversation) -> tuple[Account, ...]:
        """Their accounts on the platform of ``place``; who has none there can't be mentioned."""
        platform = place.platform.partition("-")[0]
        called = [await self._directory.get(person) for person in people]
        return tuple(a for person in called for a in person.accounts if a.platform == platform)

    async def account_in(self, place: Conversation) -> Account:
        """Whose private chat it is, as the platform knows them: one account may have several doors."""
        shared = Account(place.platform.partition("-")[0], place.key)
        return (
            shared
            if place.platform in await self._doorways.of(shared)
            else Account(place.platform, place.key)
        )

    async def accounts_on(self, people: tuple[PersonId, ...], platform: str) -> tuple[Account, ...]:
        known = [await self._directory.get(person) for person in people]
        return tuple(a for person in known for a in person.accounts if a.platform == platform)

    def insistent(self) -> Sequence[Insistent]:
        return [platform for platform in self._platforms.values() if isinstance(platform, Insistent)]

    def platform(self, place: Conversation) -> ChatPlatform:
        return self._platforms[place.platform]
