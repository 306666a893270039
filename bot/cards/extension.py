"""同意/不同意: what the lead is asked about more time, and what became of it."""

from __future__ import annotations

from adapters.card import Button, Card, Field, Tone, Weight
from bot.cards.facts import Due, Facts, Wish
from bot.wording import card_time, hours_word, state_tone, state_word
from domain.base import PersonId
from domain.sla.extending import GrantExtension, RefuseExtension
from domain.sla.policy import Goal
from domain.tickets.looking import ExplainDue
from domain.tickets.states import UNFINISHED

PAUSED = "等提单人回复，计时暂停"


def extension_card(facts: Facts, viewer: PersonId | None) -> Card:
    due = facts.dues.get(Goal.RESOLVE)
    if due is None or due.wish is None or facts.ticket.state not in UNFINISHED:
        return _answered(facts, due)
    return _question(facts, due, due.wish)


def _question(facts: Facts, due: Due, wish: Wish) -> Card:
    number = facts.ticket.number
    return Card(
        title=f"{number} {facts.ticket.title}",
        status="申请延期",
        tone=Tone.WAITING,
        lead=f"{wish.by} 申请延期 {hours_word(wish.extra)}：{wish.why}",
        fields=(
            facts.owner(),
            facts.priority(),
            Field("现在到期", _time(due) + ("（已超时）" if due.breached else "")),
            Field("同意后", card_time(wish.until) if wish.until else "回复后接着计时"),
        ),
        buttons=(
            Button("同意", GrantExtension(number), Weight.PRIMARY),
            Button("不同意", RefuseExtension(number)),
            Button("时限说明", ExplainDue(number)),
        ),
        link=facts.link,
        source="SLA 延期",
    )


def _answered(facts: Facts, due: Due | None) -> Card:
    state = facts.ticket.state
    return Card(
        title=f"{facts.ticket.number} {facts.ticket.title}",
        status="已答复" if state in UNFINISHED else state_word(state),
        tone=Tone.MUTED if state in UNFINISHED else state_tone(state),
        lead="这次延期申请已经处理完了。",
        fields=(facts.owner(), *((Field("到期", _time(due)),) if due else ())),
        link=facts.link,
        source="SLA 延期",
    )


def _time(due: Due) -> str:
    return card_time(due.at) if due.at else PAUSED
