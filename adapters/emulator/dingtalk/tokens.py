"""Access tokens: three ways to get one, valid on both hosts (§3.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.refusals import Family, Refusal, refuse, refuse_old
from adapters.emulator.dingtalk.tenant import Tenant


class Tokens:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._until: dict[str, datetime] = {}
        self._current = ""

    def apis(self) -> list[Api]:
        return [
            Api("POST", "/v1.0/oauth2/accessToken", self._access_token, metered=False, token=False),
            Api("GET", "/gettoken", self._gettoken, Family.OLD, metered=False, token=False),
            Api("POST", "/v1.0/oauth2/{corp_id}/token", self._corp_token, metered=False, token=False),
        ]

    @property
    def given(self) -> frozenset[str]:
        """All that were ever handed out."""
        return frozenset(self._until)

    def lives(self, token: str) -> bool:
        until = self._until.get(token)
        return until is not None and until > self._tenant.now()

    def was_known(self, token: str) -> bool:
        return token in self._until

    def expire(self) -> None:
        for token in self._until:
            self._until[token] = self._tenant.now()

    def _access_token(self, call: Call) -> Json:
        if not self._is_app(call.text("appKey"), call.text("appSecret")):
            raise _wrong_app()
        return {"accessToken": self._issue(), "expireIn": self._life()}

    def _gettoken(self, call: Call) -> Json:
        if not self._is_app(call.query.get("appkey", ""), call.query.get("appsecret", "")):
            # The number is from memory, no page confirms it (§3.1).
            raise refuse_old(40089, "不合法的corpid或corpsecret")
        token = self._issue()
        return {"errcode": 0, "access_token": token, "errmsg": "ok", "expires_in": self._life()}

    def _corp_token(self, call: Call) -> Json:
        known = self._is_app(call.text("client_id"), call.text("client_secret"))
        if not known or call.parts["corp_id"] != self._tenant.company.corp_id:
            raise _wrong_app()
        if call.text("grant_type") != "client_credentials":
            raise refuse("invalidGrantType", "grant_type must be client_credentials")
        return {"access_token": self._issue(), "expires_in": self._life()}

    def _is_app(self, key: str, secret: str) -> bool:
        app = self._tenant.app
        return (key, secret) == (app.client_id, app.client_secret)

    def _issue(self) -> str:
        """The living token again, or a new one. Older tokens stay valid until their own end."""
        if not self.lives(self._current):
            self._current = uuid4().hex
        elif not self._tenant.switches.token_renews:
            return self._current
        self._until[self._current] = self._tenant.now() + timedelta(
            seconds=self._tenant.switches.token_seconds
        )
        return self._current

    def _life(self) -> int:
        return int((self._until[self._current] - self._tenant.now()).total_seconds())


def _wrong_app() -> Refusal:
    return refuse("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
