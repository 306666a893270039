"""A robot message's payload into an ``Incoming``. Dictionaries end here.

Facts: dingtalk.md §2.1. The SDK's ``ChatbotMessage`` is not used: it fails on the quota notice and keeps
voice, video and file out of reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.chat import Brought, FileRef, Said, Unreadable
from adapters.dingtalk.app import PLATFORM, DingTalkApp
from adapters.dingtalk.brought import RECORD, record, replied_to
from adapters.dingtalk.identity import direct, group, member, outsider
from adapters.dingtalk.payload import Undecodable, clean, dict_at, dicts_at, number_at, text_at
from domain.base import Account, Conversation

QUOTA_SPENT = "20001"
_SPARE = timedelta(seconds=60)  # a webhook that dies under way is no use
_LABELS = {"picture": "[图片]", "audio": "[语音]", "video": "[视频]", "file": "[文件]"}


@dataclass(frozen=True)
class Session:
    """Where an answer to this message may be posted without any id, and how long."""

    place: Conversation
    url: str
    until: datetime


@dataclass(frozen=True)
class Body:
    text: str
    files: tuple[FileRef, ...] = ()


def robot_message(data: Mapping[str, Any], app: DingTalkApp) -> Said | Unreadable:
    """What somebody said to the robot. Raises Undecodable."""
    _check_robot(data, app)
    once = f"{PLATFORM}:{app.tenant}:robot:{_needed(data, 'msgId')}"
    sender = _sender(data)
    place = _place(data, sender)
    if text_at(data, "errCode") == QUOTA_SPENT:
        return Unreadable(once, sender, place, Unreadable.QUOTA)
    body = _body(data)
    brought = _brought(data)
    if body is None and brought is None:
        kind = Unreadable.RECORD if text_at(data, "msgtype") == RECORD else _unread_kind(data)
        return Unreadable(once, sender, place, kind)
    body = body or Body("")
    return Said(
        once,
        sender,
        place,
        text=body.text.strip(),  # where the robot's @ was cut out, its space stays
        files=(*body.files, *_own_quoted_files(data)),
        sender_name=text_at(data, "senderNick"),
        quoted=_quoted(data),
        brought=brought,
        mentions=_mentions(data),
    )


def session(data: Mapping[str, Any], place: Conversation) -> Session | None:
    """The reply address that came along. Its life is what the message says, never a constant (§2.1)."""
    url = text_at(data, "sessionWebhook")
    millis = number_at(data, "sessionWebhookExpiredTime")
    if not url or not 0 < millis < 10**14:
        return None
    return Session(place, url, datetime.fromtimestamp(millis / 1000, UTC) - _SPARE)


def _check_robot(data: Mapping[str, Any], app: DingTalkApp) -> None:
    """For another robot: its staff ids mean other people (§2.1; old robots are called "normal")."""
    robot = text_at(data, "robotCode")
    if robot and robot not in {app.robot, app.client_id, "normal"}:
        raise Undecodable("a message to another robot")


def _needed(data: Mapping[str, Any], name: str) -> str:
    value = text_at(data, name)
    if not value:
        raise Undecodable(f"a robot message without {name}")
    return value


def _sender(data: Mapping[str, Any]) -> Account:
    staff_id = text_at(data, "senderStaffId")
    corp_id, home = text_at(data, "senderCorpId"), text_at(data, "chatbotCorpId")
    foreign = bool(corp_id and home and corp_id != home)  # the same staff id may exist there too
    if staff_id and not foreign:
        return member(staff_id)
    return outsider(corp_id, _needed(data, "senderId"))


def _place(data: Mapping[str, Any], sender: Account) -> Conversation:
    """One-to-one is known by its "1"; what else there may be has a conversation id that sends take."""
    if text_at(data, "conversationType") == "1":
        return direct(sender)
    return group(_needed(data, "conversationId"))


def _body(data: Mapping[str, Any]) -> Body | None:
    kind = text_at(data, "msgtype")
    content = dict_at(data, "content")
    match kind:
        case "text":
            content = dict_at(data, "text")
            return Body(text_at(content, "content")) if "content" in content else None
        case "richText":
            return _rich_text(content) if "richText" in content else None
        case "picture":
            return _one_file("image", content)
        case "audio":
            heard = _one_file("voice", content)
            return replace(heard, text=text_at(content, "recognition")) if heard else None
        case "video" | "file":
            return _one_file(kind, content)
    return None


def _one_file(kind: str, content: Mapping[str, Any]) -> Body | None:
    code = text_at(content, "downloadCode", "pictureDownloadCode")
    return Body("", (FileRef(PLATFORM, kind, code, text_at(content, "fileName")),)) if code else None


def _rich_text(content: Mapping[str, Any]) -> Body:
    """Neighbouring texts are one sentence in several styles; a picture between them breaks the line."""
    words = ""
    files: list[FileRef] = []
    for part in dicts_at(content, "richText"):
        picture = _one_file("image", part)
        if picture:
            files += picture.files
            words += "\n"
        words += text_at(part, "text")
    return Body(words.strip(), tuple(files))


def _unread_kind(data: Mapping[str, Any]) -> str:
    inner = text_at(dict_at(data, "content"), "unknownMsgType")
    return inner or text_at(data, "msgtype") or text_at(data, "errCode") or "unknown"


def _quoted(data: Mapping[str, Any]) -> str:
    replied = dict_at(dict_at(data, "text"), "repliedMsg")
    content = replied.get("content")
    if isinstance(content, str):
        return clean(content).strip()
    if not isinstance(content, dict):
        return ""
    said = text_at(content, "text") or _rich_text(content).text or text_at(content, "fileName")
    return said.strip() or _LABELS.get(text_at(replied, "msgType"), "")


def _brought(data: Mapping[str, Any]) -> Brought | None:
    if text_at(data, "msgtype") == RECORD:
        return record(dict_at(data, "content"))
    return replied_to(data, _quoted(data))


def _own_quoted_files(data: Mapping[str, Any]) -> tuple[FileRef, ...]:
    """Of one's own message that is replied to: in a group, that is how a picture gets to the robot (§2.1).

    Somebody else's stay where they are: whoever sent them did not speak to the robot.
    """
    replied = dict_at(dict_at(data, "text"), "repliedMsg")
    author = text_at(replied, "senderId")
    if not author or author != text_at(data, "senderId"):
        return ()
    kind, content = text_at(replied, "msgType"), dict_at(replied, "content")
    if kind == "richText":
        return _rich_text(content).files
    one = _one_file({"picture": "image"}.get(kind, kind), content) if kind in _LABELS else None
    return one.files if one else ()


def _mentions(data: Mapping[str, Any]) -> tuple[Account, ...]:
    """The robot is among the mentioned; people from outside have no staff id and can't be given work."""
    robot = text_at(data, "chatbotUserId")
    people = (user for user in dicts_at(data, "atUsers") if text_at(user, "dingtalkId") != robot or not robot)
    staff_ids = (text_at(user, "staffId") for user in people)
    return tuple(member(staff_id) for staff_id in dict.fromkeys(staff_ids) if staff_id)
