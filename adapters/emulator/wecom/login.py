"""Web login (wecom.md §5.1, §5.2; pages 91121 and 98171): the page that asks Tencent who is there."""

from __future__ import annotations

import re
from datetime import timedelta
from secrets import token_urlsafe
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from adapters.emulator.login_page import choosing, refused, whose_phone
from adapters.emulator.wecom.gateway import Answer, Call
from adapters.emulator.wecom.loopback import NotLoopback, require_loopback_url
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.state import State

_CODE_LIFE = timedelta(minutes=5)
_STATE = re.compile(r"[a-zA-Z0-9]{0,128}")


class Login:
    """``/connect/oauth2/authorize`` inside the client, ``/wwlogin/sso/login`` in a desktop browser.

    With ``emu_user=<userid>`` in the query, or the cookie of a phone, the page goes on at once; without, it lists
    the members to choose.
    A name that is not in the company comes back as an outsider.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def getuserinfo(self, call: Call) -> Answer:
        userid, until = self._state.login_codes.pop(call.query.get("code", ""), ("", self._state.clock.now()))
        if until <= self._state.clock.now():
            raise Refusal(40029)
        member = self._state.visible(userid)
        return {"userid": member.wecom} if member else {"openid": f"outsider-{userid}"}

    def add_pages(self, app: web.Application) -> None:
        app.router.add_get("/connect/oauth2/authorize", self._page)
        app.router.add_get("/wwlogin/sso/login", self._page)

    async def _page(self, request: web.Request) -> web.Response:
        wrong = self._wrong(request)
        if wrong:
            return refused("wecom", wrong, 200)  # also a refusal is a page like any other
        userid = request.query.get("emu_user") or whose_phone(request, "wecom")
        if userid:
            raise web.HTTPFound(self._back(request, userid))
        people = [(member.name, _as(request, member.wecom)) for member in self._state.members()]
        return choosing("wecom", self._state.company.name, people)

    def _wrong(self, request: web.Request) -> str:
        query, target = request.query, request.query.get("redirect_uri", "")
        if query.get("appid") != self._state.corp_id:
            return "appid 参数错误"
        if not _STATE.fullmatch(query.get("state", "")):
            return "state 参数错误"
        trusted = self._state.switches.trusted_domain
        if trusted and urlsplit(target).netloc != trusted:
            return "redirect_uri 与可信域名不一致 (50001)"
        return _login_fault(request) or _not_here(target)

    def _back(self, request: web.Request, userid: str) -> str:
        code = token_urlsafe(32)
        until = self._state.clock.now() + _CODE_LIFE
        self._state.login_codes[code] = (userid, until)
        target = request.query["redirect_uri"]
        joint = "&" if urlsplit(target).query else "?"
        return f"{target}{joint}{urlencode({'code': code, 'state': request.query.get('state', '')})}"


def _login_fault(request: web.Request) -> str:
    query = request.query
    if request.path.startswith("/wwlogin"):
        return "" if query.get("login_type") == "CorpApp" and query.get("agentid") else "login_type 参数错误"
    if query.get("response_type") != "code" or query.get("scope") not in (
        "snsapi_base",
        "snsapi_privateinfo",
    ):
        return "scope 参数错误"
    return ""


def _not_here(target: str) -> str:
    try:
        require_loopback_url(target)
    except NotLoopback:
        return "模拟器只回到本机"
    return ""


def _as(request: web.Request, userid: str) -> str:
    return str(request.rel_url.update_query(emu_user=userid))
