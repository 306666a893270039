"""One shift for another person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.card import Button, Card, Field, Tone, Weight
from bot.cards.duty.rows import SOURCE
from domain.duty.swap import Offer
from domain.duty.swapping import AcceptSwap, DeclineSwap


@dataclass(frozen=True)
class SwapFacts:
    id: int
    giver: str
    taker: str
    begin: str  # 「3月4日 周三 09:00」
    end: str
    desk: str
    state: Offer
    role: str  # "giver", "taker" or "lead"


def swap_card(facts: SwapFacts) -> Card:
    asked = facts.state is Offer.ASKED
    buttons: Sequence[Button] = ()
    if asked and facts.role == "taker":
        buttons = (
            Button("接受", AcceptSwap(facts.id), Weight.PRIMARY),
            Button("谢绝", DeclineSwap(facts.id)),
        )
    elif asked and facts.role == "giver":
        buttons = (Button("撤回", DeclineSwap(facts.id)),)
    status, tone = _SWAPS[facts.state]
    return Card(
        title=f"{facts.giver} 想把班换给{'您' if facts.role == 'taker' else facts.taker}",
        status=status,
        tone=tone,
        lead=f"{'您' if facts.role == 'taker' else '对方'}接受之前，班表不变。" if asked else "",
        fields=(Field("从", facts.begin), Field("到", facts.end), Field("服务台", facts.desk)),
        buttons=tuple(buttons),
        source=f"{SOURCE} · 换班",
    )


_SWAPS: Mapping[Offer, tuple[str, Tone]] = {
    Offer.ASKED: ("待答复", Tone.WAITING),
    Offer.ACCEPTED: ("已换班", Tone.DONE),
    Offer.DECLINED: ("已谢绝", Tone.MUTED),
    Offer.WITHDRAWN: ("已撤回", Tone.MUTED),
    Offer.LAPSED: ("没有生效", Tone.MUTED),
}
