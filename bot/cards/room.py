"""The first message in a war room: what it is about, who has it, until when, and how to go on."""

from __future__ import annotations

from adapters.card import Card, Field
from bot.cards.facts import Facts
from bot.wording import state_tone, state_word
from domain.base import PersonId
from domain.tickets.states import UNFINISHED


def staff_room_card(facts: Facts, viewer: PersonId | None) -> Card:
    ticket, number = facts.ticket, facts.ticket.number
    late = "·已超时" if facts.is_late and ticket.state in UNFINISHED else ""
    return Card(
        title=f"{number} {ticket.title}",
        status=state_word(ticket.state) + late,
        tone=state_tone(ticket.state),
        lead=facts.body,
        fields=(
            Field("提单人", ticket.requester.name),
            facts.owner(),
            facts.priority(),
            *facts.due(),
            *facts.place(),
            *facts.affected(),
        ),
        link=facts.link,
        note=f"进展会发到本群；操作请私聊应用，例如「接单 {number}」「备注 {number} 内容」「解决 {number} 结果」。",
        source=ticket.desk.name if ticket.desk else "派单",
    )
