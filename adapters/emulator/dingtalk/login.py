"""Signing in: the web page with its redirect, user tokens, and the code inside the client (§5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web

from adapters.emulator.company import Employee
from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.refusals import Family, bad_token, refuse, refuse_old
from adapters.emulator.dingtalk.tenant import Tenant
from adapters.emulator.login_page import choosing, refused, whose_phone

PAGE = "/oauth2/auth"
_CODE_SECONDS = 300
_TOKEN_SECONDS = 7200


@dataclass(frozen=True)
class _Lent:
    """A code or token that stands for a person until its end."""

    userid: str
    until: datetime


class Login:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._codes: dict[str, _Lent] = {}
        self._tokens: dict[str, _Lent] = {}
        self._refreshers: dict[str, _Lent] = {}
        self.redirects: set[str] | None = None  # registered addresses; None: any

    def apis(self) -> list[Api]:
        return [
            Api("POST", "/v1.0/oauth2/userAccessToken", self._user_token, metered=False, token=False),
            Api("GET", "/v1.0/contact/users/{union_id}", self._me, metered=False, token=False),
            Api("POST", "/topapi/v2/user/getuserinfo", self._user_info, Family.OLD, metered=False),
        ]

    def code_for(self, userid: str) -> str:
        """What ``dd.requestAuthCode`` or the login page hands out: five minutes, once."""
        code = uuid4().hex
        self._codes[code] = self._lend(userid, _CODE_SECONDS)
        return code

    async def page(self, request: web.Request) -> web.Response:
        """The page asks who you are; ``as=<userid>`` in the address, or the cookie of a phone, answers it at once."""
        fault = self._page_fault(request)
        if fault:
            return refused("dingtalk", fault, 400)
        chosen = request.query.get("as") or whose_phone(request, "dingtalk")
        if not chosen:
            return self._people_page(request)
        if not self._tenant.knows(chosen) and chosen not in self._tenant.outsiders:
            return refused("dingtalk", "没有这个账号", 400)
        back = {"authCode": self.code_for(chosen), "state": request.query.get("state", "")}
        target = request.query["redirect_uri"]
        raise web.HTTPFound(f"{target}{'&' if '?' in target else '?'}{urlencode(back)}")

    def _page_fault(self, request: web.Request) -> str:
        if request.query.get("client_id") != self._tenant.app.client_id:
            return "client_id 不存在"
        if request.query.get("response_type") != "code" or "openid" not in request.query.get("scope", ""):
            return "response_type 或 scope 不合法"
        target = request.query.get("redirect_uri", "")
        if not target or (self.redirects is not None and target not in self.redirects):
            return "redirect_uri 未在应用中登记"
        return ""

    def _people_page(self, request: web.Request) -> web.Response:
        company = self._tenant.company
        here = [employee for employee in company.employees if employee.dingtalk]
        people = [(e.name, str(request.rel_url.update_query({"as": e.dingtalk}))) for e in here]
        return choosing("dingtalk", company.name, people)

    # ── tokens ──────────────────────────────────────────────────────────────────────────────────

    def _user_token(self, call: Call) -> Json:
        app = self._tenant.app
        if (call.text("clientId"), call.text("clientSecret")) != (app.client_id, app.client_secret):
            raise refuse("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        match call.text("grantType"):
            case "authorization_code":
                person = self._living(self._codes.pop(call.text("code"), None))
            case "refresh_token":
                person = self._living(self._refreshers.pop(call.text("refreshToken"), None))
            case _:
                raise refuse("invalidGrantType", "无效的grantType")
        if person is None:
            raise refuse("invalidCode", "不合法的临时授权码")
        return self._issue(person)

    def _issue(self, userid: str) -> Json:
        token, refresher = uuid4().hex, uuid4().hex
        self._tokens[token] = self._lend(userid, _TOKEN_SECONDS)
        self._refreshers[refresher] = self._lend(userid, 30 * 86_400)
        return {
            "accessToken": token, "refreshToken": refresher, "expireIn": _TOKEN_SECONDS,
            "corpId": self._tenant.company.corp_id,
        }  # fmt: skip

    def _me(self, call: Call) -> Json:
        person = self._living(self._tokens.get(call.token))
        if person is None:
            raise bad_token(Family.NEW, self._tenant.switches.bad_token_status, expired=False)
        if call.parts["union_id"] != "me":
            raise refuse("Forbidden.AccessDenied.AccessTokenPermissionDenied", "只能查询本人", status=403)
        return self._profile(person)

    def _profile(self, userid: str) -> Json:
        employee = self._employee(userid)
        profile: dict[str, Any] = {"nick": employee.name, "unionId": self._union_id(userid)}
        profile |= {"openId": f"open-{userid}", "avatarUrl": ""}
        return profile | ({"mobile": employee.mobile, "stateCode": "86"} if employee.mobile else {})

    def _user_info(self, call: Call) -> Json:
        person = self._living(self._codes.pop(call.maybe("code"), None))
        if person is None:
            raise refuse_old(40078, "不存在的临时授权码")
        result = {
            "userid": person, "unionid": self._union_id(person), "associated_unionid": "",
            "device_id": "emulated", "sys": False, "sys_level": 0, "name": self._tenant.name_of(person),
        }  # fmt: skip
        return {"errcode": 0, "errmsg": "ok", "result": result, "request_id": uuid4().hex[:12]}

    def _employee(self, userid: str) -> Employee:
        stranger = Employee(self._tenant.name_of(userid), dingtalk=userid)
        return self._tenant.company.on_dingtalk(userid) or stranger

    def _union_id(self, userid: str) -> str:
        """Somebody from outside has no userid; here the one id serves as unionid."""
        return self._employee(userid).union_id if self._tenant.knows(userid) else userid

    def _lend(self, userid: str, seconds: int) -> _Lent:
        return _Lent(userid, self._tenant.now() + timedelta(seconds=seconds))

    def _living(self, lent: _Lent | None) -> str | None:
        return lent.userid if lent and lent.until > self._tenant.now() else None
