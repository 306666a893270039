"""Cards to text and back, so that a repeated send is the same bytes although the ticket has moved on."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from adapters.card import Button, Card, Choice, Field, Option, Tone, Weight
from adapters.grammar import command_of, key_of
from domain.base import Account


def freeze(card: Card) -> str:
    plain = {**asdict(replace(card, buttons=())), "tone": card.tone.value, "buttons": _buttons(card)}
    del plain["more"]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def thaw(text: str) -> Card:
    plain: dict[str, Any] = json.loads(text)
    choice = plain.pop("choice")
    return Card(
        **{
            **plain,
            "tone": Tone(plain["tone"]),
            "fields": tuple(Field(**f) for f in plain["fields"]),
            "choice": _choice(choice) if choice else None,
            "buttons": tuple(
                Button(b["label"], command_of(b["key"]), Weight(b["weight"])) for b in plain["buttons"]
            ),
            "mention": tuple(Account(**a) for a in plain["mention"]),
            "mention_names": tuple(plain["mention_names"]),
        }
    )


def _buttons(card: Card) -> list[dict[str, str]]:
    return [{"label": b.label, "key": key_of(b.command), "weight": b.weight.value} for b in card.buttons]


def _choice(plain: dict[str, Any]) -> Choice:
    return Choice(**{**plain, "options": tuple(Option(**o) for o in plain["options"])})
