"""Custom robots (自定义机器人): an address per group, three ways to guard it, twenty messages a minute (§3.9)."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.refusals import Family, refuse_old
from adapters.emulator.dingtalk.tenant import Tenant
from adapters.emulator.dingtalk.webhook_messages import check, post, words_of

_HOUR_MILLIS = 3_600_000
_MOST_BYTES = 20_000


@dataclass
class CustomRobot:
    group: str
    secret: str = ""
    keywords: tuple[str, ...] = ()
    ips: frozenset[str] = frozenset()
    recent: deque[datetime] = field(default_factory=deque)
    blocked_until: datetime | None = None


class CustomRobots:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._robots: dict[str, CustomRobot] = {}

    def apis(self) -> list[Api]:
        return [Api("POST", "/robot/send", self._send, Family.OLD, metered=False, token=False)]

    def add(self, access_token: str, robot: CustomRobot) -> None:
        self._robots[access_token] = robot

    def _send(self, call: Call) -> Json:
        robot = self._robots.get(call.query.get("access_token", ""))
        if robot is None:
            raise refuse_old(300001, "token is not exist")
        self._check_guards(robot, call)
        check(call.body)
        if len(call.raw) > _MOST_BYTES:
            raise refuse_old(460101, "message too long, exceed 20000 bytes")
        self._check_rate(robot)
        self._tenant.count_message()
        if self._tenant.messages_spent():
            raise refuse_old(90030, "webhook quota of the month is used up")
        post(self._tenant, "POST /robot/send", robot.group, call.body)
        return {"errcode": 0, "errmsg": "ok"}

    def _check_guards(self, robot: CustomRobot, call: Call) -> None:
        if robot.secret:
            self._check_signature(robot.secret, call)
        if robot.keywords and not any(word in words_of(call.body) for word in robot.keywords):
            raise refuse_old(310000, "keywords not in content")
        if robot.ips and call.remote not in robot.ips:
            raise refuse_old(310000, f"invalid ip, ip: {call.remote}")

    def _check_signature(self, secret: str, call: Call) -> None:
        timestamp = call.query.get("timestamp", "")
        if not timestamp.isdigit() or abs(int(timestamp) - self._tenant.millis()) > _HOUR_MILLIS:
            raise refuse_old(310000, "invalid timestamp")
        if not hmac.compare_digest(
            signature(secret, timestamp).encode(), call.query.get("sign", "").encode()
        ):
            raise refuse_old(310000, "sign not match")

    def _check_rate(self, robot: CustomRobot) -> None:
        now, switches = self._tenant.now(), self._tenant.switches
        while robot.recent and now - robot.recent[0] >= timedelta(minutes=1):
            robot.recent.popleft()
        blocked = robot.blocked_until is not None and now < robot.blocked_until
        if not blocked and len(robot.recent) >= switches.webhook_per_minute:
            robot.blocked_until = now + timedelta(seconds=switches.webhook_block_seconds)
            blocked = True
        if blocked:
            raise refuse_old(130101, "send too fast, exceed 20 times per minute")
        robot.recent.append(now)


def signature(secret: str, timestamp: str) -> str:
    """Base64 of HMAC-SHA256 over timestamp, newline and secret, with the secret as key as well."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), sha256).digest()
    return b64encode(digest).decode()
