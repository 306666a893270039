"""What happened to rosters and leaves -> effects: who hears of it. Cards are read when they are drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.grammar import key_of
from bot.effects import Effect, Say, ShowAnswer
from bot.unit import Unit
from bot.wording import local_time
from domain.base import CLOCK, Conversation, PersonId
from domain.duty import events as happened
from domain.duty.leads import leads_at, leads_of
from domain.duty.looking import ShowHandover, ShowLeave, ShowSwap
from domain.people.people import Desk

SHOWN = 5  # numbers in one sentence


@dataclass(frozen=True)
class Room:
    """The few ways in which these notices speak."""

    unit: Unit

    def say(self, place: PersonId | Conversation | None, text: str) -> Iterator[Effect]:
        if place is not None:
            yield Say(place=place, text=text)

    def say_to_others(self, people: Iterable[PersonId | None], text: str) -> Iterator[Effect]:
        """Nobody is told what they did themselves, and nobody twice."""
        for person in dict.fromkeys(people):
            if person is not None and person != self.unit.actor.person:
                yield Say(place=person, text=text)

    def leave(self, person: PersonId, leave: int) -> Effect:
        return ShowAnswer(place=person, person=person, request=key_of(ShowLeave(leave)))

    def swap(self, person: PersonId, swap: int) -> Effect:
        return ShowAnswer(place=person, person=person, request=key_of(ShowSwap(swap)))

    async def name(self, person: PersonId | None) -> str:
        if person is None or person == CLOCK.person:
            return CLOCK.name
        return (await self.unit.people.get(person)).name

    async def days(self, leave: int) -> str:
        return str((await self.unit.leaves.get(leave)).days)

    async def leads(self, person: PersonId) -> Sequence[PersonId]:
        return await leads_of(person, self.unit)

    async def desk(self, key: str) -> Desk:
        return await self.unit.desks.get(key)


async def duty_notices(event: happened.DutyEvent, unit: Unit) -> list[Effect]:
    teller = DUTY_TELLERS.get(type(event))
    return list(await teller(event, Room(unit))) if teller else []


# ── leave ──


async def _drafted(event: happened.LeaveDrafted, room: Room) -> Iterable[Effect]:
    return [room.leave(event.person, event.leave)]


async def _requested(event: happened.LeaveRequested, room: Room) -> Iterable[Effect]:
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


async def _accepted(event: happened.DeputyAccepted, room: Room) -> Iterable[Effect]:
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


async def _lost(event: happened.DeputyLost, room: Room) -> Iterable[Effect]:
    who, deputy = await room.name(event.person), await room.name(event.deputy)
    became = "30 分钟内没有答复" if event.silent else "不能代理"
    leads = await room.leads(event.person)
    return [
        *room.say_to_others([event.person], f"{deputy} {became}，已请组长安排。请假不受影响。"),
        *(e for lead in leads for e in room.say(lead, f"{who} 请假的代理人 {deputy} {became}，请安排。")),
        *(room.leave(lead, event.leave) for lead in leads),
    ]


async def _cancelled(event: happened.LeaveCancelled, room: Room) -> Iterable[Effect]:
    days, who = await room.days(event.leave), await room.name(event.person)
    return [
        *room.say(event.person, f"请假 {days} 已取消。"),
        *room.say_to_others([event.deputy, *await room.leads(event.person)], f"{who} {days} 的请假已取消。"),
    ]


async def _hits_duty(event: happened.LeaveHitsDuty, room: Room) -> Iterable[Effect]:
    days, who = await room.days(event.leave), await room.name(event.person)
    hint = f"{days} 请假期间有 {event.shifts} 个值班"
    return [
        *room.say(event.person, f"您 {hint}，请回复「换班 日期 给 同事」安排。"),
        *room.say_to_others(await room.leads(event.person), f"{who} {hint}，请留意换班。"),
    ]


async def _began(event: happened.LeaveBegan, room: Room) -> Iterable[Effect]:
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


async def _welcomed(event: happened.LeaveWelcomed, room: Room) -> Iterable[Effect]:
    who, leave = await room.name(event.person), await room.unit.leaves.get(event.leave)
    return [
        room.leave(event.person, event.leave),
        *room.say_to_others([leave.stand_in], f"{who} 已返岗，谢谢您代理。对方取回之前，工单仍由您处理。"),
    ]


async def _taken_back(event: happened.TicketsTakenBack, room: Room) -> Iterable[Effect]:
    who = await room.name(event.person)
    return [
        *room.say(event.person, f"已取回 {_numbers(event.numbers)}。"),
        *room.say_to_others(event.givers, f"{who} 取回了 {_numbers(event.numbers)}，辛苦了。"),
    ]


# ── swaps and cover ──


async def _swap_asked(event: happened.SwapAsked, room: Room) -> Iterable[Effect]:
    taker = await room.name(event.taker)
    text = f"已问 {taker}，对方接受之前班表不变。要撤回请回复「撤回换班」。"
    return [room.swap(event.taker, event.swap), *room.say(event.giver, text)]


async def _swap_accepted(event: happened.SwapAccepted, room: Room) -> Iterable[Effect]:
    desk, text = await room.desk(event.desk), await _swapped(event, room)
    return [
        *room.say(event.taker, f"已换班：{text}。"),
        *room.say_to_others([event.giver, *await leads_at(desk, room.unit)], f"换班已生效：{text}。"),
        *(e for channel in desk.channels for e in room.say(channel, f"换班：{text}。")),
    ]


async def _swapped(event: happened.SwapEvent, room: Room) -> str:
    giver, taker = await room.name(event.giver), await room.name(event.taker)
    return f"{local_time(event.begin, room.unit.now)} 起的班由 {giver} 换给 {taker}"


async def _swap_declined(event: happened.SwapDeclined, room: Room) -> Iterable[Effect]:
    taker = await room.name(event.taker)
    text = f"{taker} 不能接这一班，班表不变。可以再问别人：「换班 日期 给 同事」。"
    return room.say(event.giver, text)


async def _swap_withdrawn(event: happened.SwapWithdrawn, room: Room) -> Iterable[Effect]:
    giver = await room.name(event.giver)
    return [
        *room.say(event.giver, "换班已撤回，班表不变。"),
        *room.say(event.taker, f"{giver} 撤回了换班，不需要再答复。"),
    ]


async def _swap_lapsed(event: happened.SwapLapsed, room: Room) -> Iterable[Effect]:
    taker = await room.name(event.taker)
    return room.say(event.giver, f"{taker} 没有答复换班，这一班已开始，仍由您值班。")


async def _covered(event: happened.DutyCovered, room: Room) -> Iterable[Effect]:
    desk, who = await room.desk(event.desk), await room.name(event.by)
    until = local_time(event.until, room.unit.now)
    text = f"{who} 顶「{desk.name}」的班，到 {until}。"
    return [
        *room.say(event.by, f"您现在值班（{desk.name}），到 {until}。"),
        *room.say_to_others([event.instead_of, *await leads_at(desk, room.unit)], text),
    ]


async def _shift_ending(event: happened.ShiftEnding, room: Room) -> Iterable[Effect]:
    request = key_of(ShowHandover(event.desk))
    people = [p for p in (event.goes, event.comes) if p is not None]
    return [ShowAnswer(place=person, person=person, request=request) for person in people]


async def _uncovered(event: happened.DutyUncovered, room: Room) -> Iterable[Effect]:
    desk, planned = await room.desk(event.desk), await room.name(event.planned)
    text = f"「{desk.name}」现在没有人值班：{planned} 不在岗，也没有代理人。可回复「我来顶」。"
    return [e for lead in await leads_at(desk, room.unit) for e in room.say(lead, text)]


# ── accounts, and what nobody has ──


async def _disabled(event: happened.PersonDisabled, room: Room) -> Iterable[Effect]:
    who = await room.name(event.person)
    text = f"{who} 的账号已停用：移交 {event.given} 单，放回服务台 {event.pooled} 单。"
    return [
        *room.say(event.by if event.by != CLOCK.person else None, text),
        *room.say_to_others(await room.leads(event.person), text),
    ]


async def _enabled(event: happened.PersonEnabled, room: Room) -> Iterable[Effect]:
    return room.say(
        event.by if event.by != CLOCK.person else None, f"{await room.name(event.person)} 的账号已启用。"
    )


async def _restored(event: happened.OwnerRestored, room: Room) -> Iterable[Effect]:
    who = await room.name(event.person)
    text = f"巡检发现 {who} 不在岗却还有工单：已移交 {event.given} 单，放回服务台 {event.pooled} 单。"
    return [e for lead in await room.leads(event.person) for e in room.say(lead, text)]


async def _nobody_there(event: happened.NobodyThere, room: Room) -> Iterable[Effect]:
    desk = await room.desk(event.desk)
    numbers = [(await room.unit.tickets.find(f"#{ticket}")).number for ticket in event.tickets]
    text = f"「{desk.name}」现在没有人在岗，{_numbers(numbers)} 无人处理，请安排。"
    return [e for lead in await leads_at(desk, room.unit) for e in room.say(lead, text)]


def _numbers(numbers: Sequence[str]) -> str:
    rest = f" 等 {len(numbers)} 单" if len(numbers) > SHOWN else ""
    return "、".join(numbers[:SHOWN]) + rest


# Only the journal keeps these: the welcome follows in the morning, or at once.
UNTOLD_DUTY = frozenset({happened.LeaveEnded})
DUTY_TELLERS: Mapping[type[happened.DutyEvent], Callable[[Any, Room], Awaitable[Iterable[Effect]]]] = {
    happened.LeaveDrafted: _drafted,
    happened.LeaveRequested: _requested,
    happened.DeputyAccepted: _accepted,
    happened.DeputyLost: _lost,
    happened.LeaveCancelled: _cancelled,
    happened.LeaveHitsDuty: _hits_duty,
    happened.LeaveBegan: _began,
    happened.LeaveWelcomed: _welcomed,
    happened.TicketsTakenBack: _taken_back,
    happened.SwapAsked: _swap_asked,
    happened.SwapAccepted: _swap_accepted,
    happened.SwapDeclined: _swap_declined,
    happened.SwapWithdrawn: _swap_withdrawn,
    happened.SwapLapsed: _swap_lapsed,
    happened.DutyCovered: _covered,
    happened.ShiftEnding: _shift_ending,
    happened.DutyUncovered: _uncovered,
    happened.PersonDisabled: _disabled,
    happened.PersonEnabled: _enabled,
    happened.OwnerRestored: _restored,
    happened.NobodyThere: _nobody_there,
}
