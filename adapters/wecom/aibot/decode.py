"""Callback bodies of both modes into ``Incoming`` (wecom.md §4.1, §4.2). The only place that knows their fields."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.chat import Brought, FileRef, Incoming, Joined, Pressed, Said, Unreadable
from adapters.wecom.aibot.app import AIBOT, AiBotApp
from adapters.wecom.app import WECOM
from adapters.wecom.wording import legal, lines
from domain.base import Account, Conversation
from domain.tickets.context import Passage

# A client puts one of these behind the name that it completes.
_AFTER_NAME = "[ \u2005\u00a0]"
# Some bots are told "wo…" instead of the userid; it is no account of the application's (§0.3).
_OPAQUE = re.compile(r"w[om][0-9A-Za-z_-]{16,}")


class Malformed(Exception):
    """Not what a callback looks like."""


@dataclass(frozen=True)
class Silent:
    """An event that asks for nothing."""

    event: str


@dataclass(frozen=True)
class _Body:
    app: AiBotApp
    raw: Mapping[str, Any]
    id: str
    sender: Account
    place: Conversation


def decode(app: AiBotApp, raw: Mapping[str, Any]) -> Incoming | Silent:
    """Raises Malformed."""
    kind, user = _text(raw, "msgtype"), _text(_object(raw, "from"), "userid")
    event = _text(_object(raw, "event"), "eventtype")
    if not kind or (not user and kind != "event"):
        raise Malformed("neither type nor sender")
    if kind == "event" and (not user or event not in _EVENTS):
        return Silent(event)
    body = _Body(app, raw, f"{app.door}:{_message_id(raw)}", _account(app, raw, user), _place(raw, user))
    return _EVENTS[event](body) if kind == "event" else _message(body, kind)


def _message_id(raw: Mapping[str, Any]) -> str:
    """A repeat has the same msgid; where none is told, the same words."""
    told = _text(raw, "msgid")
    return told or hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


def _account(app: AiBotApp, raw: Mapping[str, Any], user: str) -> Account:
    """The application knows the same member by the same userid; opaque ids and strangers stay the bot's own."""
    corp = _text(_object(raw, "from"), "corpid")
    if corp and corp != app.corp_id:
        return Account(AIBOT, f"{corp}/{user}")
    return Account(AIBOT if _OPAQUE.fullmatch(user) else WECOM, user)


def _place(raw: Mapping[str, Any], user: str) -> Conversation:
    """Ids exactly as they are spelt: a push to another spelling is refused (§4.7)."""
    group = _text(raw, "chatid")
    return Conversation(AIBOT, "group", group) if group else Conversation(AIBOT, "direct", user)


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────


def _message(body: _Body, kind: str) -> Incoming:
    reader = _READERS.get(kind)
    words, files = reader(body, _object(body.raw, kind)) if reader else ("", ())
    if not words and not files:
        return Unreadable(body.id, body.sender, body.place, Unreadable.RECORD if kind in _RECORDS else kind)
    quoted = _quoted(body)
    return Said(
        body.id,
        body.sender,
        body.place,
        text=words,
        files=files,
        quoted=quoted,
        brought=_brought(body, quoted),
    )


_Read = tuple[str, tuple[FileRef, ...]]


def _words(body: _Body, content: Mapping[str, Any]) -> _Read:
    return _without_name(body, lines(_text(content, "content")).strip()), ()


def _spoken(body: _Body, content: Mapping[str, Any]) -> _Read:
    """What WeCom understood; there is no sound."""
    return lines(_text(content, "content")).strip(), ()


def _file(kind: str) -> Callable[[_Body, Mapping[str, Any]], _Read]:
    return lambda body, content: ("", _reference(body, kind, content))


def _mixed(body: _Body, content: Mapping[str, Any]) -> _Read:
    items = content.get("msg_item")
    parts = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    said = [_text(_object(item, "text"), "content") for item in parts if item.get("msgtype") == "text"]
    pictures = [_reference(body, "image", _object(i, "image")) for i in parts if i.get("msgtype") == "image"]
    words = "\n".join(filter(None, (lines(text).strip() for text in said)))
    return _without_name(body, words), tuple(file for found in pictures for file in found)


# What a record that somebody forwards arrives as: "appmsg" was seen, with nothing in it to read (§4.1).
_RECORDS = frozenset({"appmsg", "chatrecord"})
_READERS: Mapping[str, Callable[[_Body, Mapping[str, Any]], _Read]] = {
    "text": _words,
    "voice": _spoken,
    "mixed": _mixed,
    "image": _file("image"),
    "file": _file("file"),
    "video": _file("video"),
}


def _without_name(body: _Body, text: str) -> str:
    """In groups the mention stays in front. Which words are the name is a setting, else the first one is."""
    if body.place.kind != "group" or not text.startswith("@"):
        return text
    name = body.app.name
    if name and (found := re.match(f"@{re.escape(name)}(?:{_AFTER_NAME}|\\s|$)", text)):
        return text[found.end() :].strip()
    found = re.match(rf"@\S*?(?:{_AFTER_NAME}|\s|$)", text)
    return text[found.end() :].strip() if found else text


def _reference(body: _Body, kind: str, content: Mapping[str, Any]) -> tuple[FileRef, ...]:
    """Over the long connection each object has its own key; in URL mode it is the bot's."""
    url, aeskey = _text(content, "url"), _text(content, "aeskey") or body.app.encoding_aes_key
    return (FileRef(AIBOT, kind, f"{aeskey} {url}", _text(content, "filename")),) if url else ()


def _brought(body: _Body, quoted: str) -> Brought | None:
    """Neither whose message it was is told nor which: the same words in the same chat are taken for the same (§4.1)."""
    if not quoted:
        return None
    same = hashlib.sha256(f"{body.place.key}\0{quoted}".encode()).hexdigest()[:40]
    return Brought((Passage("", quoted),), f"{AIBOT}:message:{same}")


def _quoted(body: _Body) -> str:
    quote = _object(body.raw, "quote")
    kind = _text(quote, "msgtype")
    reader = _READERS.get(kind)
    return reader(body, _object(quote, kind))[0] if reader else ""


# ── events ───────────────────────────────────────────────────────────────────────────────────────────


def _joined(body: _Body) -> Incoming:
    return Joined(body.id, body.sender, body.place)


def _pressed(body: _Body) -> Incoming:
    detail = _object(_object(body.raw, "event"), "template_card_event")
    return Pressed(
        body.id,
        body.sender,
        place=body.place,
        copy=_text(detail, "task_id"),
        key=_text(detail, "event_key"),
        answers=_answers(detail),
    )


_EVENTS: Mapping[str, Callable[[_Body], Incoming]] = {
    "enter_chat": _joined,
    "template_card_event": _pressed,
}


def _answers(detail: Mapping[str, Any]) -> dict[str, str]:
    items = _object(detail, "selected_items").get("selected_item")
    found = [_answer(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return dict(filter(all, found))


def _answer(item: Mapping[str, Any]) -> tuple[str, str]:
    chosen = _object(item, "option_ids").get("option_id")
    first = chosen[0] if isinstance(chosen, list) and chosen else chosen
    return _text(item, "question_key"), first if isinstance(first, str) else ""


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────


def _object(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def _text(raw: Mapping[str, Any], name: str) -> str:
    """Without what no database keeps: NUL, lone surrogates."""
    value = raw.get(name)
    return legal(value) if isinstance(value, str) else ""
