"""Event -> effects: who hears of what, and where. No effect is performed here.

Groups see number, title, state and owner; talk, questions and results go to people in private (rule G6).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.call_notices import CALL_TELLERS
from bot.dispatch_notices import nobody_to_ask, offer_lapsed, offer_made, offer_withdrawn
from bot.effects import Effect, Say
from bot.extension_notices import due_extended, extension_asked, extension_refused, pause_ended
from bot.files.notices import FILE_TELLERS
from bot.rooms.notices import ROOM_TELLERS, room_news
from bot.scene import Scene, offer_to_pool
from bot.unit import Unit
from bot.wording import priority_word
from domain.base import CLOCK, Conversation, Event
from domain.dispatch.events import NobodyToAsk, OfferLapsed, OfferMade, OfferWithdrawn
from domain.sla.events import (
    DueExtended,
    DueRecounted,
    EscalationTakenOver,
    ExtensionAsked,
    ExtensionRefused,
    PauseEnded,
)
from domain.tickets import events as happened
from domain.tickets.ticket import Ticket

MANY_AFFECTED = 5  # people with the same trouble; from here on it may be a major incident
BOUNCED_OFTEN = 3  # flow G: from the third transfer on, the lead hears of it


async def notices(
    ticket: Ticket,
    event: Event,
    unit: Unit,
    can_press: Callable[[Conversation], bool],
    insist_at: int = 0,
) -> list[Effect]:
    desk = await unit.desks.get(ticket.desk) if ticket.desk else None
    scene = Scene(ticket, desk, unit, can_press, insist_at)
    teller = TELLERS.get(type(event))
    effects = list(await teller(event, scene)) if teller else []
    return [*effects, *await room_news(event, scene)]


# ── drafts and opening ──


async def _draft_started(event: happened.DraftStarted, scene: Scene) -> Iterable[Effect]:
    """What was begun in a group is read and agreed to in private."""
    origin = scene.ticket.origin
    return [scene.show(origin if origin.kind == "direct" else scene.ticket.requester, "requester")]


async def _draft_amended(event: happened.DraftAmended, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh()]


async def _context_dropped(event: happened.ContextDropped, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh()]


async def _draft_reminded(event: happened.DraftReminded, scene: Scene) -> Iterable[Effect]:
    text = f"您昨天写的「{scene.ticket.title}」还没有提交。要提交请按卡片上的按钮，不需要了可以撤销。"
    return [*scene.say(scene.ticket.requester, text), scene.show(scene.ticket.requester, "requester")]


async def _opened(event: happened.TicketOpened, scene: Scene) -> Iterable[Effect]:
    # The draft's card becomes the receipt; without a draft there is none yet.
    receipt = scene.show(scene.ticket.requester, "requester") if event.at_once else scene.refresh()
    return [*await _announced(scene), receipt, *await offer_to_pool(scene)]


async def _announced(scene: Scene) -> Iterable[Effect]:
    """One line in the group where it was said (flow E), with +1 where a card can be pressed."""
    origin = scene.ticket.origin
    if origin.kind != "group":
        return []
    if scene.can_press(origin) and origin not in scene.channels:
        return [scene.show(origin, "origin")]
    name = await scene.name(scene.ticket.requester)
    return [
        Say(
            place=origin, text=f"已为 {name} 建单 {scene.ticket.number}，详情已私聊。", ticket=scene.ticket.id
        )
    ]


async def _joined(event: happened.TicketJoined, scene: Scene) -> Iterable[Effect]:
    """Once, when it is many: whoever looks at a card sees the number anyway."""
    if event.affected != MANY_AFFECTED:
        return [scene.refresh()]
    text = (
        f"⚠️ 已有 {event.affected} 人遇到 {scene.ticket.number}「{scene.ticket.title}」。"
        f"如是大面积故障，可回复「优先级 {scene.ticket.number} P1」。"
    )
    hearers = dict.fromkeys([scene.ticket.assignee, *await scene.leads()])
    return [scene.refresh(), *(effect for person in hearers for effect in scene.say(person, text))]


async def _words_added(event: happened.WordsAdded, scene: Scene) -> Iterable[Effect]:
    """In the group it is said where the words went, and how they are kept apart (flow E)."""
    ticket = scene.ticket
    told = scene.say(ticket.assignee, f"{scene.who} 补充 {ticket.number}：{event.text}")
    return [*told, *_gone_to(ticket), scene.refresh()]


def _gone_to(ticket: Ticket) -> list[Effect]:
    if ticket.origin.kind != "group":
        return []
    text = f"已补充到 {ticket.number}。如果是另一件事，请用「报修 …」另提一单。"
    return [Say(place=ticket.origin, text=text, ticket=ticket.id, row=ticket.number)]


# ── who has it ──


async def _accepted(event: happened.TicketAccepted, scene: Scene) -> Iterable[Effect]:
    return [
        scene.refresh(),
        scene.show(event.by, "work"),
        *scene.say(scene.ticket.requester, f"{scene.who} 已接单 {scene.ticket.number}，正在处理。"),
        *_tell_followers(scene, f"{scene.who} 已接单 {scene.ticket.number}。"),
    ]


async def _declined(event: happened.TicketDeclined, scene: Scene) -> Iterable[Effect]:
    often = f"（第 {scene.ticket.declines} 次被拒单）" if scene.ticket.declines > 1 else ""
    text = f"{scene.who} 拒单 {scene.ticket.number}{often}：{event.reason}"
    return [scene.refresh(), *(effect for lead in await scene.leads() for effect in scene.say(lead, text))]


async def _assigned(event: happened.TicketAssigned, scene: Scene) -> Iterable[Effect]:
    name = await scene.name(event.to)
    return [
        scene.refresh(),
        scene.show(event.to, "work"),
        *scene.say(scene.ticket.requester, f"{scene.ticket.number} 已指派给 {name}。"),
    ]


async def _handed_over(event: happened.TicketHandedOver, scene: Scene) -> Iterable[Effect]:
    """The new one gets one card about all of it (``bot.duty_notices``), not one for each ticket."""
    name = await scene.name(event.to)
    return [
        scene.refresh(),
        *scene.say(scene.ticket.requester, f"{scene.ticket.number} 现由 {name} 处理（{event.reason}）。"),
    ]


async def _released(event: happened.TicketReleased, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh(), *await offer_to_pool(scene)]


async def _transfer_offered(event: happened.TransferOffered, scene: Scene) -> Iterable[Effect]:
    return [scene.refresh(), scene.show(event.to, "handover")]


async def _transfer_accepted(event: happened.TransferAccepted, scene: Scene) -> Iterable[Effect]:
    ticket = scene.ticket
    return [
        scene.refresh(),
        scene.show(event.by, "work"),
        *scene.say(event.previous, f"{scene.who} 已接受您转派的 {ticket.number}。"),
        *scene.say(ticket.requester, f"{ticket.number} 已转由 {scene.who} 处理。"),
        *await _bounced(scene),
    ]


async def _bounced(scene: Scene) -> list[Effect]:
    ticket = scene.ticket
    if ticket.transfers < BOUNCED_OFTEN:
        return []
    text = f"{ticket.number}「{ticket.title}」已被转派 {ticket.transfers} 次，请关注。"
    return [effect for lead in await scene.leads() for effect in scene.say(lead, text)]


async def _transfer_returned(event: happened.TransferReturned, scene: Scene) -> Iterable[Effect]:
    name = await scene.name(event.to)
    text = f"{name} 退回了 {scene.ticket.number} 的转派：{event.reason or '未说明原因'}"
    in_time = event.by != CLOCK.person
    return [
        scene.refresh(),
        *scene.say(scene.ticket.assignee, text),
        *(() if in_time else scene.say(scene.lead, text)),
    ]


async def _desk_changed(event: happened.DeskChanged, scene: Scene) -> Iterable[Effect]:
    desk = scene.desk.name if scene.desk else ""
    if event.by == CLOCK.person and event.at == scene.ticket.opened_at:
        return []  # filed by a rule as it came in: the opening's own notices show it there
    return [
        scene.refresh(),
        *await offer_to_pool(scene),
        *scene.say(scene.ticket.requester, f"{scene.ticket.number} 已转到「{desk}」，等待接单。"),
        *await _bounced(scene),
    ]


# ── talking ──


async def _asked(event: happened.QuestionAsked, scene: Scene) -> Iterable[Effect]:
    return [scene.show(scene.ticket.requester, "requester"), scene.refresh()]


async def _reminded(event: happened.RequesterReminded, scene: Scene) -> Iterable[Effect]:
    return [scene.show(scene.ticket.requester, "requester")]


async def _answered(event: happened.QuestionAnswered, scene: Scene) -> Iterable[Effect]:
    text = f"{scene.who} 回复了 {scene.ticket.number}：{event.text}"
    return [scene.refresh(), *scene.say(scene.ticket.assignee, text)]


async def _commented(event: happened.CommentAdded, scene: Scene) -> Iterable[Effect]:
    ticket = scene.ticket
    if event.internal:
        return scene.say(ticket.assignee, f"{ticket.number} 内部备注（{scene.who}）：{event.text}")
    text = f"{scene.who} 在 {ticket.number} 留言：{event.text}"
    hearers = dict.fromkeys([ticket.requester, ticket.assignee, *sorted(ticket.followers)])
    return [effect for hearer in hearers for effect in scene.say(hearer, text)]


# ── the end ──


async def _resolved(event: happened.TicketResolved, scene: Scene) -> Iterable[Effect]:
    return [
        scene.show(scene.ticket.requester, "requester"),
        scene.refresh(),
        *_tell_followers(scene, f"{scene.ticket.number} 已解决：{event.result}"),
    ]


async def _confirmed(event: happened.ResolutionConfirmed, scene: Scene) -> Iterable[Effect]:
    text = f"{scene.who} 已确认 {scene.ticket.number} 解决，工单关闭。"
    return [scene.refresh(), *scene.say(scene.ticket.assignee, text)]


async def _reopened(event: happened.TicketReopened, scene: Scene) -> Iterable[Effect]:
    text = f"{scene.who} 重开了 {scene.ticket.number}：{event.reason or '问题仍在'}"
    if scene.ticket.assignee is None:
        return [scene.refresh(), *await offer_to_pool(scene)]
    return [
        scene.refresh(),
        scene.show(scene.ticket.assignee, "work"),
        *scene.say(scene.ticket.assignee, text),
        *scene.say(scene.ticket.requester, text),
    ]


async def _cancelled(event: happened.TicketCancelled, scene: Scene) -> Iterable[Effect]:
    text = f"{scene.ticket.number} 已由 {scene.who} 撤销。"
    return [
        scene.refresh(),
        *scene.say(scene.ticket.assignee, text),
        *scene.say(scene.ticket.requester, text),
    ]


async def _closed(event: happened.TicketClosed, scene: Scene) -> Iterable[Effect]:
    text = f"{scene.ticket.number} 已关闭：{event.reason or '由' + scene.who + '关闭'}"
    return [
        scene.refresh(),
        *scene.say(scene.ticket.requester, f"{text}。如未解决，7 天内可回复「重开 {scene.ticket.number}」。"),
        *scene.say(scene.ticket.assignee, text),
    ]


# ── steering ──


async def _priority_changed(event: happened.PriorityChanged, scene: Scene) -> Iterable[Effect]:
    text = f"{scene.ticket.number} 的优先级改为{priority_word(event.after)}（{scene.who}）。"
    return [scene.refresh(), *scene.say(scene.ticket.assignee, text)]


async def _urged(event: happened.TicketUrged, scene: Scene) -> Iterable[Effect]:
    number, times = scene.ticket.number, f"（第 {event.times} 次）"
    text = f"{scene.who} 催办 {number}「{scene.ticket.title}」{times}"
    if scene.ticket.assignee is not None:
        return scene.say(scene.ticket.assignee, text)
    if not scene.channels:
        return [
            effect for person in scene.servants for effect in scene.say(person, f"{text}，还没有人接单。")
        ]
    # Its card is there; what it is about need not be said before everybody again (rule G6).
    aloud = f"{scene.who} 催办 {number}{times}，还没有人接单。"
    return [effect for group in scene.channels for effect in scene.say(group, aloud)]


def _tell_followers(scene: Scene, text: str) -> Iterator[Effect]:
    hearers = scene.ticket.followers | scene.ticket.affected
    for person in sorted(hearers - {scene.ticket.requester}):
        yield from scene.say(person, text)


# ── the clock ──


async def _taken_over(event: EscalationTakenOver, scene: Scene) -> Iterable[Effect]:
    text = f"{scene.who} 已在跟 {scene.ticket.number}，后续升级停止。"
    return [
        scene.refresh(),
        *(effect for channel in scene.channels for effect in scene.say(channel, text)),
    ]


async def _due_recounted(event: DueRecounted, scene: Scene) -> Iterable[Effect]:
    """Hundreds may change at once, so nobody is written to; their cards show it."""
    return [scene.refresh()]


# Each teller takes its own event class, which mypy can't say of a table; ``test_house`` walks it.
TELLERS: Mapping[type[Event], Callable[[Any, Scene], Awaitable[Iterable[Effect]]]] = {
    happened.DraftStarted: _draft_started,
    happened.DraftAmended: _draft_amended,
    happened.ContextDropped: _context_dropped,
    happened.DraftReminded: _draft_reminded,
    happened.TicketOpened: _opened,
    happened.WordsAdded: _words_added,
    happened.TicketAccepted: _accepted,
    happened.TicketDeclined: _declined,
    happened.TicketAssigned: _assigned,
    happened.TicketHandedOver: _handed_over,
    happened.TicketReleased: _released,
    happened.TransferOffered: _transfer_offered,
    happened.TransferAccepted: _transfer_accepted,
    happened.TransferReturned: _transfer_returned,
    happened.DeskChanged: _desk_changed,
    OfferMade: offer_made,
    OfferLapsed: offer_lapsed,
    OfferWithdrawn: offer_withdrawn,
    NobodyToAsk: nobody_to_ask,
    happened.QuestionAsked: _asked,
    happened.RequesterReminded: _reminded,
    happened.QuestionAnswered: _answered,
    happened.CommentAdded: _commented,
    happened.TicketResolved: _resolved,
    happened.ResolutionConfirmed: _confirmed,
    happened.TicketReopened: _reopened,
    happened.TicketCancelled: _cancelled,
    happened.TicketClosed: _closed,
    happened.PriorityChanged: _priority_changed,
    happened.TicketUrged: _urged,
    happened.TicketJoined: _joined,
    **CALL_TELLERS,
    **FILE_TELLERS,
    **ROOM_TELLERS,
    EscalationTakenOver: _taken_over,
    DueRecounted: _due_recounted,
    ExtensionAsked: extension_asked,
    DueExtended: due_extended,
    ExtensionRefused: extension_refused,
    PauseEnded: pause_ended,
}
