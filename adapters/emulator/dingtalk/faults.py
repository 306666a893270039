"""Trouble by plan: the next N calls of a path fail in a chosen way."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import Enum
from random import Random

from aiohttp import web

from adapters.emulator.spoiling import Spoils


class Fault(Enum):
    UNAVAILABLE = "unavailable"  # 503 with the vendor's body, nothing done
    HTML = "html"  # a page instead of JSON, as a blocked address gets it
    BLOCKED = "blocked"  # {"status":1111,…}: too many calls from one address
    SLOW = "slow"  # done, but the answer comes ``seconds`` late
    RESET_BEFORE = "reset before"  # the connection dies, nothing done
    RESET_AFTER = "reset after"  # the work is done, the answer is lost
    TOO_FAST = "too fast"
    QUOTA = "quota"
    UNAUTHORIZED = "unauthorized"  # 401, whatever the credentials are
    SIGNED_OUT = "signed out"  # the access token is refused


@dataclass
class _Plan:
    path: str
    fault: Fault
    times: int
    seconds: float
    chance: float


@dataclass(frozen=True)
class Trouble:
    fault: Fault
    seconds: float


class Faults:
    def __init__(self) -> None:
        self._plans: list[_Plan] = []
        self.random = Random()
        self.files = Spoils()

    def plan(
        self, path: str, fault: Fault, *, times: int = 1, seconds: float = 3.0, chance: float = 1.0
    ) -> None:
        """``path`` is the beginning of the paths concerned; with a ``chance`` below 1 only some calls fail."""
        self._plans.append(_Plan(path, fault, times, seconds, chance))

    def take(self, path: str) -> Trouble | None:
        for plan in self._plans:
            hit = plan.times > 0 and path.startswith(plan.path)
            if hit and self.random.random() < plan.chance:
                plan.times -= 1
                return Trouble(plan.fault, plan.seconds)
        return None

    def clear(self) -> None:
        self._plans.clear()
        self.files.clear()


def reset(request: web.BaseRequest) -> web.Response:
    """End the TCP connection with RST; the response returned is never seen."""
    if request.transport is not None:
        end: socket.socket | None = request.transport.get_extra_info("socket")
        if end is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


BLOCKED_PAGE = "<!DOCTYPE html><html><body><h1>405 Not Allowed</h1><p>访问被阻断</p></body></html>"
BLOCKED_BODY = {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "0a1b2c3d4e5f"}
