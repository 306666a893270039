"""The rules of template cards (wecom.md §3; pages 90236 and 94888): what is refused, per type and door."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from adapters.emulator.wecom.card_parts import ID_BYTES, PARTS
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.switches import TaskIdInUpdate

INTERACTIVE = {"button_interaction", "vote_interaction", "multiple_interaction"}

_COMMON = {"card_type", "source", "main_title"}
_NOTICE = _COMMON | {
    "action_menu",
    "task_id",
    "quote_area",
    "horizontal_content_list",
    "jump_list",
    "card_action",
}
_VOTING = _COMMON | {"task_id", "submit_button", "replace_text"}
_ALLOWED = {
    "text_notice": _NOTICE | {"emphasis_content", "sub_title_text"},
    "news_notice": _NOTICE | {"card_image", "image_text_area", "vertical_content_list"},
    "button_interaction": (_NOTICE - {"jump_list"})
    | {"sub_title_text", "button_selection", "button_list", "replace_text"},
    "vote_interaction": _VOTING | {"checkbox"},
    "multiple_interaction": _VOTING | {"select_list"},
}
_REQUIRED = {
    "text_notice": ("card_action",),
    "news_notice": ("card_action",),
    "button_interaction": ("button_list",),
    "vote_interaction": ("checkbox", "submit_button"),
    "multiple_interaction": ("select_list", "submit_button"),
}
_EVERYWHERE = set().union(*_ALLOWED.values())
_TITLE_MISSING = 41016


class Door(Enum):
    """Where a card comes in. Updates know ``replace_text`` and ``disable``; a webhook has no callback."""

    SEND = "send"
    UPDATE = "update"
    PASSIVE = "passive"  # the XML answer to a click, which has no task_id
    WEBHOOK = "webhook"


def check_card(card: Node, door: Door, task_ids: TaskIdInUpdate = TaskIdInUpdate.OPTIONAL) -> None:
    kind = card.child("card_type").text()
    if kind not in _ALLOWED or (door is Door.WEBHOOK and kind in INTERACTIVE):
        raise card.child("card_type").refuse(f"{kind} not supported")
    _check_names(card, kind, door)
    _check_titles(card, kind)
    _check_task_id(card, kind, door, task_ids)
    for name, check in PARTS.items():
        if name in card.object():
            check(card.child(name))
    _check_source_colour(card, kind)
    _check_card_action(card, kind)
    if door is Door.SEND:
        _check_enabled(card)


def calls_back(card: Mapping[str, Any]) -> bool:
    """Whether a press on the card reaches the app, which is also what makes it updatable."""
    return card["card_type"] in INTERACTIVE or bool(card.get("action_menu"))


def _check_names(card: Node, kind: str, door: Door) -> None:
    card.object(known=_EVERYWHERE)
    allowed = _ALLOWED[kind] - (set() if door in (Door.UPDATE, Door.PASSIVE) else {"replace_text"})
    allowed -= {"action_menu", "task_id"} if door is Door.WEBHOOK else set()
    for name in card.object().keys() & _EVERYWHERE - allowed:
        raise card.child(name).refuse(f"not allowed in {kind}")
    for name in _REQUIRED[kind]:
        if name not in card:
            raise card.child(name).refuse("missing")
    if kind == "news_notice" and "card_image" not in card and "image_text_area" not in card:
        raise card.child("card_image").refuse("missing")


def _check_titles(card: Node, kind: str) -> None:
    title = card.child("main_title")
    if "main_title" in card:
        title.object(known={"title", "desc"})
        title.child("desc").text_or_nothing()
        if title.child("title").text_or_nothing():
            return
    # The one card that may go without a title (page 90236).
    if kind == "text_notice" and card.child("sub_title_text").text_or_nothing():
        return
    raise title.refuse("title missing", _TITLE_MISSING)


def _check_task_id(card: Node, kind: str, door: Door, task_ids: TaskIdInUpdate) -> None:
    task_id = card.child("task_id")
    needed = kind in INTERACTIVE or "action_menu" in card
    if door is Door.SEND and needed and not task_id.text_or_nothing():
        raise task_id.refuse("missing")
    if door is Door.UPDATE and needed and task_ids is TaskIdInUpdate.REQUIRED:
        task_id.text()
    if door is Door.UPDATE and task_ids is TaskIdInUpdate.FORBIDDEN and "task_id" in card:
        raise task_id.refuse("not allowed in an update")
    written = task_id.text_or_nothing(most_bytes=ID_BYTES)
    if written and not re.fullmatch(r"[0-9A-Za-z_\-@]+", written):
        raise task_id.refuse("has illegal characters")


def _check_source_colour(card: Node, kind: str) -> None:
    voting = kind in ("vote_interaction", "multiple_interaction")
    if voting and "source" in card and "desc_color" in card.child("source").object():
        raise card.child("source").child("desc_color").refuse(f"not allowed in {kind}")


def _check_card_action(card: Node, kind: str) -> None:
    # A notice must lead somewhere; only button_interaction may have an action of type 0 (page 90236).
    if kind in ("text_notice", "news_notice"):
        card.child("card_action").child("type").number(1, 2)


def _check_enabled(card: Node) -> None:
    for question in _questions(card):
        if question.child("disable").value is not None:
            raise question.child("disable").refuse("only allowed in updates")


def _questions(card: Node) -> Iterator[Node]:
    for name in ("button_selection", "checkbox"):
        if name in card:
            yield card.child(name)
    if "select_list" in card:
        yield from card.child("select_list").items(1, 3)
