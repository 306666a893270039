"""What others said, as far as DingTalk passes it on: a forwarded record, or the message that is replied to.

No document describes ``chatRecord``; its shapes are those that receivers of real ones report (QwenLM/qwen-code#9339,
soimy/openclaw-channel-dingtalk#210): details under one of three names, as JSON or as JSON in a text, and a summary
whose lines are "name:words". Details may carry opaque ids instead of names, and only part of what was chosen
(open-dingtalk/dingtalk-stream-sdk-python#73): what is missing cannot be asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.chat import Brought
from adapters.dingtalk.payload import clean, dict_at, dicts_at, text_at
from domain.tickets.context import Passage

RECORD = "chatRecord"
_DETAILS = (RECORD, "records", "messages")
_LABELS = {"picture": "[图片]", "image": "[图片]", "audio": "[语音]", "video": "[视频]", "file": "[文件]"}
_NAMED = re.compile(r"\s*([^:：\n]{1,40})\s*[:：]\s*(.*)", re.DOTALL)


def record(content: Mapping[str, Any]) -> Brought | None:
    """None where nothing in it can be read."""
    summary = [_named(line) for line in _lines(content.get("summary"))]
    details = _details(content)
    told = [_passage(one) for one in details]
    told = _with_names(told, summary) if len(told) >= len(summary) else summary
    passages = tuple(passage for passage in told if passage.text)
    return Brought(passages, _name_of(passages, details), is_record=True) if passages else None


def replied_to(data: Mapping[str, Any], text: str) -> Brought | None:
    """Somebody else's message. Whose it is stands there only as an id that means nothing outside."""
    replied = dict_at(dict_at(data, "text"), "repliedMsg")
    if text_at(replied, "msgType") == RECORD:
        return record(dict_at(replied, "content"))
    author = text_at(replied, "senderId")
    if not text or not author or author == text_at(data, "chatbotUserId"):
        return None  # without an author it may well be the robot's own
    is_own = author == text_at(data, "senderId")
    if is_own and text_at(replied, "msgType") != "text":
        return None  # their picture comes along as a file
    name = text_at(data, "senderNick") if is_own else text_at(replied, "senderNick")
    passages = (Passage(name, text),)
    return Brought(passages, f"dingtalk:message:{text_at(replied, 'msgId') or _hash([author, text])}")


def _with_names(told: Sequence[Passage], summary: Sequence[Passage]) -> list[Passage]:
    """Details have the order of the summary, which has names where they have ids; it ends earlier."""
    named = [*summary, *[Passage("", "")] * (len(told) - len(summary))]
    return [
        Passage(one.author or other.author, one.text or other.text)
        for one, other in zip(told, named, strict=True)
    ]


def _details(content: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    for name in _DETAILS:
        value = content.get(name)
        if isinstance(value, str):
            value = _parsed(value)
        if isinstance(value, list) and value:
            return dicts_at({name: value}, name)
    return ()


def _passage(one: Mapping[str, Any]) -> Passage:
    """The words may lie one level deeper, as they do in messages of their own."""
    inner = dict_at(one, "content") or dict_at(one, "text")
    said = text_at(one, "content", "text") or text_at(inner, "text", "content", "fileName")
    label = _LABELS.get(text_at(one, "msgType", "msgtype"), "")
    return Passage(text_at(one, "senderNick", "senderName"), said.strip() or label)


def _lines(summary: object) -> Sequence[str]:
    """A list, one in a text, or lines."""
    value = _parsed(summary) if isinstance(summary, str) else summary
    lines = value if isinstance(value, list) else str(summary or "").splitlines()
    return [clean(line) for line in lines if isinstance(line, str) and line.strip()]


def _named(line: str) -> Passage:
    found = _NAMED.fullmatch(line)
    return Passage(found.group(1).strip(), found.group(2).strip()) if found else Passage("", line.strip())


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _name_of(passages: Sequence[Passage], details: Sequence[Mapping[str, Any]]) -> str:
    """Two people who pass on the same messages are told the same times."""
    told = [part for p in passages for part in (p.author, p.text)]
    return f"dingtalk:record:{_hash([*told, *(text_at(one, 'createAt', 'createdAt') for one in details)])}"


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
