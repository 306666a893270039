"""``/login`` and ``/logout``: people come in through their chat platform's own login page, and no other way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import aiohttp_jinja2
import structlog
from aiohttp import web

from adapters.chat import Misconfigured, PlatformError, Profile
from adapters.signing_in import BadCode, NotAMember, SignIn
from bot.console.attempts import LASTS, Attempt, Attempts, BadAttempt
from bot.console.visitors import Cookies, Visitors
from storage.people import Directory
from storage.web_sessions import WebSessions

log = structlog.get_logger()

HOME = "/login"
# Where a login may lead: pages of ours, never another site.
_OURS = re.compile(r"/login|/join/[A-Za-z0-9_.-]{20,1000}|/t/[A-Za-z0-9-]{1,20}(?:/files/[0-9]{1,4})?")


@dataclass(frozen=True)
class Failed:
    """Why nobody came in, and what to do about it (zh-CN)."""

    status: int
    title: str
    text: str


OVER = Failed(400, "登录没有完成", "登录页面过期了，或者不是在这个浏览器里打开的。请重新登录。")
REFUSED = Failed(400, "登录没有完成", "没有拿到登录许可，可能是取消了，或者二维码过期了。请重新登录。")
STRANGER = Failed(403, "不能登录", "只有本企业的成员可以登录。如果您刚刚加入，请管理员检查应用的可见范围。")
CLOSED = Failed(403, "不能登录", "您的账号已停用。如有疑问，请联系管理员。")
AWAY = Failed(503, "暂时不能登录", "平台没有回应，请稍后再试。聊天里的卡片不受影响。")
BROKEN = Failed(503, "暂时不能登录", "登录还没有设置好，请管理员运行 paidan doctor。聊天里的卡片不受影响。")


def way_to(page: str) -> str:
    """The login that leads to ``page``."""
    return f"{HOME}?to={quote(page, safe='/')}"


def way_in(provider: str, page: str) -> str:
    """The same, without the choice."""
    return f"/login/{provider}?to={quote(page, safe='/')}"


class LoginPages:
    def __init__(
        self,
        sign_ins: Mapping[str, SignIn],
        attempts: Attempts,
        sessions: WebSessions,
        visitors: Visitors,
        cookies: Cookies,
        directory: Directory,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._sign_ins = sign_ins
        self._attempts = attempts
        self._sessions = sessions
        self._visitors = visitors
        self._cookies = cookies
        self._directory = directory
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        if not self._sign_ins:
            return []
        return [
            web.get("/login", self.choose),
            web.get("/login/{provider}", self.begin),
            web.get("/login/{provider}/back", self.back),
            web.post("/logout", self.leave),
        ]

    async def choose(self, request: web.Request) -> web.StreamResponse:
        """In a chat client there is nothing to choose, and nothing to scan."""
        to = _ours(request)
        visitor = await self._visitors.of(request)
        if visitor is not None and to != HOME:
            raise web.HTTPFound(to)
        client = next((s for s in self._sign_ins.values() if s.is_client(_agent(request))), None)
        if visitor is None and client is not None:
            raise web.HTTPFound(way_in(client.name, to))
        ways = [(sign_in.title, way_in(sign_in.name, to)) for sign_in in self._sign_ins.values()]
        shown = {"visitor": visitor, "ways": ways, "to": to, "left": "left" in request.query}
        return _never_kept(aiohttp_jinja2.render_template("login.html", request, shown))

    async def begin(self, request: web.Request) -> web.StreamResponse:
        sign_in = self._sign_in(request)
        attempt, kept = self._attempts.begin(sign_in.name, _ours(request))
        inside = sign_in.is_client(_agent(request))
        address = sign_in.address(self._back_to(sign_in), attempt.state, inside=inside)
        response = web.Response(status=302, headers={"Location": address})
        self._cookies.put(response, _kept(attempt.state), kept, LASTS.total_seconds())
        return _never_kept(response)

    async def back(self, request: web.Request) -> web.StreamResponse:
        sign_in = self._sign_in(request)
        state = request.query.get("state", "")
        kept = request.cookies.get(self._cookies.name(_kept(state)), "")
        try:
            attempt = self._attempts.finish(sign_in.name, state, kept)
        except BadAttempt as error:
            log.info("login refused", why=str(error))
            return self._failed(request, OVER, "")
        if not await self._sessions.spend(attempt.key, self._now()):
            return self._failed(request, OVER, attempt.to)
        outcome = await self._asked(sign_in, sign_in.code_in(request.query))
        return await self._came(request, attempt, outcome)

    async def leave(self, request: web.Request) -> web.StreamResponse:
        visitor = await self._visitors.of_form(request)
        response = web.Response(status=303, headers={"Location": f"{HOME}?left=1"})
        everywhere = (await request.post()).get("everywhere") == "1"
        await self._visitors.leave(visitor, response, everywhere=everywhere)
        log.info("logged out", person=visitor.person.id, everywhere=everywhere)
        return _never_kept(response)

    # ── coming back ──

    async def _asked(self, sign_in: SignIn, code: str) -> Profile | Failed:
        if not code:
            return REFUSED
        try:
            return await sign_in.who(code)
        except NotAMember:
            return STRANGER
        except BadCode:
            return REFUSED
        except Misconfigured as error:
            log.warning("login is not set up", provider=sign_in.name, code=error.code, fix=error.fix)
            return BROKEN
        except PlatformError as error:
            log.warning("login can't be checked", provider=sign_in.name, error=str(error))
            return AWAY

    async def _came(
        self, request: web.Request, attempt: Attempt, outcome: Profile | Failed
    ) -> web.StreamResponse:
        if isinstance(outcome, Failed):
            return self._failed(request, outcome, attempt.to, attempt.state)
        person = await self._directory.recognise(outcome.account, outcome.name)
        if not person.active:
            return self._failed(request, CLOSED, attempt.to, attempt.state)
        token = await self._sessions.begin(person.id, outcome.account, self._now())
        response = web.Response(status=303, headers={"Location": attempt.to})
        await self._visitors.welcome(request, response, token)
        self._cookies.drop(response, _kept(attempt.state))
        log.info("logged in", person=person.id, provider=attempt.provider)
        return _never_kept(response)

    def _failed(self, request: web.Request, why: Failed, to: str, state: str = "") -> web.StreamResponse:
        again = way_to(to) if to else HOME
        shown = {"why": why, "again": again}
        response = aiohttp_jinja2.render_template("login_failed.html", request, shown, status=why.status)
        if state:
            self._cookies.drop(response, _kept(state))
        return _never_kept(response)

    def _sign_in(self, request: web.Request) -> SignIn:
        sign_in = self._sign_ins.get(request.match_info["provider"])
        if sign_in is None:
            raise web.HTTPNotFound
        return sign_in

    def _back_to(self, sign_in: SignIn) -> str:
        """The same for every login: vendors compare it with what is registered."""
        return f"{self._cookies.origin}/login/{sign_in.name}/back"


def _ours(request: web.Request) -> str:
    to = request.query.get("to", HOME)
    return to if _OURS.fullmatch(to) else HOME


def _agent(request: web.Request) -> str:
    return request.headers.get("User-Agent", "")


def _kept(state: str) -> str:
    """One cookie for each login, so that two tabs don't get into each other's way."""
    return f"login-{re.sub('[^0-9a-f]', '', state)[:12]}"


def _never_kept(response: web.StreamResponse) -> web.StreamResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
