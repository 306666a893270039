"""Who is behind a browser: the cookie, what it means now, and whether a form is really theirs."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web

from domain.base import Account
from domain.people.people import Person
from storage.web_sessions import LASTS, WebSessions


@dataclass(frozen=True)
class Visitor:
    """``csrf`` is what each form of this session carries."""

    person: Person
    account: Account  # with which they logged in
    token: str

    @property
    def csrf(self) -> str:
        return hashlib.sha256(f"paidan form|{self.token}".encode()).hexdigest()


class Cookies:
    """``__Host-`` and Secure wherever people come over https; plain http only works on one's own machine."""

    def __init__(self, public_url: str) -> None:
        address = urlsplit(public_url)
        self.origin = f"{address.scheme}://{address.netloc}"
        self._secure = address.scheme == "https"

    def name(self, what: str) -> str:
        return f"__Host-paidan-{what}" if self._secure else f"paidan-{what}"

    def put(self, response: web.StreamResponse, what: str, value: str, seconds: float) -> None:
        response.set_cookie(
            self.name(what),
            value,
            max_age=int(seconds),
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Lax",
        )

    def drop(self, response: web.StreamResponse, what: str) -> None:
        # A cookie of __Host- is only dropped by one with the same attributes.
        response.del_cookie(self.name(what), path="/", secure=self._secure, httponly=True, samesite="Lax")


SESSION = "session"


class Visitors:
    def __init__(self, sessions: WebSessions, cookies: Cookies, *, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._cookies = cookies
        self._now = now

    async def of(self, request: web.Request) -> Visitor | None:
        """Rights are the person's of this moment, not those of the login."""
        token = self._token(request)
        session = await self._sessions.find(token, self._now()) if token else None
        return Visitor(session.person, session.account, token) if session else None

    async def welcome(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        """A login never goes on with the session that was there before it."""
        before = self._token(request)
        if before:
            await self._sessions.end(before)
        self._cookies.put(response, SESSION, token, LASTS.total_seconds())

    async def leave(self, visitor: Visitor, response: web.StreamResponse, *, everywhere: bool) -> None:
        if everywhere:
            await self._sessions.end_all(visitor.person.id)
        else:
            await self._sessions.end(visitor.token)
        self._cookies.drop(response, SESSION)

    async def of_form(self, request: web.Request) -> Visitor:
        """Who sent a form of ours. Raises HTTPForbidden for any that another page made them send."""
        visitor = await self.of(request)
        sent = str((await request.post()).get("csrf", ""))
        own = request.headers.get("Origin") == self._cookies.origin
        if visitor is None or not own or not hmac.compare_digest(sent.encode(), visitor.csrf.encode()):
            raise web.HTTPForbidden(text="这个页面过期了，请返回重新打开。")
        return visitor

    def _token(self, request: web.Request) -> str:
        return request.cookies.get(self._cookies.name(SESSION), "")
