"""The request that makes a card and shows it in one place (dingtalk.md §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.card import Card
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.render import Look, mentioned, summary
from adapters.dingtalk.templates import BUILTIN_TEMPLATE, variables
from domain.base import Conversation

Json = Mapping[str, Any]


def delivery(app: DingTalkApp, look: Look, handle: str, place: Conversation, card: Card) -> Json:
    spaces = _to_group(app, place, card) if place.kind == "group" else _to_person(app, place, card)
    return {**creation(app, look, handle, card), **spaces}


def creation(app: DingTalkApp, look: Look, handle: str, card: Card) -> Json:
    return {
        "cardTemplateId": template_id(app, look),
        "outTrackId": handle,
        "callbackType": "STREAM",  # left out, no press would ever arrive
        "userIdType": 1,
        "cardData": {"cardParamMap": dict(variables(card, look))},
    }


def template_id(app: DingTalkApp, look: Look) -> str:
    return app.card if look is Look.TEMPLATE else BUILTIN_TEMPLATE


def _to_group(app: DingTalkApp, place: Conversation, card: Card) -> Json:
    people = {who.user_id: name for who, name in mentioned(card)}
    deliver: dict[str, Any] = {"robotCode": app.robot}
    space: dict[str, Any] = {
        "openSpaceId": f"dtv1.card//IM_GROUP.{place.key}",
        "imGroupOpenSpaceModel": _space(card),
        "imGroupOpenDeliverModel": deliver,
    }
    if people:
        deliver["atUserIds"] = people
        space["cardAtUserIds"] = list(people)
    return space


def _to_person(app: DingTalkApp, place: Conversation, card: Card) -> Json:
    return {
        "openSpaceId": f"dtv1.card//IM_ROBOT.{place.key}",
        "imRobotOpenSpaceModel": _space(card),
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": app.robot},
    }


def _space(card: Card) -> Json:
    """Not to be forwarded: a card in another chat would show its buttons to strangers."""
    return {
        "supportForward": False,
        "lastMessageI18n": {"ZH_CN": summary(card)},
        "notification": {"alertContent": summary(card), "notificationOff": False},
    }
