"""One answer out of a reply's parts: a platform that takes one thing gets all the words in it."""

from __future__ import annotations

from dataclasses import replace

from adapters.card import Card
from adapters.chat import Reply
from adapters.fit import as_text


def with_words(card: Card, reply: Reply) -> Card:
    """The words travel in the card's small print."""
    said = [words for words in (reply.note, reply.text) if words and words not in card.note]
    return replace(card, note="\n".join(dict.fromkeys([*said, *filter(None, [card.note])])))


def words_of(reply: Reply) -> str:
    """Where no card can be shown, it becomes the words that do the same."""
    card = as_text(reply.card) if reply.card is not None else ""
    return "\n".join(dict.fromkeys(filter(None, [reply.text, reply.note, card])))
