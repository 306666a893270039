"""A card or a sentence as a group webhook can show it: words, and who is called by a real @."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

from adapters.card import Card
from adapters.fit import as_text, cut_bytes, typed
from adapters.wecom.app import WECOM
from adapters.wecom.wording import line, literal
from domain.base import Account

MAX_BYTES = 2048
# Enough for 「共 99 条提醒：」 and for the number before each entry.
_HEAD_BYTES = 40
_ENTRY_BYTES = 8
_DEAF = "（本群只收提醒，请私聊应用回复）"


@dataclass(frozen=True)
class Notice:
    """``brief`` stands in for ``text`` where several must share one message; what it lacks is behind its link."""

    text: str
    brief: str
    mention: tuple[str, ...] = ()

    @property
    def least_bytes(self) -> int:
        """The room it needs in a shared message."""
        return len(self.brief.encode()) + _ENTRY_BYTES


def of_card(card: Card) -> Notice:
    # Such a group hears nothing: a phrase that may be typed must say where.
    deaf = [_DEAF] if typed(()) in card.note else []
    called = _called(card)
    text = "\n".join([as_text(card), *called, *deaf])
    head = f"【{card.status}】{card.title}" if card.status else card.title
    brief = " ".join(filter(None, [line(head), *called, card.link]))
    return Notice(
        cut_bytes(literal(text), MAX_BYTES), cut_bytes(literal(brief), MAX_BYTES // 4), ids(card.mention)
    )


def of_text(text: str, mention: Sequence[Account]) -> Notice:
    said = literal(text)
    return Notice(said, said, ids(mention))


def ids(mention: Sequence[Account]) -> tuple[str, ...]:
    """User ids as they are spelt; never "@all", which no model of ours orders."""
    users = [account.user_id for account in mention if account.platform == WECOM]
    return tuple(dict.fromkeys(user for user in users if user and not user.startswith("@")))


def merged(notices: Sequence[Notice]) -> tuple[Notice, int]:
    """One message for the first of ``notices``, and how many of them are in it. Nobody's @ is lost."""
    if len(notices) == 1:
        return notices[0], 1
    texts = [notice.text for notice in notices]
    if _fitting(texts) < len(texts):
        texts = [notice.brief for notice in notices]
    count = max(_fitting(texts), 1)
    if count == 1:
        return notices[0], 1
    entries = [f"{number}. {text}" for number, text in enumerate(texts[:count], 1)]
    called = tuple(dict.fromkeys(user for notice in notices[:count] for user in notice.mention))
    text = "\n\n".join([f"共 {count} 条提醒：", *entries])
    return Notice(text, text, called), count


def _fitting(texts: Sequence[str]) -> int:
    sizes = accumulate((len(text.encode()) + _ENTRY_BYTES for text in texts), initial=_HEAD_BYTES)
    return sum(1 for _ in takewhile(lambda size: size <= MAX_BYTES, sizes)) - 1


def _called(card: Card) -> list[str]:
    """In one long message the real @ stand at its end, so each entry names its own people."""
    return ["请关注：" + "、".join(card.mention_names)] if card.mention_names else []
