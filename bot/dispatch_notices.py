"""Who hears of it when people are asked, one after the other, to take a ticket."""

from __future__ import annotations

from collections.abc import Iterable

from bot.effects import Effect, Place, Say
from bot.scene import Scene
from domain.base import PersonId
from domain.dispatch.events import NobodyToAsk, OfferLapsed, OfferMade, OfferWithdrawn


async def offer_made(event: OfferMade, scene: Scene) -> Iterable[Effect]:
    return [scene.show(event.to, "offered")]


async def offer_lapsed(event: OfferLapsed, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh()]


async def offer_withdrawn(event: OfferWithdrawn, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh()]


async def nobody_to_ask(event: NobodyToAsk, scene: Scene) -> Iterable[Effect]:
    """Back to everybody: in the group, else each in private. Who has no card of it yet gets one."""
    number, title = scene.ticket.number, scene.ticket.title
    text = f"{number}「{title}」还没有人接单，有空的同事请回复「接单 {number}」。"
    places: list[Place] = [c for c in scene.channels if scene.can_press(c)]
    round_ = await scene.unit.rounds.of(scene.ticket.id)
    asked = round_.asked if round_ else ()
    members = [] if places else [p for p in scene.servants if p != scene.lead]
    return [
        scene.refresh(),
        *(effect for place in places for effect in scene.say(place, text)),
        *(effect for p in members if p in asked for effect in scene.say(p, text)),
        *(scene.show(p, "offer") for p in members if p not in asked),
        *await _lead_hears(event, asked, scene),
    ]


async def _lead_hears(event: NobodyToAsk, asked: Iterable[PersonId], scene: Scene) -> Iterable[Effect]:
    number = scene.ticket.number
    names = "、".join([await scene.name(person) for person in asked])
    why = f"已问过 {names}，都没有接" if names else "现在没有可以派的人"
    text = f"{number}「{scene.ticket.title}」{why}，已放回待接单。可回复「指派 {number} @姓名」。"
    # Also to a lead who declined it just now: from here on it is theirs to see to.
    return [Say(place=scene.lead, text=text, ticket=scene.ticket.id)] if scene.lead else []
