"""Which account and which place a payload's ids mean.

People of the robot's own organisation have a staff id; everybody else has only an id that no sending API
takes (dingtalk.md §2.1), so their key is "<corp>/<sender id>" and they are reached by session webhook.
"""

from __future__ import annotations

from adapters.dingtalk.app import PLATFORM
from domain.base import Account, Conversation


def member(staff_id: str) -> Account:
    return Account(PLATFORM, staff_id)


def outsider(corp_id: str, sender_id: str) -> Account:
    return Account(PLATFORM, f"{corp_id}/{sender_id}")


def is_outsider(key: str) -> bool:
    """No staff id has a slash."""
    return "/" in key


def direct(account: Account) -> Conversation:
    return Conversation(PLATFORM, "direct", account.user_id)


def group(conversation_id: str) -> Conversation:
    return Conversation(PLATFORM, "group", conversation_id)
