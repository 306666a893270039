"""One text frame into the SDK's message types, and an acknowledgement into text (dingtalk.md §1.3, §1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from adapters.dingtalk.http import dumps
from adapters.dingtalk.payload import Undecodable, dict_at, json_object, text_at
from adapters.dingtalk.sdk import AckMessage, CallbackMessage, EventMessage, Headers, SystemMessage

Frame: TypeAlias = "SystemMessage | EventMessage | CallbackMessage"

_TYPES = {message.TYPE: message for message in (SystemMessage, EventMessage, CallbackMessage)}


class BadFrame(Exception):
    """No frame of ours. With a ``message_id`` it can at least be refused."""

    def __init__(self, why: str, message_id: str = "") -> None:
        super().__init__(why)
        self.message_id = message_id


def parse(text: str) -> Frame:
    try:
        raw = json_object(text)
    except Undecodable as error:
        raise BadFrame(str(error)) from None
    message_type = _TYPES.get(text_at(raw, "type"))
    if message_type is None:
        raise BadFrame("a frame of no known type")
    return _read(message_type, raw)


def _read(message_type: Any, raw: Mapping[str, Any]) -> Frame:
    # The official text spells "header" once (§1.3).
    headers = dict_at(raw, "headers") or dict_at(raw, "header")
    # "time" is informative and of two types; the SDK would fail on a third.
    tame = {name: value for name, value in headers.items() if name not in {"time", "eventBornTime"}}
    # A system frame means its topic, and a "disconnect" with odd data must not be lost.
    data = raw.get("data") if message_type is not SystemMessage else _only_json(raw.get("data"))
    try:
        return message_type.from_dict({**raw, "headers": tame, "data": data})
    except (ValueError, TypeError, RecursionError) as error:
        raise BadFrame(f"unreadable data: {type(error).__name__}", text_at(headers, "messageId")) from None


def _only_json(data: object) -> str:
    try:
        json_object(data)
    except Undecodable:
        return ""
    return data if isinstance(data, str) else ""


def acknowledgement(frame: Frame, code: int, data: object, message: str = "OK") -> AckMessage:
    ack = AckMessage()
    ack.code = code
    ack.message = message
    ack.headers.message_id = frame.headers.message_id
    ack.headers.content_type = Headers.CONTENT_TYPE_APPLICATION_JSON
    ack.data = data
    return ack


def refusal(message_id: str) -> AckMessage:
    frame = CallbackMessage()
    frame.headers.message_id = message_id
    return acknowledgement(frame, AckMessage.STATUS_BAD_REQUEST, {"response": None}, "unreadable data")


def text_of(ack: AckMessage) -> str:
    return dumps(ack.to_dict())
