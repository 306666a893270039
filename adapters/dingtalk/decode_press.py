"""A card callback's payload into ``Pressed``. Facts and the many shapes seen: dingtalk.md §4.6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.chat import Pressed
from adapters.dingtalk.app import PLATFORM, DingTalkApp
from adapters.dingtalk.identity import direct, group, member, outsider
from adapters.dingtalk.payload import Undecodable, clean, dict_at, json_object, text_at
from domain.base import Account, Conversation

_UNION_ID = "2"


def card_press(data: Mapping[str, Any], message_id: str, app: DingTalkApp) -> Pressed | None:
    """The press, or None where a form only reports its own state. Raises Undecodable.

    A repeat of the same press may come under a new message id (§1.5); that both have one effect is the
    domain's promise, since nothing in the frame ties them together.
    """
    copy = text_at(data, "outTrackId")
    if not copy or not message_id:
        raise Undecodable("a card callback without outTrackId or messageId")
    sender = _presser(data, app)
    private = _private(data)
    params = _params(private)
    key = text_at(params, "action", "actionId", "id") or _first_action(private)
    if not key:
        return None
    once = f"{PLATFORM}:{app.tenant}:card:{message_id}"
    return Pressed(once, sender, _place(data, sender), copy, key, _answers(params))


def _presser(data: Mapping[str, Any], app: DingTalkApp) -> Account:
    user_id = text_at(data, "userId")
    if not user_id or text_at(data, "userIdType") == _UNION_ID:
        raise Undecodable("a card callback without a staff id")  # our cards are all made with userIdType 1
    corp_id = text_at(data, "corpId")
    foreign = bool(corp_id and app.corp_id and corp_id != app.corp_id)
    return outsider(corp_id, user_id) if foreign else member(user_id)


def _place(data: Mapping[str, Any], presser: Account) -> Conversation | None:
    """Only the two exact words are believed; "IM" and "im" are seen for both kinds of chat."""
    match text_at(data, "spaceType"):
        case "IM_GROUP":
            space = text_at(data, "spaceId")
            return group(space) if space else None
        case "IM_ROBOT":
            return direct(presser)
    return None


def _private(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """``cardPrivateData`` lies in ``content``, in ``value``, or at the root; as object or as text."""
    for name in ("content", "value"):
        if data.get(name):
            inner = json_object(data[name])
            return _object(inner.get("cardPrivateData")) or inner
    return _object(data.get("cardPrivateData"))


def _params(private: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(private.get("params"))


def _object(value: object) -> Mapping[str, Any]:
    return json_object(value) if value else {}


def _first_action(private: Mapping[str, Any]) -> str:
    ids = private.get("actionIds")
    first = ids[0] if isinstance(ids, list) and ids else ""
    return clean(first) if isinstance(first, str) else ""


def _answers(params: Mapping[str, Any]) -> Mapping[str, str]:
    form = dict_at(params, "form")
    return {clean(field): answer for field in form if (answer := _answer(form, field))}


def _answer(form: Mapping[str, Any], field: str) -> str:
    """A drop-down's answer is wrapped: {"index": 1, "value": "P2"}."""
    return text_at(form, field) or text_at(dict_at(form, field), "value")
