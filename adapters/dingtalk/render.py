"""A fitted ``Card`` into what DingTalk shows: variables of a card template, or a markdown message.

Three looks: the public template that needs no set-up, a template of the customer's own, and text whose
"buttons" are links. Cards keep the look they were made with, also when the configuration changes later,
since the template of a card that is out can't be changed; so the look is written into the card's id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from adapters.card import Card, Field, Tone
from adapters.dingtalk import markdown
from adapters.dingtalk.markdown import blocks, escape, escape_line, plain
from adapters.fit import cut
from adapters.grammar import phrase_of
from domain.base import Account

Variables = Mapping[str, str]


class Look(Enum):
    """The letter in the ids of its cards."""

    BUILTIN = "b"
    TEMPLATE = "t"
    TEXT = "x"


@dataclass(frozen=True)
class Markdown:
    """A message with a title for the chat list."""

    title: str
    text: str


_MARKS = {
    Tone.NEUTRAL: "⚪",
    Tone.ACTIVE: "🔵",
    Tone.WAITING: "🟠",
    Tone.DONE: "🟢",
    Tone.LATE: "🔴",
    Tone.MUTED: "⚪",
}
DETAILS = "查看详情"
_UNSAFE = "内容未通过钉钉的安全检查，请在网页中查看。"


def look_of_config(card: str) -> Look:
    return {"builtin": Look.BUILTIN, "text": Look.TEXT}.get(card, Look.TEMPLATE)


def out_track_id(look: Look, key: str) -> str:
    """The card's own id and its idempotency key: the same ``key`` makes the same card (§4.1; ≤ 64)."""
    return f"paidan-{look.value}-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def look_of(handle: str) -> Look:
    letter = handle.removeprefix("paidan-")[:1]
    return next((look for look in Look if look.value == letter), Look.BUILTIN)


def summary(card: Card) -> str:
    """What the chat list shows of a card."""
    title = plain(card.title)
    return f"【{plain(card.status)}】{title}" if card.status else title


def headline(card: Card) -> str:
    return f"{_MARKS[card.tone]} **{escape_line(card.status)}**" if card.status else ""


def field_lines(card: Card) -> str:
    return "\n".join(f"- **{escape_line(f.name)}**：{escape_line(f.value)}" for f in card.fields)


def mentioned(card: Card) -> tuple[tuple[Account, str], ...]:
    names = card.mention_names + tuple(who.user_id for who in card.mention[len(card.mention_names) :])
    pairs = zip(card.mention, names, strict=False)
    return tuple((who, name) for who, name in pairs if markdown.can_mention(who))


def tips(card: Card) -> str:
    """The small print. Whether the public template reads markdown in it nobody says, so it gets none."""
    return " · ".join(escape_line(text) for text in (card.source, card.note) if text)


def as_markdown(card: Card) -> Markdown:
    """The text look: every button is a link that says its phrase."""
    buttons = " · ".join(markdown.saying(b.label, phrase_of(b.command)) for b in card.buttons)
    text = blocks(
        (
            f"### {escape_line(summary(card))}",
            escape(card.lead),
            field_lines(card),
            f"> {escape_line(card.note)}" if card.note else "",
            buttons,
            markdown.link(DETAILS, card.link) if card.link else "",
        )
    )
    return Markdown(summary(card), text)


def smaller(card: Card) -> Card:
    """Half a kilobyte at most, for a server that takes no more (§4.1: 1 KB documented, more in practice)."""
    fields = tuple(Field(field.name, cut(field.value, 12)) for field in card.fields[:4])
    return replace(card, lead=cut(card.lead, 60), fields=fields, note=cut(card.note, 60))


def neutral(card: Card) -> Card:
    """No word that a person wrote: the platform refused one of them and does not say which."""
    number = re.match(r"[A-Z]{1,8}-\d+", card.title)
    return replace(card, title=number.group() if number else "工单", lead=_UNSAFE, fields=(), note="")
