"""接单/拒单 for the one person who is being asked, and what the card says when their time is over."""

from __future__ import annotations

from dataclasses import replace

from adapters.card import Button, Card, Tone, Weight
from bot.cards.facts import Facts
from bot.cards.unclaimed import refused
from bot.wording import card_time, duration_word
from domain.base import PersonId
from domain.dispatch.round import Offer
from domain.tickets.assigning import AcceptTicket, DeclineTicket
from domain.tickets.looking import ShowMoves
from domain.tickets.states import State


def offered(facts: Facts, viewer: PersonId | None, pool: Card) -> Card:
    """``pool`` is what any member of the desk would see: a late 接单 is as good as an early one."""
    offer = facts.ticket.offer
    if facts.ticket.state is not State.OPEN:
        return pool
    if offer is None or offer.to != viewer:
        return replace(pool, lead="\n".join(filter(None, (pool.lead, _passed(offer)))))
    return _question(facts, offer, pool)


def _passed(offer: Offer | None) -> str:
    """In the lead, not the note: it may become untrue, and then the card has to be painted again."""
    where = "已转给下一位" if offer else "已放回待接单"
    return f"这张单{where}，还没有人接；您仍然可以接单。"


def _question(facts: Facts, offer: Offer, pool: Card) -> Card:
    number = facts.ticket.number
    span = duration_word(offer.until - offer.at)
    return replace(
        pool,
        status="请您接单",
        tone=Tone.WAITING,
        lead="\n".join(filter(None, (pool.lead, *refused(facts)))),
        buttons=(
            Button("接单", AcceptTicket(number), Weight.PRIMARY),
            Button("拒单", DeclineTicket(number)),
            Button("更多", ShowMoves(number)),
        ),
        note=f"{span}内（{card_time(offer.until)} 前）未接会转给下一位；拒单请写原因。",
    )
