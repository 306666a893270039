"""Swaps, cover and the change of shifts: who hears of what."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.grammar import key_of
from bot.duty_notices.room import Room
from bot.effects import Effect, ShowAnswer
from bot.wording import local_time
from domain.duty import events as happened
from domain.duty.leads import leads_at
from domain.duty.looking import ShowHandover


async def swap_asked(event: happened.SwapAsked, room: Room) -> Iterable[Effect]:
    taker = await room.name(event.taker)
    text = f"已问 {taker}，对方接受之前班表不变。要撤回请回复「撤回换班」。"
    return [room.swap(event.taker, event.swap), *room.say(event.giver, text)]


async def swap_accepted(event: happened.SwapAccepted, room: Room) -> Iterable[Effect]:
    desk, text = await room.desk(event.desk), await _swapped(event, room)
    return [
        *room.say(event.taker, f"已换班：{text}。"),
        *room.say_to_others([event.giver, *await leads_at(desk, room.unit)], f"换班已生效：{text}。"),
        *(e for channel in desk.channels for e in room.say(channel, f"换班：{text}。")),
    ]


async def _swapped(event: happened.SwapEvent, room: Room) -> str:
    giver, taker = await room.name(event.giver), await room.name(event.taker)
    return f"{local_time(event.begin, room.unit.now)} 起的班由 {giver} 换给 {taker}"


async def swap_declined(event: happened.SwapDeclined, room: Room) -> Iterable[Effect]:
    taker = await room.name(event.taker)
    text = f"{taker} 不能接这一班，班表不变。可以再问别人：「换班 日期 给 同事」。"
    return room.say(event.giver, text)


async def swap_withdrawn(event: happened.SwapWithdrawn, room: Room) -> Iterable[Effect]:
    giver = await room.name(event.giver)
    return [
        *room.say(event.giver, "换班已撤回，班表不变。"),
        *room.say(event.taker, f"{giver} 撤回了换班，不需要再答复。"),
    ]


async def swap_lapsed(event: happened.SwapLapsed, room: Room) -> Iterable[Effect]:
    taker = await room.name(event.taker)
    return room.say(event.giver, f"{taker} 没有答复换班，这一班已开始，仍由您值班。")


async def covered(event: happened.DutyCovered, room: Room) -> Iterable[Effect]:
    desk, who = await room.desk(event.desk), await room.name(event.by)
    until = local_time(event.until, room.unit.now)
    text = f"{who} 顶「{desk.name}」的班，到 {until}。"
    return [
        *room.say(event.by, f"您现在值班（{desk.name}），到 {until}。"),
        *room.say_to_others([event.instead_of, *await leads_at(desk, room.unit)], text),
    ]


async def shift_ending(event: happened.ShiftEnding, room: Room) -> Iterable[Effect]:
    request = key_of(ShowHandover(event.desk))
    people = [p for p in (event.goes, event.comes) if p is not None]
    return [ShowAnswer(place=person, person=person, request=request) for person in people]


async def uncovered(event: happened.DutyUncovered, room: Room) -> Iterable[Effect]:
    desk, planned = await room.desk(event.desk), await room.name(event.planned)
    text = f"「{desk.name}」现在没有人值班：{planned} 不在岗，也没有代理人。可回复「我来顶」。"
    return [e for lead in await leads_at(desk, room.unit) for e in room.say(lead, text)]
