"""Frames of the long connection (§4.4): JSON with ``cmd``, ``headers.req_id`` and ``body``; answers have no cmd."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MESSAGES = frozenset({"aibot_msg_callback", "aibot_callback"})  # the second: builds of early 2026
EVENTS = "aibot_event_callback"


class BadFrame(Exception):
    pass


@dataclass(frozen=True)
class Frame:
    """``code`` is None in callbacks."""

    cmd: str
    req_id: str
    body: Mapping[str, Any]
    code: int | None = None
    message: str = ""

    @property
    def is_callback(self) -> bool:
        return self.cmd in MESSAGES or self.cmd == EVENTS

    @property
    def is_kick(self) -> bool:
        """A newer connection took over."""
        event = self.body.get("event")
        kind = event.get("eventtype") if isinstance(event, Mapping) else None
        return self.cmd == EVENTS and kind == "disconnected_event"


def parse(text: str) -> Frame:
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("no JSON") from None
    headers = raw.get("headers") if isinstance(raw, dict) else None
    req_id = headers.get("req_id") if isinstance(headers, dict) else None
    if not isinstance(req_id, str):
        raise BadFrame("no req_id")
    body, code = raw.get("body"), raw.get("errcode")
    return Frame(
        cmd=str(raw.get("cmd") or ""),
        req_id=req_id,
        body=body if isinstance(body, dict) else {},
        code=code if isinstance(code, int) else None,
        message=str(raw.get("errmsg") or ""),
    )


def written(cmd: str, req_id: str, body: Mapping[str, Any] | None) -> str:
    frame = {"cmd": cmd, "headers": {"req_id": req_id}} | ({"body": body} if body is not None else {})
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
