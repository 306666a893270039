"""Which messages an AI bot may show, and how they look in a chat (§4.6, §4.7, §4.10)."""

from __future__ import annotations

from adapters.emulator.wecom.cards import Door, check_card
from adapters.emulator.wecom.media import Media
from adapters.emulator.wecom.messages import Shown, card_title, medium
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node

MOST_BYTES = 20_480
DOOR = "aibot"
MEDIA = ("file", "image", "voice", "video")


def shown(body: Node, media: Media, *, allowed: tuple[str, ...]) -> Shown:
    """Plain text is refused everywhere but in a welcome."""
    kind = body.child("msgtype").text(missing=40008)
    if kind not in allowed:
        raise Refusal(40008, f"invalid message type: {kind}")
    if kind == "template_card":
        return card(body.child("template_card"), Door.SEND)
    if kind in MEDIA:
        return medium(body.child(kind), kind, media, DOOR)
    content = body.child(kind).child("content").text(most_bytes=MOST_BYTES)
    return Shown(kind, content, {"content": content})


def card(node: Node, door: Door) -> Shown:
    check_card(node, door)
    body = dict(node.object())
    return Shown("card", card_title(body), body)
