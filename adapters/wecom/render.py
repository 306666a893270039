"""A fitted card as a template card (documents 90236 and 94888), one small function a part.

Nothing is dropped silently here: what does not fit is a bug and asserts; where the page merely recommends a
length, text is cut with an ellipsis.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.card import Button, Card, Choice, Field, Tone, Weight
from adapters.chat import Capabilities, Edits
from adapters.fit import as_text, cut, fit
from adapters.grammar import key_of
from adapters.wecom.wording import line, lines, literal

Json = dict[str, Any]

MAX_BUTTONS = 6
MAX_FIELDS = 6
MAX_OPTIONS = 10
MAX_KEY_BYTES = 1024
MAX_OPTION_ID_BYTES = 128
MAX_TASK_ID_BYTES = 128
MAX_TEXT_BYTES = 2048
SOURCE_CHARS = 20
OPTION_CHARS = 16
QUOTE_CHARS = 240  # the page names no limit; about eight lines on a phone

CARD = Capabilities(
    edits=Edits.GRANTED,
    buttons=MAX_BUTTONS,
    fields=MAX_FIELDS,
    choices=True,
    title_chars=36,
    lead_chars=160,
    field_name_chars=5,
    field_value_chars=30,
    button_chars=10,
    text_bytes=MAX_TEXT_BYTES,
)

_COLOURS: Mapping[Tone, int] = {  # 0 grey · 1 black · 2 red · 3 green
    Tone.NEUTRAL: 0,
    Tone.ACTIVE: 1,
    Tone.WAITING: 1,
    Tone.DONE: 3,
    Tone.LATE: 2,
    Tone.MUTED: 0,
}
_STYLES: Mapping[Weight, int] = {Weight.PRIMARY: 1, Weight.NORMAL: 2, Weight.DANGER: 3}
UNTITLED = "（无标题）"
_LEGAL_TASK_ID = re.compile(rf"[0-9A-Za-z_\-@]{{1,{MAX_TASK_ID_BYTES}}}")


def task_id_of(key: str) -> str:
    """The same for the same effect, so that a repeated card is the same card; unique within the application."""
    return key if _LEGAL_TASK_ID.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()


def message(card: Card, task_id: str) -> Json:
    """The part of ``message/send`` that shows ``card``: buttons, else a notice, else words.

    A notice must lead somewhere (``card_action`` is required), hence a card with neither is a text.
    """
    if card.buttons:
        return _template({"card_type": "button_interaction"}, card, task_id)
    if card.link:
        return _template({"card_type": "text_notice"}, card, task_id)
    return {"msgtype": "text", "text": {"content": literal(as_text(card))}}


def update(card: Card) -> Json:
    """What a card becomes. The old task_id stays; the examples of 94888 leave it out.

    Without buttons it stays a button card with one grey label, because a notice could never change again.
    """
    shape = {"card_type": "button_interaction", **_parts(card)}
    if not card.buttons:
        shape["button_list"] = [{"text": _closing(card), "style": 4, "key": "help"}]
        shape["replace_text"] = _closing(card)
    return shape


def showable(card: Card) -> Card:
    """``card`` within WeCom's limits, those included that ``fit`` has no word for."""
    can_choose = card.choice is not None and 0 < len(card.choice.options) <= MAX_OPTIONS
    # What somebody typed may be nothing but characters that can't travel, and a card without title is refused.
    title = card.title if line(card.title) else UNTITLED
    return fit(replace(card, title=title), replace(CARD, choices=can_choose))


def _template(shape: Json, card: Card, task_id: str) -> Json:
    return {"msgtype": "template_card", "template_card": {**shape, **_parts(card), "task_id": task_id}}


def _parts(card: Card) -> Json:
    parts = {
        "source": _source(card),
        "main_title": {"title": _title(card.title)},
        "quote_area": _quote(card.note),
        "sub_title_text": lines(card.lead),
        "horizontal_content_list": _rows(card),
        "card_action": {"type": 1, "url": card.link} if card.link else {},
        "button_selection": _selection(card.choice) if card.choice else {},
        "button_list": _buttons(card.buttons),
    }
    return {name: part for name, part in parts.items() if part}


def _title(title: str) -> str:
    shown = line(title)
    assert 0 < len(shown) <= CARD.title_chars, title
    return shown


def _source(card: Card) -> Json:
    """The desk and the status tag: the only coloured words of a template card."""
    status = line(card.status)
    room = SOURCE_CHARS - len(status) - len(" · ")
    source = cut(line(card.source), room) if room > 1 else ""
    desc = " · ".join(filter(None, (source, cut(status, SOURCE_CHARS))))
    return {"desc": desc, "desc_color": _COLOURS[card.tone]} if desc else {}


def _quote(note: str) -> Json:
    return {"type": 0, "quote_text": cut(lines(note), QUOTE_CHARS)} if note else {}


def _rows(card: Card) -> list[Json]:
    assert len(card.fields) <= MAX_FIELDS, "fit() leaves six fields"
    rows = [_row(field) for field in card.fields]
    if card.link and len(rows) < MAX_FIELDS:
        rows.append({"keyname": "详情", "value": "打开工单", "type": 1, "url": card.link})
    return rows


def _row(field: Field) -> Json:
    name, value = line(field.name), line(field.value)
    assert 0 < len(name) <= CARD.field_name_chars, field
    assert len(value) <= CARD.field_value_chars, field
    return {"keyname": name, "value": value} if value else {"keyname": name}


def _buttons(buttons: tuple[Button, ...]) -> list[Json]:
    assert len(buttons) <= MAX_BUTTONS, "fit() leaves six buttons"
    listed = [_button(button) for button in buttons]
    assert len({button["key"] for button in listed}) == len(listed), "two buttons say the same"
    return listed


def _button(button: Button) -> Json:
    text, key = line(button.label), key_of(button.command)
    assert 0 < len(text) <= CARD.button_chars, button
    assert len(key.encode()) <= MAX_KEY_BYTES, button
    return {"text": text, "style": _STYLES[button.weight], "key": key}


def _selection(choice: Choice) -> Json:
    assert 0 < len(choice.options) <= MAX_OPTIONS, "showable() leaves ten options"
    assert all(len(option.id.encode()) <= MAX_OPTION_ID_BYTES for option in choice.options), choice
    options = [{"id": option.id, "text": cut(line(option.label), OPTION_CHARS)} for option in choice.options]
    picked = {"selected_id": choice.chosen} if choice.chosen else {}
    return {"question_key": choice.key, "title": line(choice.label), "option_list": options, **picked}


def _closing(card: Card) -> str:
    return cut(line(card.status), CARD.button_chars) or "已处理"
