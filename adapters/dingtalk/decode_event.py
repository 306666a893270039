"""Events of the organisation into ``Incoming`` (dingtalk.md §7.1). Dictionaries end here.

Under which name the robot's own coming to a group and leaving it are told is not known; that it is gone is seen when
something is to be said there. Names are read in any case: both ``userId`` and ``UserId`` are documented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.chat import Came, GroupGone, GroupRenamed, Happened, Left, Notice
from adapters.dingtalk.app import PLATFORM, DingTalkApp
from adapters.dingtalk.identity import group, member
from adapters.dingtalk.org_events import Hear, OrgEvent
from adapters.dingtalk.payload import clean, text_at
from domain.base import Account


def ear(app: DingTalkApp, notice: Notice) -> Hear:
    """What the stream does with events: like messages, they are kept before they are acknowledged."""

    async def hear(event: OrgEvent) -> None:
        told = org_event(event, app)
        if told is not None:
            await notice(told)

    return hear


def org_event(event: OrgEvent, app: DingTalkApp) -> Happened | None:
    """None for what asks for nothing, and for what happened in another company."""
    reader = _READERS.get(event.kind)
    is_ours = not (event.corp_id and app.corp_id) or event.corp_id == app.corp_id
    if reader is None or not is_ours or not event.id:
        return None
    body = {name.casefold(): value for name, value in event.body.items()}
    return reader(f"{PLATFORM}:{app.tenant}:event:{event.id}", body)


def _left(id_: str, body: Mapping[str, Any]) -> Happened | None:
    people = _people(body)
    return Left(id_, people) if people else None


def _came(id_: str, body: Mapping[str, Any]) -> Happened | None:
    people = _people(body)
    return Came(id_, people) if people else None


def _people(body: Mapping[str, Any]) -> tuple[Account, ...]:
    told = body.get("userid")
    ids = told if isinstance(told, list) else [told]
    return tuple(member(clean(one)) for one in ids if isinstance(one, str) and clean(one))


def _disbanded(id_: str, body: Mapping[str, Any]) -> Happened | None:
    chat = text_at(body, "openconversationid")
    return GroupGone(id_, group(chat), GroupGone.DISSOLVED) if chat else None


def _renamed(id_: str, body: Mapping[str, Any]) -> Happened | None:
    chat, title = text_at(body, "openconversationid"), text_at(body, "title").strip()
    return GroupRenamed(id_, group(chat), title) if chat and title else None


_READERS: Mapping[str, Callable[[str, Mapping[str, Any]], Happened | None]] = {
    "user_leave_org": _left,
    "user_add_org": _came,
    "chat_disband": _disbanded,
    "chat_update_title": _renamed,
}
