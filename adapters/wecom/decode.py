"""Decrypted callbacks into ``Incoming``. The only place that knows the field names of documents 90239 and 90240.

What a person sent and we cannot read becomes ``Unreadable``, so that somebody answers. What WeCom tells by
itself (contacts changed, a menu link was opened, …) becomes ``Silent``: nobody waits for an answer to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.chat import AccountChanged, Change, FileRef, Grant, Incoming, Joined, Pressed, Said, Unreadable
from adapters.wecom.app import WECOM, WeComApp
from adapters.wecom.wording import legal, lines
from adapters.wecom.xmltree import BrokenXml, Element, read_xml
from domain.base import Account, Conversation

# A code from a press repaints that card once, within three days (document 94888).
GRANT_LIFE = timedelta(hours=72)
# The application is about to be stopped, or is: somebody should look.
_ALARMING = frozenset({"inactive_alert", "low_active_alert", "close_inactive_agent", "low_active"})


class WrongTenant(Exception):
    """Signed correctly, but written for another company or application."""


@dataclass(frozen=True)
class Silent:
    """An event that asks for nothing."""

    event: str

    @property
    def alarming(self) -> bool:
        return self.event in _ALARMING


@dataclass(frozen=True)
class _Envelope:
    """What every callback carries."""

    root: Element
    id: str
    sender: Account
    place: Conversation
    now: datetime

    def value(self, tag: str) -> str:
        return self.root.value(tag)


def decode(app: WeComApp, plaintext: str, *, now: datetime) -> Incoming | Silent:
    """Raises BrokenXml and WrongTenant."""
    root = read_xml(legal(plaintext))
    _check_tenant(app, root)
    kind = root.value("MsgType")
    is_event = kind == "event"
    user = root.value("FromUserName")
    if not kind or not user:
        raise BrokenXml("neither type nor sender")
    what = _Envelope(
        root=root,
        id=f"{app.door}:{_message_id(root, plaintext)}",
        sender=Account(WECOM, user),
        place=Conversation(app.platform, "direct", user),
        now=now,
    )
    return _event(what) if is_event else _message(what, kind)


def _check_tenant(app: WeComApp, root: Element) -> None:
    agent = root.value("AgentID")
    if root.value("ToUserName") != app.corp_id or agent not in {"", str(app.agent_id)}:
        raise WrongTenant


def _message_id(root: Element, plaintext: str) -> str:
    """Events have no MsgId, and their second of creation collides; a repeat has the same plaintext (§1.5)."""
    return root.value("MsgId") or hashlib.sha256(plaintext.encode(errors="surrogatepass")).hexdigest()


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────


def _message(what: _Envelope, kind: str) -> Incoming:
    if kind in _WORDS:
        return Said(what.id, what.sender, what.place, text=_WORDS[kind](what.root))
    if kind in _FILES and (media := what.value("MediaId")):
        file = FileRef(what.place.platform, kind, media, name=_file_name(what.root))
        return Said(what.id, what.sender, what.place, text="", files=(file,))
    return Unreadable(what.id, what.sender, what.place, kind=kind)


def _text(root: Element) -> str:
    return lines(root.value("Content")).strip()


def _location(root: Element) -> str:
    spot = f"{root.value('Location_X')}, {root.value('Location_Y')}"
    return f"[位置] {root.value('Label')}（{spot}）"


def _link(root: Element) -> str:
    parts = [root.value("Title"), root.value("Description"), root.value("Url")]
    return "[链接] " + "\n".join(filter(None, parts))


_WORDS: Mapping[str, Callable[[Element], str]] = {"text": _text, "location": _location, "link": _link}
# A file is not in document 90239; Tencent's own plugin types it with a FileName.
_FILES = frozenset({"image", "voice", "video", "file"})


def _file_name(root: Element) -> str:
    if root.value("MsgType") == "voice":
        return f"voice.{root.value('Format') or 'amr'}"
    return root.value("FileName")


# ── events ───────────────────────────────────────────────────────────────────────────────────────────


def _event(what: _Envelope) -> Incoming | Silent:
    match what.value("Event"):
        case "template_card_event" | "template_card_menu_event":
            return _pressed(what)
        case "enter_agent" | "subscribe":
            return Joined(what.id, what.sender, what.place)
        case "change_contact":
            return _changed(what)
        case "click" if what.value("EventKey"):
            return Said(what.id, what.sender, what.place, text=what.value("EventKey"))
        case event:
            return Silent(event)


def _changed(what: _Envelope) -> Incoming | Silent:
    """Callbacks of newer helpers carry only the id (96255); disabled is status 2, gone is 5 (§5.3)."""
    account, kind = Account(WECOM, what.value("UserID")), what.value("ChangeType")
    if not account.user_id:
        return Silent("change_contact")
    if kind == "delete_user" or (kind == "update_user" and what.value("Status") in {"2", "5"}):
        return AccountChanged(what.id, account, Change.LEFT)
    if kind == "update_user" and (renamed := what.value("NewUserID")):
        return AccountChanged(what.id, account, Change.RENAMED, Account(WECOM, renamed))
    if kind == "create_user":
        return AccountChanged(what.id, account, Change.CAME)
    return Silent("change_contact")


def _pressed(what: _Envelope) -> Pressed:
    code = what.value("ResponseCode")
    return Pressed(
        what.id,
        what.sender,
        # An application's cards live in the chat with that application, whose other end is the presser.
        place=what.place,
        copy=what.value("TaskId"),
        key=what.value("EventKey"),
        answers=_answers(what.root),
        grant=Grant(code, what.now + GRANT_LIFE) if code else None,
    )


def _answers(root: Element) -> dict[str, str]:
    """Question to chosen option. We ask no question with several answers; the first one stands."""
    items = root.one("SelectedItems")
    return dict(filter(all, map(_answer, items.all("SelectedItem")))) if items else {}


def _answer(item: Element) -> tuple[str, str]:
    options = item.one("OptionIds")
    chosen = options.all("OptionId") if options else ()
    return item.value("QuestionKey"), chosen[0].text.strip() if chosen else ""
