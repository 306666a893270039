"""What a person can send to the robot, and the JSON in which DingTalk passes it on (§2.1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.emulator.dingtalk.files import Files
from adapters.emulator.dingtalk.ids import lwcp
from adapters.emulator.dingtalk.switches import Switches


@dataclass(frozen=True)
class Quote:
    """The message that a text replies to. ``sender`` is a user id, or ROBOT."""

    text: str
    message_id: str = "msgQuoted=="
    sender: str = ""
    at_millis: int = 0


@dataclass(frozen=True)
class Text:
    text: str
    quoting: Quote | None = None


@dataclass(frozen=True)
class Picture:
    content: bytes = b"\xff\xd8\xff\xe0 a small picture"
    name: str = "picture.jpg"


@dataclass(frozen=True)
class RichText:
    parts: Sequence[str | Picture]


@dataclass(frozen=True)
class Audio:
    recognition: str
    content: bytes = b"#!AMR a short voice"
    millis: int = 4000


@dataclass(frozen=True)
class Video:
    content: bytes = b"\x00\x00\x00\x18ftypmp42"
    seconds: int = 5


@dataclass(frozen=True)
class File:
    name: str
    content: bytes


@dataclass(frozen=True)
class Record:
    """Several messages forwarded as one, each with its author's name. No document tells how it arrives."""

    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Unknown:
    """A kind that the robot cannot receive; DingTalk says so."""

    kind: str = "interactiveCard"


@dataclass(frozen=True)
class Other:
    """A kind that today's documents do not list."""

    msgtype: str
    content: dict[str, Any] = field(default_factory=dict)


Message = Text | RichText | Picture | Audio | Video | File | Record | Unknown | Other

NOT_IN_GROUPS = (Audio, Video, File)  # members of a group cannot send these to the robot (§2.1)


def bubble_of(message: Message) -> tuple[str, str]:
    """Kind and text of the bubble on the sender's own phone."""
    match message:
        case Text(text=text):
            return "text", text
        case RichText(parts=parts):
            return "richText", "".join(p if isinstance(p, str) else "[图片]" for p in parts)
        case Picture():
            return "image", "[图片]"
        case Audio(recognition=words):
            return "voice", words
        case Video():
            return "video", "[视频]"
        case File(name=name):
            return "file", name
        case Record(lines=lines):
            return "record", "\n".join(f"{name}：{text}" for name, text in lines)
        case Unknown(kind=kind) | Other(msgtype=kind):
            return kind, f"[{kind}]"


def content_of(
    message: Message, files: Files, switches: Switches, *, before: str, after: str
) -> dict[str, Any]:
    """The fields that depend on the kind. ``before`` and ``after`` surround typed text in a group."""
    match message:
        case Text(text=text, quoting=quote):
            return {"msgtype": "text", "text": {"content": f"{before}{text}{after}", **_quoted(quote)}}
        case RichText(parts=parts):
            rich: list[dict[str, Any]] = [_part(part, files) for part in parts]
            lead = [{"text": before}] if before else []
            return {"msgtype": "richText", "content": {"richText": lead + rich}}
        case Picture():
            return {"msgtype": "picture", "content": _codes(files.keep(message.content, message.name))}
        case Audio(recognition=words, content=content, millis=millis):
            code = files.keep(content, "voice.amr")
            return {
                "msgtype": "audio",
                "content": {"duration": millis, "downloadCode": code, "recognition": words},
            }
        case Video(content=content, seconds=seconds):
            code = files.keep(content, "video.mp4")
            # The video's length is a string of seconds, the voice's a number of milliseconds.
            video = {"duration": str(seconds), "videoType": "mp4", "downloadCode": code}
            return {"msgtype": "video", "content": video}
        case File(name=name, content=content):
            code = files.keep(content, name)
            file = {"spaceId": "1001", "fileName": name, "downloadCode": code, "fileId": f"f{len(code)}"}
            return {"msgtype": "file", "content": file}
        case Record(lines=lines):
            return {"msgtype": "chatRecord", "isForwardMsg": "1", "content": _record(lines, switches)}
        case Unknown() | Other():
            return _strange(message)


def _strange(message: Unknown | Other) -> dict[str, Any]:
    if isinstance(message, Other):
        return {"msgtype": message.msgtype, "content": message.content}
    return {"msgtype": "unknownMsgType", "content": {"unknownMsgType": message.kind}}


def _record(lines: Sequence[tuple[str, str]], switches: Switches) -> dict[str, Any]:
    told = lines[: switches.record_keeps] if switches.record_keeps else lines
    content: dict[str, Any] = {"summary": "\n".join(f"{name}:{text}" for name, text in told)}
    if switches.record_has_details:
        details = [_detail(nth, line, switches) for nth, line in enumerate(told)]
        content["chatRecord"] = json.dumps(details, ensure_ascii=False)
    return content


def _detail(nth: int, line: tuple[str, str], switches: Switches) -> dict[str, Any]:
    name, text = line
    who = {"senderNick": name} if switches.record_has_names else {}
    return {
        "senderId": lwcp(name),
        **who,
        "msgType": "text",
        "content": text,
        "createAt": 1767225600000 + nth,
    }


def _part(part: str | Picture, files: Files) -> dict[str, Any]:
    if isinstance(part, str):
        return {"text": part}
    return {"type": "picture", **_codes(files.keep(part.content, part.name))}


def _codes(code: str) -> dict[str, str]:
    return {"downloadCode": code, "pictureDownloadCode": f"small-{code}"}


def _quoted(quote: Quote | None) -> dict[str, Any]:
    if quote is None:
        return {}
    replied = {
        "msgType": "text",
        "msgId": quote.message_id,
        "senderId": lwcp(quote.sender),
        "createdAt": quote.at_millis,
        "content": {"text": quote.text},
    }
    return {"isReplyMsg": True, "repliedMsg": replied}
