"""The JSON frames of the stream socket (§1.3, 1.4): building what goes out, reading the acks that come in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import randrange
from typing import Any
from uuid import uuid4

ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"
EVENT_TOPIC = "*"


@dataclass(frozen=True, eq=False)
class Push:
    """One thing to be delivered, whatever frames and sockets it takes."""

    type: str  # SYSTEM · EVENT · CALLBACK
    topic: str
    data: Mapping[str, Any]
    event: Mapping[str, str] = field(default_factory=dict)  # the additional headers of events
    message_id: str = ""  # set to repeat an earlier one


@dataclass(frozen=True)
class Ack:
    message_id: str
    code: int
    message: str
    data: Any  # parsed

    @property
    def response(self) -> Any:
        """What the bot answered: the inside of ``response`` for callbacks, all of it for events."""
        return self.data.get("response", self.data) if isinstance(self.data, dict) else self.data


class NotAnAck(Exception):
    pass


def new_message_id(millis: int) -> str:
    """Looks like the real ones: four hex fields, the third is the time."""
    return f"7f000001_{randrange(16**4):04x}_{millis:x}_{randrange(16**7):07x}"


def headers_of(push: Push, message_id: str, *, connection: str, app: str, millis: int) -> dict[str, str]:
    # Every value is a string, the time too: the Go SDK decodes them into map[string]string (§1.3).
    return {
        "appId": app,
        "connectionId": connection,
        "contentType": "application/json",
        "messageId": message_id,
        "time": str(millis),
        "topic": push.topic,
        **push.event,
    }


def frame(push: Push, headers: Mapping[str, str], *, extra: Mapping[str, Any]) -> dict[str, Any]:
    data = json.dumps({**push.data, **extra} if push.type != "SYSTEM" else push.data, ensure_ascii=False)
    more = {"unknownToClients": "1"} if extra else {}
    return {"specVersion": "1.0", "type": push.type, "headers": {**headers, **more}, "data": data, **extra}


def bare(full: Mapping[str, Any]) -> dict[str, Any]:
    """A SYSTEM frame as the official ``disconnect`` example has it: topic and content type, no more.

    A ping keeps its messageId here, because its answer needs one.
    """
    kept = {"topic", "contentType"} | ({"messageId"} if full["headers"]["topic"] == "ping" else set())
    headers = {k: v for k, v in full["headers"].items() if k in kept}
    return {"type": full["type"], "headers": headers, "data": full["data"]}


def ping() -> Push:
    return Push("SYSTEM", "ping", {"opaque": uuid4().hex})


def disconnect(reason: str) -> Push:
    return Push("SYSTEM", "disconnect", {"reason": reason})


def read_ack(text: str) -> Ack:
    """Strict where the protocol page is: integer code, string headers, data a JSON document as a string."""
    try:
        raw = json.loads(text)
        code, headers, data = raw["code"], raw["headers"], raw.get("data")
        parsed = json.loads(data) if isinstance(data, str) and data else None
    except (ValueError, KeyError, TypeError) as fault:
        raise NotAnAck(f"{fault!r} in {text[:300]}") from fault
    if not isinstance(code, int) or not isinstance(headers, dict) or not isinstance(data, str | None):
        raise NotAnAck(f"wrong types in {text[:300]}")
    if not all(isinstance(value, str) for value in headers.values()):
        raise NotAnAck(f"header values must be strings: {text[:300]}")
    return Ack(headers.get("messageId", ""), code, str(raw.get("message", "")), parsed)
