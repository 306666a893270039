"""Who hears of it when people are asked, one after the other, to take a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.effects import Effect
from bot.scene import Scene
from domain.base import Conversation, PersonId
from domain.dispatch.events import NobodyToAsk, OfferLapsed, OfferMade, OfferWithdrawn


async def offer_made(event: OfferMade, scene: Scene) -> Iterable[Effect]:
    return [scene.show(event.to, "offered")]


async def offer_lapsed(event: OfferLapsed, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh()]


async def offer_withdrawn(event: OfferWithdrawn, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh()]


async def nobody_to_ask(event: NobodyToAsk, scene: Scene) -> Iterable[Effect]:
    """Back to everybody: in the group, else each in private. Who has no card of it yet gets one."""
    leads = await scene.leads()
    return [
        scene.refresh(),
        *(effect for group in scene.channels for effect in scene.say(group, _to_group(group, scene))),
        *await _to_members(leads, scene),
        # Also to a lead who declined it just now: from here on it is theirs to see to.
        *(scene.show(lead, "unclaimed") for lead in leads),
    ]


def _to_group(group: Conversation, scene: Scene) -> str:
    number = scene.ticket.number
    how = f"请回复「接单 {number}」" if scene.can_press(group) else "请在自己的私聊里接单"
    return f"{number} 还没有人接单，有空的同事{how}。"


async def _to_members(leads: Sequence[PersonId], scene: Scene) -> Iterable[Effect]:
    if scene.presses_in_groups:
        return []
    number = scene.ticket.number
    text = f"{number}「{scene.ticket.title}」还没有人接单，有空的话请回复「接单 {number}」。"
    round_ = await scene.unit.rounds.of(scene.ticket.id)
    asked = round_.asked if round_ else ()
    members = [person for person in scene.servants if person not in leads]
    return [
        *(effect for person in members if person in asked for effect in scene.say(person, text)),
        *(scene.show(person, "offer") for person in members if person not in asked),
    ]
