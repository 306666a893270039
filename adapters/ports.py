"""What the adapters need somebody to keep for them, shared by all replicas. ``storage`` provides it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.base import Conversation, TicketId


@dataclass(frozen=True)
class Token:
    value: str
    expires_at: datetime
    refresh_at: datetime


class TokenLike(Protocol):
    """``Token``, or storage's own row of the same shape: storage may not import us."""

    @property
    def value(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def refresh_at(self) -> datetime: ...


class Tokens(Protocol):
    """Access tokens, one row per (platform, application)."""

    async def load(self, name: str) -> TokenLike | None: ...

    def refreshing(self, name: str) -> AbstractAsyncContextManager[None]:
        """Held by one replica at a time while it fetches a new token."""

    async def may_force(self, name: str, now: datetime) -> bool:
        """True once a minute, for all replicas together: another token before the old one's time is over."""

    async def save(self, name: str, token: Token) -> None: ...


class Sessions(Protocol):
    """DingTalk's session webhooks: the only way back to a person without a staff id."""

    async def remember(self, place: Conversation, url: str, until: datetime) -> None: ...

    async def lookup(self, place: Conversation) -> str | None:
        """The newest address that still lives, or None when there is none."""


class Ledger(Protocol):
    """Metered calls, counted per platform, API, day (Asia/Shanghai) and ticket (``adapters.billing``)."""

    async def count(
        self, platform: str, api: str, at: datetime, ticket: TicketId | None = None, times: int = 1
    ) -> None:
        """Said before the call goes out. ``times`` is -1 for one that the platform turned back unbilled."""


class Turns(Protocol):
    """How often something may be done, by all replicas together. A rate is so many at once after a rest, and one
    more for each span."""

    async def take(
        self, key: str, rates: Sequence[tuple[int, timedelta]], now: datetime, times: int = 1
    ) -> timedelta:
        """All of ``times``, or none: nothing when taken, else how long to wait before asking again."""

    async def reserve(self, key: str, rate: tuple[int, timedelta], now: datetime) -> timedelta:
        """The next turn, whenever it comes: how long to wait for it."""


class Lease(Protocol):
    """What one replica at a time may hold: the only connection that a platform allows."""

    async def take(self) -> bool:
        """Whether it is ours from now on, for ``lasting``; said again in time, it stays ours."""

    async def give_back(self) -> None: ...

    @property
    def lasting(self) -> timedelta: ...
