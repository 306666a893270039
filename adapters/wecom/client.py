"""The calls of WeCom's API that we use, on aiohttp. Knows tokens, repeats and limits; knows no card.

wechatpy's own client blocks the loop, recurses without bound on a dead token and cannot send a template card.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog

from adapters.chat import Finding, NotReachable, Paced, RateLimited, Sink, Unreachable
from adapters.clocks import compared
from adapters.ports import Token, Tokens
from adapters.wecom.app import WeComApp
from adapters.wecom.errors import APPLICATION_OFF, STALE_TOKEN, TOO_OFTEN, WORTH_A_PAUSE, error_for
from adapters.wecom.exchange import Answer, Question, ask, download
from adapters.wecom.tokens import TokenKeeper

log = structlog.get_logger()

MAX_PARALLEL = 20  # WeCom names no number; above it says 45033
PAUSES = (0.3, 1.0, 2.5)  # "busy" may be asked again three times (document 90455)
REFRESH_AT = (0.75, 0.8)  # share of a token's life; the spread keeps replicas apart
_ONE_MEMBER = re.compile(r"[^@|\s][^|\s]{0,63}")


@dataclass(frozen=True)
class Sent:
    """``response_code`` is there for cards with callbacks only."""

    msgid: str
    response_code: str
    unreached: tuple[str, ...]


@dataclass(frozen=True)
class Member:
    user_id: str
    name: str
    active: bool


class WeComClient:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        app: WeComApp,
        tokens: Tokens,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._app = app
        self._now = now
        self._sleep = sleep
        self._tokens = TokenKeeper(app.door, tokens, self._fetch_token, now=now)
        self._room = asyncio.Semaphore(MAX_PARALLEL)
        self._closed_until: dict[str, datetime] = {}

    @property
    def door(self) -> str:
        """Names the application, also against those of other companies."""
        return self._app.door

    # ── the calls ──

    async def token(self) -> str:
        return await self._tokens.current()

    async def send(self, to: str, message: Mapping[str, Any], *, repeat_window: int) -> Sent:
        """``message`` is msgtype and its object. The same bytes within ``repeat_window`` seconds are one message.

        Raises NotReachable for what is not one member: ``@all`` would write to the whole company.
        """
        if not _ONE_MEMBER.fullmatch(to):
            raise NotReachable("userid", "not one member", (to,))
        body = {
            "touser": to,
            "agentid": self._app.agent_id,
            **message,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": repeat_window,
        }
        answer = await self.call("message/send", body)
        return Sent(answer.text("msgid"), answer.text("response_code"), _unreached(answer))

    async def update_card(
        self, to: Sequence[str], response_code: str, card: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Answers who could not be reached."""
        body = {
            "userids": list(to),
            "agentid": self._app.agent_id,
            "response_code": response_code,
            "template_card": card,
        }
        return _unreached(await self.call("message/update_template_card", body))

    async def try_secret(self) -> None:
        """A token that was kept says nothing of a secret that has been changed since."""
        await self._fetch_token()

    async def application(self) -> None:
        """Raises Misconfigured where the agent id is another application's, or this one was switched off.

        The page 获取指定的应用详情 (90227) knows it as ``close``.
        """
        answer = await self.call("agent/get", query={"agentid": str(self._app.agent_id)})
        if answer.body.get("close"):
            raise error_for(APPLICATION_OFF, "close")

    async def compared_clock(self) -> list[Finding]:
        url = self._app.api_base
        return await compared(self._session, url, self._now(), key="wecom.clock", whose="企业微信")

    async def member(self, user_id: str) -> Member:
        answer = await self.call("user/get", query={"userid": user_id})
        name = answer.text("name") or answer.text("alias") or user_id
        return Member(answer.text("userid") or user_id, name, active=answer.body.get("status", 1) == 1)

    async def media(self, media_id: str, into: Sink, limit: int) -> None:
        """Raises Rejected where it is gone (three days), TooBig where it is larger than ``limit``."""

        async def attempt(token: str) -> Answer:
            query = {"access_token": token, "media_id": media_id}
            return await download(self._session, Question(self._url("media/get"), query), into, limit)

        (await self._with_token("media/get", attempt)).ok()

    async def upload(self, kind: str, name: str, data: bytes) -> str:
        """The media_id, good for three days."""

        async def attempt(token: str) -> Answer:
            # Percent-encoded names would be shown so to whoever gets the file.
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("media", data, filename=name, content_type="application/octet-stream")
            query = {"access_token": token, "type": kind}
            return await ask(self._session, Question(self._url("media/upload"), query, form=form))

        return (await self._with_token("media/upload", attempt)).ok().text("media_id")

    async def call(
        self, path: str, body: Mapping[str, Any] | None = None, *, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Any API that takes a token and answers JSON. Raises PlatformError."""

        async def attempt(token: str) -> Answer:
            question = Question(self._url(path), {"access_token": token, **(query or {})}, body)
            return await ask(self._session, question)

        return (await self._with_token(path, attempt)).ok()

    # ── how they are made ──

    async def _with_token(self, path: str, attempt: Callable[[str], Awaitable[Answer]]) -> Answer:
        """One repeat with a new token, never two: a token that keeps dying is not mended by asking."""
        self._check_open(path)
        token = await self._tokens.current()
        got = await self._patiently(path, attempt, token)
        if got.code in STALE_TOKEN:
            log.warning("wecom token refused", path=path, code=got.code)
            token = await self._tokens.renew(token)
            got = await self._patiently(path, attempt, token)
        if got.code:
            self._note(path, got)
        return got

    async def _patiently(self, path: str, attempt: Callable[[str], Awaitable[Answer]], token: str) -> Answer:
        for pause in PAUSES:
            got = await self._once(attempt, token)
            if got.code not in WORTH_A_PAUSE:
                return got
            log.warning("wecom busy", path=path, code=got.code)
            await self._sleep(pause * random.uniform(0.5, 1.5))
        return await self._once(attempt, token)

    async def _once(self, attempt: Callable[[str], Awaitable[Answer]], token: str) -> Answer:
        async with self._room:
            return await attempt(token)

    def _check_open(self, path: str) -> None:
        until = self._closed_until.get(path)
        if until and self._now() < until:
            raise Paced((until - self._now()).total_seconds(), str(TOO_OFTEN))

    def _note(self, path: str, refusal: Answer) -> None:
        """The errmsg holds the hint that WeCom's support asks for, and no secret."""
        log.warning("wecom refused", path=path, code=refusal.code, message=refusal.message[:500])
        error = error_for(refusal.code, "")
        if refusal.code == TOO_OFTEN and isinstance(error, RateLimited):
            self._closed_until[path] = self._now() + timedelta(seconds=error.retry_after)

    async def _fetch_token(self) -> Token:
        query = {"corpid": self._app.corp_id, "corpsecret": self._app.secret}
        answer = (await ask(self._session, Question(self._url("gettoken"), query))).ok()
        value, life = answer.text("access_token"), answer.body.get("expires_in")
        if not value or not isinstance(life, int):
            raise Unreachable("gettoken: an answer without a token")
        now = self._now()
        return Token(
            value,
            expires_at=now + timedelta(seconds=life),
            refresh_at=now + timedelta(seconds=life * random.uniform(*REFRESH_AT)),
        )

    def _url(self, path: str) -> str:
        return f"{self._app.api_base.rstrip('/')}/cgi-bin/{path}"


def _unreached(answer: Answer) -> tuple[str, ...]:
    """Lower case whatever was sent, and joined by "|" after a send but a list after an update (90236, 94888)."""
    users: list[str] = []
    for name in ("invaliduser", "unlicenseduser"):
        listed = answer.body.get(name) or ""
        users += listed.split("|") if isinstance(listed, str) else map(str, listed)
    return tuple(filter(None, users))
