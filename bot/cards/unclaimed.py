"""For the lead, when all were asked and nobody took it: who was asked, who said no and why, and 指派."""

from __future__ import annotations

from dataclasses import replace

from adapters.card import Button, Card, Field, Tone, Weight
from bot.cards.facts import Facts
from domain.tickets.assigning import AcceptTicket, AssignTicket
from domain.tickets.looking import ShowMoves
from domain.tickets.states import State
from domain.tickets.transferring import TransferTicket


def unclaimed(facts: Facts, pool: Card) -> Card:
    """``pool`` is what any member of the desk would see: what it is again when somebody has it, or is asked."""
    ticket = facts.ticket
    if ticket.state is not State.OPEN or ticket.offer is not None:
        return pool
    return replace(
        pool,
        status="没有人接单",
        tone=Tone.LATE,
        lead="\n".join(filter(None, (facts.body, _asked(facts), *refused(facts)))),
        fields=(*pool.fields, *_declines(facts)),
        buttons=(
            Button("指派", AssignTicket(ticket.number), Weight.PRIMARY),
            Button("接单", AcceptTicket(ticket.number)),
            Button("转派", TransferTicket(ticket.number)),
            Button("更多", ShowMoves(ticket.number)),
        ),
        note=f"已放回待接单，由您安排；也可回复「指派 {ticket.number} @姓名」。",
    )


def refused(facts: Facts) -> tuple[str, ...]:
    """The newest last, next to the buttons."""
    return tuple(f"{refusal.name} 拒单：{refusal.reason}" for refusal in facts.ticket.refusals)


def _asked(facts: Facts) -> str:
    names = "、".join(person.name for person in facts.ticket.asked)
    return f"已问过 {names}，都没有接。" if names else "现在没有可以派的人。"


def _declines(facts: Facts) -> tuple[Field, ...]:
    return (Field("拒单", f"{facts.ticket.declines} 次"),) if facts.ticket.declines else ()
