"""The application's access token: one in the shared store, renewed by one replica at a time (§3.1)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import ClientSession

from adapters.chat import PlatformError, Rejected, Unreachable
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.errors import new_api_refusal
from adapters.dingtalk.http import ask
from adapters.dingtalk.payload import number_at, text_at
from adapters.ports import Token, TokenLike, Tokens

_EARLY = timedelta(minutes=5)


class Access:
    def __init__(
        self, session: ClientSession, app: DingTalkApp, tokens: Tokens, *, now: Callable[[], datetime]
    ) -> None:
        self._session = session
        self._app = app
        self._tokens = tokens
        self._now = now
        self._name = f"dingtalk:{app.client_id}"

    async def token(self) -> str:
        known = await self._tokens.load(self._name)
        if known and self._now() < known.refresh_at:
            return known.value
        async with self._tokens.refreshing(self._name):
            known = await self._tokens.load(self._name)  # another replica may have been quicker
            if known and self._now() < known.refresh_at:
                return known.value
            return await self._refreshed(known)

    async def other_than(self, refused: str) -> str:
        """A token in the place of one that was refused before its time. Raises Unreachable."""
        async with self._tokens.refreshing(self._name):
            known = await self._tokens.load(self._name)
            if known and known.value != refused:
                return known.value
            if not await self._tokens.may_force(self._name, self._now()):
                raise Unreachable("a fresh access token was refused")
            return await self._fetch()

    async def anew(self) -> str:
        async with self._tokens.refreshing(self._name):
            return await self._fetch()

    async def _refreshed(self, known: TokenLike | None) -> str:
        """Five minutes are left in the old token: an outage of the token door need not be ours."""
        try:
            return await self._fetch()
        except Unreachable:
            if known and self._now() < known.expires_at:
                return known.value
            raise

    async def _fetch(self) -> str:
        answer = await ask(
            self._session,
            "POST",
            self._app.api("/v1.0/oauth2/accessToken"),
            body={"appKey": self._app.client_id, "appSecret": self._app.client_secret},
        )
        value = text_at(answer.body, "accessToken")
        if answer.status != 200 or not value:
            raise _refusal(new_api_refusal(answer.status, answer.body))
        lives = timedelta(seconds=number_at(answer.body, "expireIn") or 7200)
        expires_at = self._now() + lives
        sys.audit("paidan.token.fetched")
        await self._tokens.save(self._name, Token(value, expires_at, expires_at - min(_EARLY, lives / 2)))
        return value


def _refusal(error: Exception) -> PlatformError:
    return error if isinstance(error, PlatformError) else Rejected("accessToken", str(error))
