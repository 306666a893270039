"""Webhook messages, for session webhooks and custom robots alike (dingtalk.md §3.3, §3.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.dingtalk.markdown import can_mention
from domain.base import Account


def session_message(msg_key: str, param: Mapping[str, str], people: Sequence[Account]) -> dict[str, Any]:
    """The webhook's twin of a robot message. Only an id written as "@id" in the text lights up."""
    ids = [who.user_id for who in people]
    at = "".join(f"@{user_id} " for user_id in ids)
    if msg_key == "sampleMarkdown":
        words = {"title": param["title"], "text": f"{param['text']}\n\n{at}".rstrip()}
        message: dict[str, Any] = {"msgtype": "markdown", "markdown": words}
    else:
        message = {"msgtype": "text", "text": {"content": at + param["content"]}}
    return message | ({"at": {"atUserIds": ids, "isAtAll": False}} if ids else {})


def mentioning(people: Sequence[Account]) -> list[Account]:
    """Those of ``people`` who can be mentioned at all."""
    return [who for who in people if can_mention(who)]
