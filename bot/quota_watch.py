"""Tells administrators, once a month each, that 70, 85 and 95 in a hundred are used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from bot.bus import Bus
from bot.cards.quota import warning
from bot.effects import Effect, Say
from bot.thrift import Thrift
from domain.base import CLOCK, Role
from domain.quota.allowance import Account
from domain.quota.forecast import Forecast
from domain.quota.thrift import STAGES, Strain, strain_of
from storage.people import Directory
from storage.quota import month_of

log = structlog.get_logger()


class QuotaWatch:
    def __init__(
        self, thrift: Thrift, bus: Bus, directory: Directory, *, now: Callable[[], datetime]
    ) -> None:
        self._thrift = thrift
        self._bus = bus
        self._directory = directory
        self._now = now
        self._told: set[str] = set()
        self.used: dict[tuple[str, Account], Forecast] = {}

    @property
    def platforms(self) -> Iterable[str]:
        return self._thrift.platforms

    async def __call__(self) -> None:
        for platform in self._thrift.platforms:
            for account, forecast in (await self._thrift.forecasts(platform)).items():
                self.used[platform, account] = forecast
                await self._look(platform, account, forecast)

    async def _look(self, platform: str, account: Account, forecast: Forecast) -> None:
        """Who passed two stages since the last look hears of the later one alone."""
        reached = [share for share, _ in STAGES if forecast.share >= share]
        for share in reached:
            await self._tell(platform, account, forecast, share, aloud=share == reached[0])

    async def _tell(
        self, platform: str, account: Account, forecast: Forecast, share: float, *, aloud: bool
    ) -> None:
        key = f"quota:{platform}:{account.value}:{month_of(self._now())}:{share:.0%}"
        if key in self._told:
            return
        effects: list[Effect] = []
        if aloud:
            strain = strain_of(forecast) if account is Account.CALLS else Strain.NONE
            name = self._thrift.platforms[platform].name
            text = warning(name, account, forecast, strain)
            effects = [Say(place=p.id, text=text) for p in await self._directory.with_role(Role.ADMIN)]
            log.warning("quota", platform=platform, account=account.value, share=f"{share:.0%}")
        # Two replicas see the same; one of them tells.
        await self._bus.tell(effects, by=CLOCK, once=key)
        self._told.add(key)
