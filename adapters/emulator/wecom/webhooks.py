"""Group robots by webhook (wecom.md §2.7; page 99110): one key, one group, no token, nothing comes back."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from hashlib import md5
from typing import Any

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.wecom.cards import Door
from adapters.emulator.wecom.forms import uploaded
from adapters.emulator.wecom.gateway import Answer, Call
from adapters.emulator.wecom.media import check_upload
from adapters.emulator.wecom.mentions import mentions
from adapters.emulator.wecom.messages import Shown, card, medium, news
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import Sent, State

_TEXT_BYTES = 2048
_MARKDOWN_BYTES = 4096
_IMAGE_BYTES = 2 * 1024 * 1024


class Webhooks:
    def __init__(self, state: State) -> None:
        self._state = state

    def send(self, call: Call) -> Answer:
        body = call.body
        key = self._key(call)
        if not self._state.per_minute.take(f"webhook {key}", self._state.switches.limits.webhook_per_minute):
            raise Refusal(45009)
        kind = body.child("msgtype").text(missing=40008)
        body.object(known={"msgtype", kind})
        readers = self._readers(key)
        if kind not in readers:
            raise Refusal(40008)
        shown = readers[kind](body.child(kind))
        self._post(
            self._state.webhooks[key], shown, mentions(self._state, kind, shown, body.child(kind)), body
        )
        return {}

    def upload(self, call: Call) -> Answer:
        key = self._key(call)
        name, data = uploaded(call)
        kind = call.query.get("type", "")
        check_upload(kind, data, ("file", "voice"))
        kept = self._state.media.add(kind, name, data, door=key)
        created = str(int(self._state.clock.now().timestamp()))
        return {"type": kind, "media_id": kept.id, "created_at": created}

    def _key(self, call: Call) -> str:
        key = call.query.get("key", "")
        if key not in self._state.webhooks:
            raise Refusal(93000)
        group = self._state.company.groups.get(self._state.webhooks[key])
        if group is not None and not group.robot_inside:
            raise Refusal(93000)
        return key

    def _readers(self, key: str) -> Mapping[str, Callable[[Node], Shown]]:
        return {
            "text": _text,
            "markdown": lambda node: _markdown("markdown", node),
            "markdown_v2": lambda node: _markdown("markdown_v2", node),
            "image": _image,
            "news": news,
            "file": lambda node: medium(node, "file", self._state.media, key),
            "voice": lambda node: medium(node, "voice", self._state.media, key),
            "template_card": lambda node: card(node, Door.WEBHOOK),
        }

    def _post(self, group: str, shown: Shown, called: tuple[str, ...], body: Node) -> None:
        now, msgid = self._state.clock.now(), self._state.new_id()
        self._state.chats.add(group, Bubble(msgid, now, ROBOT, shown.kind, shown.text, shown.body, called))
        self._state.sent.append(Sent(now, "webhook/send", body.object(), (group,), msgid))


def _text(node: Node) -> Shown:
    content = node.child("content").text(most_bytes=_TEXT_BYTES, missing=44004)
    return Shown("text", content, node.object(known={"content", "mentioned_list", "mentioned_mobile_list"}))


def _markdown(kind: str, node: Node) -> Shown:
    content = node.child("content").text(most_bytes=_MARKDOWN_BYTES, missing=44004)
    return Shown(kind, content, node.object(known={"content"}))


def _image(node: Node) -> Shown:
    try:
        raw = b64decode(node.child("base64").text(), validate=True)
    except (Base64Error, ValueError) as error:
        raise node.child("base64").refuse("is no base64") from error
    if len(raw) > _IMAGE_BYTES:
        raise Refusal(40009, "invalid image size")
    if md5(raw, usedforsecurity=False).hexdigest() != node.child("md5").text().lower():
        raise Refusal(301019, "image md5 not match")
    body: dict[str, Any] = dict(node.object(known={"base64", "md5"}))
    return Shown("image", "", body)
