"""The answer inside the answer: what a 200 to a callback may carry (wecom.md §1.10; page 90241)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from adapters.emulator.wecom import card_xml, xml
from adapters.emulator.wecom.cards import INTERACTIVE, Door, check_card
from adapters.emulator.wecom.codes import SentCard
from adapters.emulator.wecom.crypto import CryptoError, Envelope, Sealed
from adapters.emulator.wecom.messages import cut
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import State

_TEXT_BYTES = 2048
_CLICKS = {"template_card_event", "template_card_menu_event"}
# Page 90241; template_card_event is missing from its list but has a section of its own.
_ANSWERABLE = _CLICKS | {
    "subscribe",
    "enter_agent",
    "LOCATION",
    "click",
    "view",
    "view_miniprogram",
    "scancode_waitmsg",
}


class Defect(Exception):
    """Tencent would drop the answer in silence."""


@dataclass(frozen=True)
class Context:
    """What is being answered: by whom it was caused, and the card and code if it was a click."""

    member: str
    event: str = ""  # empty for a message
    card: SentCard | None = None
    code: str = ""


@dataclass(frozen=True)
class PassiveReply:
    """``kind`` is the MsgType; ``body`` its content in JSON names; ``plain`` the decrypted XML."""

    kind: str
    body: Mapping[str, Any]
    plain: str


class PassiveReplies:
    def __init__(self, state: State) -> None:
        self._state = state

    def read(self, answer: bytes, context: Context) -> PassiveReply | None:
        """A 200's body. What is wrong with it becomes a defect: nobody else will say so."""
        if not answer:
            return None
        try:
            plain = self._open(answer)
            reply = self._read(plain, context)
        except (
            Defect,
            xml.BadXml,
            CryptoError,
            card_xml.UnknownElement,
            card_xml.BadValue,
            Refusal,
        ) as wrong:
            about = context.event or "message"
            self._state.defect(f"passive answer to {about}: {type(wrong).__name__} {wrong}")
            return None
        return reply

    def _open(self, answer: bytes) -> str:
        root = xml.read(answer.decode(errors="replace"))
        parts = {child.tag: child.text or "" for child in root}
        wanted = {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
        if parts.keys() != wanted or len(root) != len(wanted):
            raise Defect(f"envelope has {sorted(parts)}")
        sealed = Sealed(parts["Encrypt"], parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"])
        envelope = Envelope(self._state.token, self._state.encoding_aes_key, self._state.corp_id)
        return envelope.open(sealed).decode()

    def _read(self, plain: str, context: Context) -> PassiveReply:
        root = xml.read(plain)
        parts = {child.tag: child for child in root}
        kind = _text(parts, "MsgType")
        if (
            _text(parts, "ToUserName") != context.member
            or _text(parts, "FromUserName") != self._state.corp_id
        ):
            raise Defect("ToUserName is not the member or FromUserName not the company")
        if not _text(parts, "CreateTime").isdigit():
            raise Defect("CreateTime is no number")
        if context.event and context.event not in _ANSWERABLE:
            raise Defect("this event takes no answer")
        _check_fits(kind, context)
        contents = [child for child in root if child.tag not in _ENVELOPE]
        return PassiveReply(kind, self._content(kind, contents), plain)

    def _content(self, kind: str, contents: list[Element]) -> Mapping[str, Any]:
        wanted = _CONTENTS.get(kind)
        if wanted is None:
            raise Defect(f"MsgType {kind}")
        if sorted({child.tag for child in contents}) != sorted(wanted):
            raise Defect(f"{kind} holds {[child.tag for child in contents]}")
        if kind == "update_button":
            return _button(contents[0])
        if kind == "update_template_card":
            return self._card(contents[0])
        return _message(kind, contents)

    def _card(self, element: Element) -> Mapping[str, Any]:
        body = card_xml.card(element)
        check_card(Node(body, "TemplateCard", report=self._state.defect), Door.PASSIVE)
        return body


_REPAINTS = {"update_button", "update_template_card"}
_ENVELOPE = {"ToUserName", "FromUserName", "CreateTime", "MsgType"}
_CONTENTS = {
    "text": ["Content"],
    "image": ["Image"],
    "voice": ["Voice"],
    "video": ["Video"],
    "news": ["ArticleCount", "Articles"],
    "update_button": ["Button"],
    "update_template_card": ["TemplateCard"],
}
_MEDIUM = card_xml.Object({"MediaId": ("media_id", card_xml.text)})
_VIDEO = card_xml.Object(
    {
        "MediaId": ("media_id", card_xml.text),
        "Title": ("title", card_xml.text),
        "Description": ("description", card_xml.text),
    }
)
_ARTICLES = card_xml.Object(
    {},
    {
        "item": (
            "articles",
            card_xml.Object(
                {
                    "Title": ("title", card_xml.text),
                    "Description": ("description", card_xml.text),
                    "PicUrl": ("picurl", card_xml.text),
                    "Url": ("url", card_xml.text),
                }
            ),
        )
    },
)
_BUTTON = card_xml.Object({"ReplaceName": ("replace_name", card_xml.text)})


def _check_fits(kind: str, context: Context) -> None:
    if kind in _REPAINTS and context.card is None:
        raise Defect(f"{kind} answers no click")
    if kind == "update_button" and context.card and context.card.card_type not in INTERACTIVE:
        raise Defect("update_button for a card without buttons")


def _text(parts: Mapping[str, Element], name: str) -> str:
    if name not in parts:
        raise Defect(f"{name} missing")
    return parts[name].text or ""


def _button(element: Element) -> Mapping[str, Any]:
    button = _BUTTON(element)
    if not button.get("replace_name"):
        raise Defect("ReplaceName missing")
    return button


def _message(kind: str, contents: list[Element]) -> Mapping[str, Any]:
    if kind == "text":
        return {"content": cut(contents[0].text or "", _TEXT_BYTES)}
    if kind == "news":
        return _ARTICLES(next(child for child in contents if child.tag == "Articles"))
    return _VIDEO(contents[0]) if kind == "video" else _MEDIUM(contents[0])
