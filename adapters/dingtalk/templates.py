"""The variables of the two card templates. Values are always strings (§4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.card import Button, Card, Tone, Weight
from adapters.dingtalk.http import dumps
from adapters.dingtalk.markdown import blocks, escape, escape_line, mentions, plain
from adapters.dingtalk.render import (
    DETAILS,
    Look,
    Variables,
    field_lines,
    headline,
    mentioned,
    summary,
    tips,
)
from adapters.grammar import key_of

# Published by DingTalk for every organisation; the SDK calls it MarkdownButtonCardInstance (§4.7).
BUILTIN_TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"

_PRIVATE = {Look.BUILTIN: "tips", Look.TEMPLATE: "notice"}
_TWO_COLOURS = {Weight.PRIMARY: "blue", Weight.NORMAL: "gray", Weight.DANGER: "gray"}
_COLOURS = {Weight.PRIMARY: "blue", Weight.NORMAL: "gray", Weight.DANGER: "red"}
_STATUS_COLOURS = {
    Tone.NEUTRAL: "gray",
    Tone.ACTIVE: "blue",
    Tone.WAITING: "orange",
    Tone.DONE: "green",
    Tone.LATE: "red",
    Tone.MUTED: "gray",
}


def variables(card: Card, look: Look) -> Variables:
    """All of them, each time: what is left out keeps its old value."""
    return _template(card) if look is Look.TEMPLATE else _builtin(card)


def private_note(card: Card | None, look: Look, note: str) -> Variables:
    """What one reader sees in the place of the public small print, here ``note`` for who has just pressed.

    The public template has no variable to spare, so its ``tips`` are overridden; with an empty note that
    gives back what everybody sees.
    """
    public = tips(card) if card and look is Look.BUILTIN else ""
    return {_PRIVATE[look]: " · ".join(text for text in (escape_line(note), public) if text)}


def _builtin(card: Card) -> Variables:
    buttons = [_callback_button(button) for button in card.buttons]
    if card.link:
        buttons.append({"text": DETAILS, "color": "gray", "url": card.link, "iosUrl": card.link})
    return {
        "title": escape_line(card.title),
        "markdown": blocks((headline(card), escape(card.lead), field_lines(card), mentions(mentioned(card)))),
        "tips": tips(card),
        # An empty list takes the buttons away; a variable left out would keep them.
        "sys_full_json_obj": dumps({"msgButtons": buttons}),
    }


def _callback_button(button: Button) -> Mapping[str, Any]:
    """Without "request" the template opens a link; with it the press comes by stream (§4.7)."""
    colour = _TWO_COLOURS[button.weight]
    return {"text": plain(button.label), "color": colour, "id": key_of(button.command), "request": True}


def _template(card: Card) -> Variables:
    """The contract of an own template (§4.8); README.md of this folder lists it for who builds one."""
    buttons = [_group_button(button) for button in card.buttons]
    if card.link:
        buttons.append(_group_entry(DETAILS, "gray", {"type": "openLink", "params": {"url": card.link}}))
    return {
        "lastMessage": summary(card),
        "title": escape_line(card.title),
        "status": card.tone.value,
        "statusText": plain(card.status),
        "statusColor": _STATUS_COLOURS[card.tone],
        "body": blocks((escape(card.lead), mentions(mentioned(card)))),
        "fields": dumps([{"name": escape_line(f.name), "value": escape_line(f.value)} for f in card.fields]),
        "buttons": dumps(buttons),
        "link": card.link,
        "note": escape_line(card.note),
        "source": escape_line(card.source),
        "notice": "",
    }


def _group_button(button: Button) -> Mapping[str, Any]:
    event = {"type": "sendCardRequest", "params": {"actionId": key_of(button.command), "params": {}}}
    return _group_entry(plain(button.label), _COLOURS[button.weight], event)


def _group_entry(label: str, colour: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """One entry of a ``buttonGroup`` variable."""
    return {"text": label, "color": colour, "status": "normal", "event": event}
