"""Other people's messages that a ticket's text carries below its author's own words, one a line (flow D).

They stay text: whoever reads the ticket, on whatever page, reads them without knowing of this module.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

NOBODY = "（未显示姓名）"  # the platform passes on the words and not whose they are
MOST_PASSAGES = 20
MOST_CHARS = 200  # of one passage

_MARK = re.compile(r"^── 转发 \d+ 条 ──$", re.MULTILINE)


@dataclass(frozen=True)
class Passage:
    """One message. ``author`` is "" where the platform does not say."""

    author: str
    text: str


def with_context(own: str, passages: Sequence[Passage]) -> str:
    """``own`` words first; of too many passages the last ones, which are nearest to what is asked."""
    kept = passages[-MOST_PASSAGES:]
    left_out = [f"（更早的 {len(passages) - len(kept)} 条没有带入）"] if len(kept) < len(passages) else []
    head = [own.strip()] if own.strip() else []
    return "\n".join([*head, f"── 转发 {len(kept)} 条 ──", *left_out, *map(_line, kept)])


def own_words(text: str) -> str:
    found = _MARK.search(text)
    return text[: found.start()].strip() if found else text


def has_context(text: str) -> bool:
    return _MARK.search(text) is not None


def passages_in(text: str) -> tuple[Passage, ...]:
    found = _MARK.search(text)
    lines = text[found.end() :].strip().splitlines() if found else []
    parts = [line.partition("：") for line in lines]
    return tuple(Passage("" if who == NOBODY else who, said) for who, colon, said in parts if colon)


def more_words(text: str, more: str) -> str:
    """What the author goes on saying stays above what they brought along."""
    own = "\n".join(filter(None, (own_words(text), more)))
    found = _MARK.search(text)
    return f"{own}\n{text[found.start() :]}" if found else own


def title_line(text: str) -> str:
    """What the text is about: the author's first words, else the first that were passed on."""
    passages = passages_in(text)
    own = own_words(text).strip()
    return own or (passages[0].text if passages else text)


def _line(passage: Passage) -> str:
    words = " ".join(passage.text.split())
    cut = words if len(words) <= MOST_CHARS else words[: MOST_CHARS - 1] + "…"
    return f"{passage.author.replace('：', ' ').strip() or NOBODY}：{cut}"
