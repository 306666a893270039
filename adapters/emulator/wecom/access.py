"""The calls that are about the connection itself: gettoken and the address lists (pages 91039 and 90238)."""

from __future__ import annotations

from adapters.emulator.wecom.gateway import Answer, Call
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.state import State


class Access:
    def __init__(self, state: State) -> None:
        self._state = state

    def gettoken(self, call: Call) -> Answer:
        if self._state.per_hour.count("gettoken") >= self._state.switches.limits.failed_gettoken_per_hour:
            raise Refusal(45009)
        try:
            self._check(call.query.get("corpid", ""), call.query.get("corpsecret", ""))
        except Refusal:
            self._state.per_hour.add("gettoken")
            raise
        return self._state.tokens.give()

    def addresses(self, _call: Call) -> Answer:
        return {"ip_list": ["127.0.0.*"]}

    def application(self, call: Call) -> Answer:
        """Page 90227. The application may ask about itself only."""
        asked = call.query.get("agentid", "")
        if not asked.isdecimal():
            raise Refusal(40056)
        if int(asked) != self._state.agent_id:
            raise Refusal(301002)
        seen = [m.wecom for m in self._state.members() if self._state.visible(m.wecom)]
        return {
            "agentid": self._state.agent_id,
            "name": "派单",
            "allow_userinfos": {"user": [{"userid": userid} for userid in seen]},
            "allow_partys": {"partyid": []},
            "close": int(self._state.switches.application_off),
        }

    def _check(self, corp_id: str, secret: str) -> None:
        if not corp_id:
            raise Refusal(41002)
        if not secret:
            raise Refusal(41004)
        if corp_id != self._state.corp_id:
            raise Refusal(40013)
        if secret != self._state.secret:
            raise Refusal(40001)
