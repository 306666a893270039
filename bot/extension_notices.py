"""Who hears of it when more time is asked for, granted or refused, and when a pause has lasted long enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.effects import Effect, Say
from bot.scene import Scene
from bot.wording import hours_word, local_time
from domain.base import PersonId
from domain.duty.leads import leads_at
from domain.sla.events import DueExtended, ExtensionAsked, ExtensionRefused, PauseEnded


async def extension_asked(event: ExtensionAsked, scene: Scene) -> Iterable[Effect]:
    """Who asked hears who decides, and when a lead decided for themselves, what it is now."""
    leads = await leads_at(scene.desk, scene.unit) if scene.desk else ()
    names = "、".join([await scene.name(lead) for lead in leads])
    text = f"{scene.ticket.number} 延期 {hours_word(event.extra)}的申请已发给 {names}，同意后生效。"
    return [
        scene.refresh(),
        *(scene.show(lead, "extension") for lead in leads),
        Say(place=event.by, text=text, ticket=scene.ticket.id),
    ]


async def due_extended(event: DueExtended, scene: Scene) -> Iterable[Effect]:
    number, until = scene.ticket.number, _until(event.due, scene)
    more = hours_word(event.wanted)
    granted = f"已把 {number}" if event.asked_by == event.by else f"{scene.who} 同意 {number}"
    return [
        scene.refresh(),
        Say(place=event.asked_by, text=f"{granted} 延期 {more}，{until}。", ticket=scene.ticket.id),
        *_others(scene, {event.asked_by, event.by}, f"{number} 延期 {more}，{until}。"),
        *scene.say(scene.ticket.requester, f"{number} 需要更多时间处理，{until}。"),
    ]


async def extension_refused(event: ExtensionRefused, scene: Scene) -> Iterable[Effect]:
    if event.by == event.asked_by:
        return [scene.refresh()]
    text = f"{scene.who} 不同意 {scene.ticket.number} 延期：{event.reason}"
    return [scene.refresh(), *scene.say(event.asked_by, text)]


async def pause_ended(event: PauseEnded, scene: Scene) -> Iterable[Effect]:
    due = local_time(event.due, scene.unit.now)
    text = (
        f"{scene.ticket.number} 等提单人回复的暂停已到上限，计时继续，{due} 解决到期。"
        f"可回复「回复 {scene.ticket.number} …」再联系一次。"
    )
    return [scene.refresh(), *scene.say(scene.ticket.assignee, text)]


def _others(scene: Scene, known: set[PersonId], text: str) -> Iterator[Effect]:
    """It may have been handed on since, or the lead granted it unasked."""
    assignee = scene.ticket.assignee
    if assignee is not None and assignee not in known:
        yield from scene.say(assignee, text)


def _until(due: datetime | None, scene: Scene) -> str:
    return f"改为 {local_time(due, scene.unit.now)} 前解决" if due else "提单人回复后接着计时"
