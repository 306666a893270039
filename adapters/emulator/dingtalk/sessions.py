"""Session webhooks: an address per incoming message at which the robot can answer for a while (§3.3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.rate import Rate
from adapters.emulator.dingtalk.refusals import Family, refuse_old
from adapters.emulator.dingtalk.tenant import Tenant
from adapters.emulator.dingtalk.webhook_messages import post

PATH = "/robot/sendBySession"


class Sessions:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._rate = Rate(seconds=60)
        self._sessions: dict[str, tuple[str, datetime]] = {}  # chat, end

    def apis(self) -> list[Api]:
        # Whether such a reply counts is open; if so, as a message and not as a call.
        return [Api("POST", PATH, self._reply, Family.OLD, metered=False, token=False)]

    def open(self, chat: str) -> str:
        session = uuid4().hex
        until = self._tenant.now() + timedelta(seconds=self._tenant.switches.session_seconds)
        self._sessions[session] = (chat, until)
        return f"{self._tenant.base_url}{PATH}?session={session}"

    def expire(self) -> None:
        self._sessions.clear()

    def _reply(self, call: Call) -> Json:
        chat, until = self._sessions.get(call.query.get("session", ""), ("", self._tenant.now()))
        if until <= self._tenant.now() or chat in self._tenant.disbanded:
            raise refuse_old(300001, "session 不存在")
        if not self._rate.admits(chat, self._tenant.switches.session_replies_per_minute, self._tenant.now()):
            raise refuse_old(130101, "send too fast")
        if self._tenant.switches.session_replies_metered:
            self._tenant.count_message()
        post(self._tenant, f"POST {PATH}", chat, call.body)
        return {"errcode": 0, "errmsg": "ok"}
