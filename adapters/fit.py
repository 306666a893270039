"""The only downgrade: a card that says more than a conversation can show becomes one that fits.

Pure, so that it is tested as a table without any platform. Renderers may rely on the result.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.card import Button, Card, Field
from adapters.chat import Capabilities
from adapters.grammar import phrase_of

ELLIPSIS = "…"


def fit(card: Card, can: Capabilities) -> Card:
    """``card`` cut to ``can``: choices become hints, surplus buttons become phrases, long texts are cut."""
    if not can.choices and card.choice is not None:
        card = replace(card, choice=None, note=_join(card.note, card.choice.hint))
    if len(card.buttons) > can.buttons:
        card = _fewer_buttons(card, can.buttons)
    return replace(
        card,
        title=cut(card.title, can.title_chars),
        lead=cut(card.lead, can.lead_chars),
        fields=tuple(_fit_field(field, can) for field in card.fields[: can.fields]),
        buttons=tuple(replace(b, label=cut(b.label, can.button_chars)) for b in card.buttons),
        mention=card.mention if can.mentions else (),
        mention_names=card.mention_names if can.mentions else (),
        more=None,
    )


def as_text(card: Card) -> str:
    """The floor: the whole card as lines, with a phrase for every button."""
    head = f"【{card.status}】{card.title}" if card.status else card.title
    fields = [f"{field.name}：{field.value}" for field in card.fields]
    choice = [card.choice.hint] if card.choice and card.choice.hint else []
    phrases = [typed(card.buttons)] if card.buttons else []
    link = [f"详情：{card.link}"] if card.link else []
    return "\n".join(filter(None, [head, card.lead, *fields, *choice, card.note, *phrases, *link]))


def typed(buttons: tuple[Button, ...]) -> str:
    """「回复：接单 IT-1042」, one phrase a button."""
    return "可回复：" + " · ".join(f"「{phrase_of(button.command)}」" for button in buttons)


def cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: max(chars - 1, 0)] + ELLIPSIS


def cut_bytes(text: str, limit: int) -> str:
    """At most ``limit`` bytes of UTF-8, cut between characters."""
    if len(text.encode()) <= limit:
        return text
    room = limit - len(ELLIPSIS.encode())
    return text.encode()[:room].decode(errors="ignore") + ELLIPSIS


def split_bytes(text: str, limit: int) -> list[str]:
    """Pieces of at most ``limit`` bytes, broken at line ends where possible, else between characters."""
    pieces: list[str] = []
    rest = text
    while len(rest.encode()) > limit:
        head = rest.encode()[:limit].decode(errors="ignore")
        line_end = head.rfind("\n")
        head = head[: line_end + 1] if line_end > len(head) // 2 else head
        pieces.append(head.rstrip("\n"))
        rest = rest[len(head) :]
    return [*pieces, rest] if rest or not pieces else pieces


def _fewer_buttons(card: Card, room: int) -> Card:
    if card.more is not None and room > 1:
        following = replace(card.more, skip=card.more.skip + room - 1)
        return replace(card, buttons=(*card.buttons[: room - 1], Button("更多", following)))
    kept, dropped = card.buttons[:room], card.buttons[room:]
    return replace(card, buttons=kept, note=_join(card.note, typed(dropped)))


def _fit_field(field: Field, can: Capabilities) -> Field:
    return Field(cut(field.name, can.field_name_chars), cut(field.value, can.field_value_chars))


def _join(first: str, second: str) -> str:
    return "\n".join(filter(None, (first, second)))
