"""What is said in a ticket's war room, and who hears of the room itself.

What the requester must not read (notes, who let a promise slip) is marked ``internal``: it is left out of a room
that the requester is in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.effects import Effect, Say, TellRoom, TendRoom
from bot.rooms.wording import trouble_words
from bot.scene import Scene
from bot.wording import goal_word, hours_word, local_time, priority_word
from domain.base import CLOCK, Event, PersonId
from domain.rooms.events import RoomAsked, RoomChanged, RoomJoined, RoomLost, RoomOpened
from domain.rooms.room import Part, Room, Stage
from domain.sla.events import DueExtended, EscalationTakenOver, ExtensionAsked, SlaWarned, TicketEscalated
from domain.tickets import events as happened


@dataclass(frozen=True)
class News:
    text: str
    mention: tuple[PersonId, ...] = ()
    internal: bool = False


async def room_news(event: Event, scene: Scene) -> Iterable[Effect]:
    """Also brings the room to who belongs there by now."""
    teller = _NEWS.get(type(event))
    if not scene.unit.room_door or teller is None:
        return []
    room = await scene.unit.rooms.of(scene.ticket.id)
    if room is None:
        return []
    tend: list[Effect] = [] if room.is_settled or not room.is_there else [TendRoom(ticket=scene.ticket.id)]
    # Before it is made nothing is said: its first message tells how things stand by then.
    if room.stage is Stage.OPEN or (room.stage is Stage.CLOSED and type(event) in _ENDS):
        news = await teller(event, scene)
        return [*tend, *([_told(room, news)] if news else [])]
    return tend


def _told(room: Room, news: News) -> Effect:
    return TellRoom(
        ticket=room.ticket,
        place=room.place,
        text=news.text,
        mention=tuple(person for person in news.mention if person in room.people),
        internal=news.internal,
    )


# ── the ticket's news ──


async def _accepted(event: happened.TicketAccepted, scene: Scene) -> News:
    return News(f"{scene.who} 已接单，正在处理。")


async def _declined(event: happened.TicketDeclined, scene: Scene) -> News:
    return News(f"{scene.who} 拒单：{event.reason}", internal=True)


async def _assigned(event: happened.TicketAssigned, scene: Scene) -> News:
    return News(f"{scene.who} 指派给 {await scene.name(event.to)}。", (event.to,))


async def _handed_over(event: happened.TicketHandedOver, scene: Scene) -> News:
    return News(f"现由 {await scene.name(event.to)} 处理。", (event.to,))


async def _released(event: happened.TicketReleased, scene: Scene) -> News:
    return News(f"{scene.who} 放回待接单，现在没有人处理。")


async def _offered(event: happened.TransferOffered, scene: Scene) -> News:
    name = await scene.name(event.to)
    return News(f"{scene.who} 想转派给 {name}，等 {name} 接受。")


async def _transferred(event: happened.TransferAccepted, scene: Scene) -> News:
    return News(f"{scene.who} 接受转派，现在由 {scene.who} 处理。")


async def _moved(event: happened.DeskChanged, scene: Scene) -> News:
    return News(f"已转到「{scene.desk.name if scene.desk else ''}」，等待接单。")


async def _asked(event: happened.QuestionAsked, scene: Scene) -> News:
    return News(f"{scene.who} 问提单人：{event.question}")


async def _answered(event: happened.QuestionAnswered, scene: Scene) -> News:
    return News(f"{scene.who} 答复：{event.text}", _assignee(scene))


async def _commented(event: happened.CommentAdded, scene: Scene) -> News:
    if event.internal:
        return News(f"{scene.who} 内部备注：{event.text}", internal=True)
    return News(f"{scene.who} 留言：{event.text}")


async def _urged(event: happened.TicketUrged, scene: Scene) -> News:
    return News(f"{scene.who} 催办（第 {event.times} 次）。", _assignee(scene))


async def _priority(event: happened.PriorityChanged, scene: Scene) -> News:
    return News(f"{scene.who} 把优先级改为 {priority_word(event.after)}。")


async def _warned(event: SlaWarned, scene: Scene) -> News:
    due = local_time(event.due, scene.unit.now)
    return News(f"⏰ {goal_word(event.goal)}时限 {due} 到。", _assignee(scene), internal=True)


async def _escalated(event: TicketEscalated, scene: Scene) -> News:
    due = local_time(event.due, scene.unit.now)
    text = f"⚠️ 应于 {due} 前{goal_word(event.goal)}，已超时，升级到 L{event.level}。"
    return News(text, event.called, internal=True)


async def _taken_over(event: EscalationTakenOver, scene: Scene) -> News:
    return News(f"{scene.who} 已在跟，后续升级停止。", internal=True)


async def _more_time_asked(event: ExtensionAsked, scene: Scene) -> News:
    return News(f"{scene.who} 申请延期 {hours_word(event.extra)}：{event.reason}", internal=True)


async def _extended(event: DueExtended, scene: Scene) -> News:
    until = f"改为 {local_time(event.due, scene.unit.now)} 前解决" if event.due else "提单人回复后接着计时"
    return News(f"延期 {hours_word(event.wanted)}，{until}。")


async def _resolved(event: happened.TicketResolved, scene: Scene) -> News:
    return News(f"✅ {scene.who} 标记解决：{event.result}\n等提单人确认。")


async def _reopened(event: happened.TicketReopened, scene: Scene) -> News:
    return News(f"{scene.who} 重开：{event.reason or '问题仍在'}", _assignee(scene))


async def _confirmed(event: happened.ResolutionConfirmed, scene: Scene) -> News:
    return News(f"{scene.who} 已确认解决，{_over(scene)}")


async def _closed(event: happened.TicketClosed, scene: Scene) -> News:
    return News(f"已关闭（{scene.who}）{_because(event.reason)}，{_over(scene)}")


async def _cancelled(event: happened.TicketCancelled, scene: Scene) -> News:
    return News(f"{scene.who} 已撤销{_because(event.reason)}，{_over(scene)}")


async def _nothing(event: Event, scene: Scene) -> None:
    """Whoever has to be added is; there is nothing to say."""


def _over(scene: Scene) -> str:
    return f"{scene.ticket.number} 结束。本群不再更新，可以解散。"


def _because(reason: str) -> str:
    return f"：{reason}" if reason else ""


def _assignee(scene: Scene) -> tuple[PersonId, ...]:
    assignee = scene.ticket.assignee
    return (assignee,) if assignee is not None and assignee != scene.unit.actor.person else ()


_NEWS: Mapping[type[Event], Callable[[Any, Scene], Awaitable[News | None]]] = {
    happened.TicketAccepted: _accepted,
    happened.TicketDeclined: _declined,
    happened.TicketAssigned: _assigned,
    happened.TicketHandedOver: _handed_over,
    happened.TicketReleased: _released,
    happened.TransferOffered: _offered,
    happened.TransferAccepted: _transferred,
    happened.DeskChanged: _moved,
    happened.QuestionAsked: _asked,
    happened.QuestionAnswered: _answered,
    happened.CommentAdded: _commented,
    happened.TicketUrged: _urged,
    happened.PriorityChanged: _priority,
    happened.TicketResolved: _resolved,
    happened.TicketReopened: _reopened,
    happened.ResolutionConfirmed: _confirmed,
    happened.TicketClosed: _closed,
    happened.TicketCancelled: _cancelled,
    SlaWarned: _warned,
    TicketEscalated: _escalated,
    EscalationTakenOver: _taken_over,
    ExtensionAsked: _more_time_asked,
    DueExtended: _extended,
    RoomJoined: _nothing,
}
_ENDS = frozenset({happened.ResolutionConfirmed, happened.TicketClosed, happened.TicketCancelled})


# ── the room's own ──


async def _room_asked(event: RoomAsked, scene: Scene) -> Iterable[Effect]:
    return [TendRoom(ticket=scene.ticket.id)]


async def _room_joined(event: RoomJoined, scene: Scene) -> Iterable[Effect]:
    return []  # ``room_news`` has them added


async def _room_opened(event: RoomOpened, scene: Scene) -> Iterable[Effect]:
    room = await scene.unit.rooms.of(scene.ticket.id)
    assert room is not None
    first = TellRoom(ticket=room.ticket, place=room.place, is_first=True)
    where = f"{scene.ticket.number} 的作战群「{event.name}」已建好（{len(event.inside)} 人），"
    how = f"{where}请在企业微信的消息列表里找。"
    asker = [Say(place=room.asked_by, text=how, ticket=room.ticket)] if room.asked_by != CLOCK.person else []
    return [first, *asker, *await _lacking(event.lacking, room, scene)]


async def _room_changed(event: RoomChanged, scene: Scene) -> Iterable[Effect]:
    room = await scene.unit.rooms.of(scene.ticket.id)
    assert room is not None
    names = "、".join([await scene.name(person) for person in event.added])
    text = f"{names} 已进群。{scene.ticket.number}：{scene.ticket.title}"
    said = [TellRoom(ticket=room.ticket, place=room.place, text=text, mention=event.added)] if names else []
    return [*said, *await _lacking(event.lacking, room, scene)]


async def _lacking(people: Sequence[PersonId], room: Room, scene: Scene) -> Iterable[Effect]:
    """The lead hears who is missing, to call them some other way; and so does who asked to be let in."""
    if not people:
        return []
    names = "、".join([await scene.name(person) for person in people])
    text = (
        f"{names} 没能进 {scene.ticket.number} 的作战群「{room.name}」：没有企业微信账号，或不在应用的可见范围内。"
        "请用别的方式联系。"
    )
    askers = [person for person in people if room.people.get(person) is Part.ASKED]
    hearers = dict.fromkeys([*await scene.leads(), *askers])
    return [effect for person in hearers for effect in scene.say(person, text)]


async def _room_lost(event: RoomLost, scene: Scene) -> Iterable[Effect]:
    room = await scene.unit.rooms.of(scene.ticket.id)
    number = scene.ticket.number
    text = f"{trouble_words(event, number)}工单照常处理；要再建一次，可回复「作战群 {number}」。"
    asked = [room.asked_by] if room is not None and room.asked_by != CLOCK.person else []
    hearers = dict.fromkeys([*await scene.leads(), *asked])
    return [effect for person in hearers for effect in scene.say(person, text)]


ROOM_TELLERS: Mapping[type[Event], Callable[[Any, Scene], Awaitable[Iterable[Effect]]]] = {
    RoomAsked: _room_asked,
    RoomJoined: _room_joined,
    RoomOpened: _room_opened,
    RoomChanged: _room_changed,
    RoomLost: _room_lost,
}
