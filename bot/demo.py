"""A past for the playground: a few believable tickets in different states, told through the same road."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from adapters.emulator.clock import Clock
from bot.app import App
from domain.base import Command, Conversation
from domain.tickets.assigning import AcceptTicket
from domain.tickets.conversing import AddNote, AskRequester
from domain.tickets.opening import OpenTicket
from domain.tickets.resolving import ConfirmResolution, ResolveTicket

Do = Callable[[str, Command[Any]], Awaitable[Any]]


async def tell_the_past(app: App, clock: Clock, ago: timedelta) -> None:
    """The clock stands ``ago`` in the past; lets things happen, and brings it forward to the present."""

    async def do(who: str, command: Command[Any]) -> Any:
        person = await app.directory.find(who)
        result = await app.bus.execute(command, by=person.actor)
        await app.courier.drain()
        return result

    printer = await do("孙悦", _opens("2楼前台打印机无法双面打印", "SunYue"))
    clock.advance(timedelta(minutes=8))
    await do("王强", AcceptTicket(printer))
    # Nothing waits for 张三: the newcomer's first sentence on his phone is a ticket, not an answer.
    vpn = await do("赵敏", _opens("VPN 连上后打不开 OA，提示证书过期", "ZhaoMin"))
    clock.advance(timedelta(minutes=25))
    await do("王强", ResolveTicket(printer, "更新了驱动，双面打印默认打开"))
    await do("孙悦", ConfirmResolution(printer))
    await do("李四", AcceptTicket(vpn))
    await do("李四", AddNote(vpn, "CA 证书今天凌晨到期，需要推送新证书"))
    clock.advance(timedelta(minutes=40))
    await do("孙悦", _opens("5楼会议室投影没有信号，下午两点有客户会议", "SunYue"))
    clock.advance(timedelta(minutes=20))
    await do("李四", AskRequester(vpn, "请问电脑是 Windows 还是 Mac？"))
    clock.advance(ago - timedelta(minutes=93))
    await app.settle()


def _opens(text: str, wecom: str) -> OpenTicket:
    return OpenTicket(text, Conversation("wecom", "direct", wecom))
