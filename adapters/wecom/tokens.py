"""The access token: fetched by one, used by all, renewed before it ends (document 91039).

Asking too often is punished with a block, so every refusal is remembered for a while.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from adapters.chat import Paced, PlatformError, RateLimited, Rejected
from adapters.ports import Token, TokenLike, Tokens

log = structlog.get_logger()

HOLD_AFTER_REFUSAL = timedelta(seconds=60)
AFTER_FORCED = 30.0  # seconds, where all replicas together have had their one for this minute


class TokenKeeper:
    """``fetch`` asks the platform; ``store`` shares the answer with the other replicas."""

    def __init__(
        self,
        name: str,
        store: Tokens,
        fetch: Callable[[], Awaitable[Token]],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._store = store
        self._fetch = fetch
        self._now = now
        self._held: TokenLike | None = None
        self._lock = asyncio.Lock()
        self._refusal: tuple[PlatformError, datetime] | None = None

    async def current(self) -> str:
        held = self._held
        if held and (self._is_fresh(held) or (self._lock.locked() and self._is_alive(held))):
            return held.value  # nobody waits for a renewal while the old one still opens doors
        async with self._lock:
            return await self._fresh()

    async def renew(self, dead: str) -> str:
        """A token other than ``dead``, which the platform has just refused."""
        async with self._lock:
            if self._held and self._held.value != dead:
                return self._held.value
            async with self._store.refreshing(self._name):
                stored = await self._store.load(self._name)
                if stored and stored.value != dead and self._is_alive(stored):
                    return self._hold(stored)
                if not await self._store.may_force(self._name, self._now()):
                    raise Paced(AFTER_FORCED, "token")
                return await self._fetched()

    async def _fresh(self) -> str:
        if self._held and self._is_fresh(self._held):
            return self._held.value
        stored = await self._store.load(self._name)
        if stored and self._is_fresh(stored):
            return self._hold(stored)
        async with self._store.refreshing(self._name):
            stored = await self._store.load(self._name)
            if stored and self._is_fresh(stored):
                return self._hold(stored)
            return await self._fetched_or_old(stored or self._held)

    async def _fetched_or_old(self, old: TokenLike | None) -> str:
        try:
            return await self._fetched()
        except PlatformError as failure:
            if old is None or not self._is_alive(old):
                raise
            log.warning("token not renewed, the old one still lives", token=self._name, why=str(failure))
            return self._hold(old)

    async def _fetched(self) -> str:
        self._check_refusal()
        try:
            token = await self._fetch()
        except (Rejected, RateLimited) as refusal:
            self._refusal = (refusal, self._now() + HOLD_AFTER_REFUSAL)
            raise
        sys.audit("paidan.token.fetched")
        await self._store.save(self._name, token)
        return self._hold(token)

    def _check_refusal(self) -> None:
        if self._refusal and self._now() < self._refusal[1]:
            raise self._refusal[0].with_traceback(None)
        self._refusal = None

    def _hold(self, token: TokenLike) -> str:
        self._held = token
        return token.value

    def _is_fresh(self, token: TokenLike) -> bool:
        return self._now() < token.refresh_at

    def _is_alive(self, token: TokenLike) -> bool:
        return self._now() < token.expires_at
