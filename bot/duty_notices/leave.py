"""Leave and deputies: who hears of what."""

from __future__ import annotations

from collections.abc import Iterable

from bot.duty_notices.room import Room, numbers_of
from bot.effects import Effect
from domain.duty import events as happened


async def drafted(event: happened.LeaveDrafted, room: Room) -> Iterable[Effect]:
    return [room.leave(event.person, event.leave)]


async def heir_chosen(event: happened.HeirChosen, room: Room) -> Iterable[Effect]:
    """The next one, until all are chosen; then the whole leave again."""
    return [room.heirs(event.person, event.leave)]


async def requested(event: happened.LeaveRequested, room: Room) -> Iterable[Effect]:
    days, who = await room.days(event.leave), await room.name(event.person)
    if event.deputy is not None:
        deputy = await room.name(event.deputy)
        text = f"请假 {days} 已提交，等 {deputy} 答复；30 分钟内没有答复会转给组长。"
        return [room.leave(event.deputy, event.leave), *room.say(event.person, text)]
    told = f"{who} {days} 请假，没有代理人。"
    return [
        *room.say(event.person, f"请假 {days} 已登记。没有代理人：开始时工单交给值班人或放回服务台。"),
        *(
            e
            for lead in await room.leads(event.person)
            for e in (*room.say(lead, told), room.leave(lead, event.leave))
        ),
    ]


async def accepted(event: happened.DeputyAccepted, room: Room) -> Iterable[Effect]:
    days, who, deputy = (
        await room.days(event.leave),
        await room.name(event.person),
        await room.name(event.deputy),
    )
    return [
        *room.say(event.deputy, f"您将代理 {who}（{days}），开始时会收到交接小结。"),
        *room.say(event.person, f"{deputy} 已接受代理（{days}）。提前返岗请回复「销假」。"),
        *room.say_to_others(await room.leads(event.person), f"{who} {days} 请假，由 {deputy} 代理。"),
    ]


async def lost(event: happened.DeputyLost, room: Room) -> Iterable[Effect]:
    who, deputy = await room.name(event.person), await room.name(event.deputy)
    became = "30 分钟内没有答复" if event.silent else "不能代理"
    leads = await room.leads(event.person)
    return [
        *room.say_to_others([event.person], f"{deputy} {became}，已请组长安排。请假不受影响。"),
        *(e for lead in leads for e in room.say(lead, f"{who} 请假的代理人 {deputy} {became}，请安排。")),
        *(room.leave(lead, event.leave) for lead in leads),
    ]


async def cancelled(event: happened.LeaveCancelled, room: Room) -> Iterable[Effect]:
    days, who = await room.days(event.leave), await room.name(event.person)
    return [
        *room.say(event.person, f"请假 {days} 已取消。"),
        *room.say_to_others([event.deputy, *await room.leads(event.person)], f"{who} {days} 的请假已取消。"),
    ]


async def hits_duty(event: happened.LeaveHitsDuty, room: Room) -> Iterable[Effect]:
    days, who = await room.days(event.leave), await room.name(event.person)
    hint = f"{days} 请假期间有 {event.shifts} 个值班"
    return [
        *room.say(event.person, f"您 {hint}，请回复「换班 日期 给 同事」安排。"),
        *room.say_to_others(await room.leads(event.person), f"{who} {hint}，请留意换班。"),
    ]


async def began(event: happened.LeaveBegan, room: Room) -> Iterable[Effect]:
    leave = await room.unit.leaves.get(event.leave)
    who = await room.name(event.person)
    heirs = {handed.to for handed in await room.unit.leaves.handed(event.leave)} - {None}
    readers = [p for p in dict.fromkeys([leave.stand_in, *sorted(h for h in heirs if h)]) if p is not None]
    text = f"{who} 已开始请假：移交 {event.given} 单" + (
        f"，{event.pooled} 单放回服务台待接单，请安排。" if event.pooled else "。"
    )
    return [
        *(room.leave(reader, event.leave) for reader in readers if event.given or reader == leave.stand_in),
        *room.say(
            event.person, f"假期开始，已移交 {event.given + event.pooled} 单。提前返岗请回复「销假」。"
        ),
        *room.say_to_others([p for p in await room.leads(event.person) if p not in readers], text),
    ]


async def welcomed(event: happened.LeaveWelcomed, room: Room) -> Iterable[Effect]:
    who, leave = await room.name(event.person), await room.unit.leaves.get(event.leave)
    return [
        room.leave(event.person, event.leave),
        *room.say_to_others([leave.stand_in], f"{who} 已返岗，谢谢您代理。对方取回之前，工单仍由您处理。"),
    ]


async def taken_back(event: happened.TicketsTakenBack, room: Room) -> Iterable[Effect]:
    who = await room.name(event.person)
    return [
        *room.say(event.person, f"已取回 {numbers_of(event.numbers)}。"),
        *room.say_to_others(event.givers, f"{who} 取回了 {numbers_of(event.numbers)}，辛苦了。"),
    ]
