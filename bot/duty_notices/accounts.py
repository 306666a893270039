"""Accounts that come and go, and work that nobody has: who hears of it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.duty_notices.room import Room, numbers_of
from bot.effects import Effect, Say
from domain.base import CLOCK, Conversation, PersonId, Role
from domain.duty import events as happened
from domain.duty.leads import leads_at


async def disabled(event: happened.PersonDisabled, room: Room) -> Iterable[Effect]:
    who = await room.name(event.person)
    text = f"{who} 的账号已停用：移交 {event.given} 单，放回服务台 {event.pooled} 单。"
    return [
        *room.say(event.by if event.by != CLOCK.person else None, text),
        *room.say_to_others(await room.leads(event.person), text),
    ]


async def enabled(event: happened.PersonEnabled, room: Room) -> Iterable[Effect]:
    return room.say(
        event.by if event.by != CLOCK.person else None, f"{await room.name(event.person)} 的账号已启用。"
    )


async def restored(event: happened.OwnerRestored, room: Room) -> Iterable[Effect]:
    who = await room.name(event.person)
    text = f"巡检发现 {who} 不在岗却还有工单：已移交 {event.given} 单，放回服务台 {event.pooled} 单。"
    return [e for lead in await room.leads(event.person) for e in room.say(lead, text)]


async def nobody_there(event: happened.NobodyThere, room: Room) -> Iterable[Effect]:
    desk = await room.desk(event.desk)
    numbers = [(await room.unit.tickets.find(f"#{ticket}")).number for ticket in event.tickets]
    text = f"「{desk.name}」现在没有人在岗，{numbers_of(numbers)} 无人处理，请安排。"
    return [e for lead in await leads_at(desk, room.unit) for e in room.say(lead, text)]


async def joined(event: happened.PeopleJoined, room: Room) -> Iterable[Effect]:
    """On every account, also on the one that perhaps was not asked."""
    kept = await room.unit.people.get(event.kept)
    theirs = [f"{account.platform}:{account.user_id}" for account in kept.accounts]
    text = (
        "已绑定：您在两个平台上是同一个人，工单、值班和请假合在一起。不是您本人操作的话，请回复「解除绑定」。"
    )
    return [Say(place=_direct(account), text=text) for account in (*theirs, *event.accounts)]


async def split(event: happened.PeopleSplit, room: Room) -> Iterable[Effect]:
    text = "已解除绑定：两个账号又是两个人，各自的工单、服务台和角色已还回去。班表没有变，请组长看一下。"
    return [e for person in (event.kept, event.gone) for e in room.say(person, text)]


async def closed(event: happened.AccountClosed, room: Room) -> Iterable[Effect]:
    """Of who is gone altogether it is said what became of their work; here only what an administrator must decide."""
    if event.others == 0:
        return []
    who = await room.name(event.person)
    text = f"{who} 已不在一个平台的通讯录里，另一个平台的账号还能用。已离职的话，请回复「停用账号 {who}」。"
    return room.say_to_others(await _admins(room), text)


async def returned(event: happened.AccountReturned, room: Room) -> Iterable[Effect]:
    who, user_id = await room.name(event.person), event.account.partition(":")[2]
    text = f"通讯录里又有了 {who}（{user_id}）。确认是同一个人后，请回复「启用账号 {who}」；在这之前不能使用派单。"
    return room.say_to_others(await _admins(room), text)


async def _admins(room: Room) -> list[PersonId]:
    return [person.id for person in await room.unit.people.with_role(Role.ADMIN)]


def _direct(account: str) -> Conversation:
    platform, _, user_id = account.partition(":")
    return Conversation(platform, "direct", user_id)
