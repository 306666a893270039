"""A draft that would bring along what others said: how much of whom, and whether it shall (flow D)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from adapters.card import Button, Card
from adapters.fit import cut
from domain.tickets.bringing import KeepOwnWords
from domain.tickets.context import NOBODY, Passage, own_words, passages_in
from domain.tickets.opening import AmendDraft, SubmitDraft
from domain.tickets.resolving import CancelTicket
from storage.queries.views import TicketView

SHOWN = 3
CHARS = 36  # of each that is shown
NOTE = "提交后服务台能看到这些话；图片和文件没有带入，平台也可能没有给全。"


def with_others_words(card: Card, ticket: TicketView) -> Card:
    passages = passages_in(ticket.text)
    own = own_words(ticket.text)
    shown = [f"{p.author or NOBODY}：{cut(p.text, CHARS)}" for p in passages[:SHOWN]]
    rest = ["…"] if len(passages) > SHOWN else []
    question = card.lead.splitlines()[-1:] if _asks(card) else []
    lead = [own] if own and own != ticket.title else []
    return replace(
        card,
        lead="\n".join([*lead, _counted(passages), *shown, *rest, *question]),
        buttons=tuple(_as_asked(b, ticket, own, len(passages)) for b in card.buttons),
        note=NOTE,
    )


def _counted(passages: Sequence[Passage]) -> str:
    """「将带入 5 条上下文（含王五 2 条）」"""
    said = Counter(p.author for p in passages if p.author)
    whose = "、".join(f"{author} {count} 条" for author, count in said.most_common(3))
    return f"将带入 {len(passages)} 条上下文" + (f"（含{whose}）" if whose else "（平台没有说是谁说的）")


def _asks(card: Card) -> bool:
    return sum(isinstance(b.command, SubmitDraft) for b in card.buttons) > 1


def _as_asked(button: Button, ticket: TicketView, own: str, count: int) -> Button:
    match button.command:
        case SubmitDraft(desk="") if button.label == "提交":
            return replace(button, label="全部带入")
        case AmendDraft() if own or count > 1:
            return Button("只带这条", KeepOwnWords(ticket.number))
        case CancelTicket():
            return replace(button, label="取消")
    return button
