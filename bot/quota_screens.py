"""Reads what the month has cost so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.card import Card
from bot.cards.quota import Usage, quota_card
from bot.thrift import Thrift
from domain.base import PersonId, Role
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.quota import LedgerBook, month_of

DEAREST = 3
NO_RIGHT = "只有管理员可以看额度。"
NO_ALLOWANCE = "没有按月限量的平台，不用看额度。"


class QuotaScreens:
    def __init__(
        self,
        thrift: Thrift,
        ledger: LedgerBook,
        queries: TicketQueries,
        directory: Directory,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._thrift = thrift
        self._ledger = ledger
        self._queries = queries
        self._directory = directory
        self._now = now

    async def answer(self, person: PersonId) -> Card | str:
        if Role.ADMIN not in (await self._directory.get(person)).actor.roles:
            return NO_RIGHT
        for platform in self._thrift.platforms:
            return quota_card(await self.usage(platform))
        return NO_ALLOWANCE

    async def usage(self, platform: str) -> Usage:
        budget = self._thrift.platforms[platform]
        return Usage(
            platform=budget.name,
            forecasts=await self._thrift.forecasts(platform),
            by_api=await self._thrift.by_api(platform),
            dearest=await self._dearest(),
            per_ticket=budget.per_ticket,
            strain=await self._thrift.strain(platform),
        )

    async def _dearest(self) -> Sequence[tuple[str, int]]:
        found = await self._ledger.dearest(month_of(self._now()), DEAREST)
        return [((await self._queries.view(ticket)).number, calls) for ticket, calls in found]
