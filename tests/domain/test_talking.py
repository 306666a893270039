"""One person's sentences in a group within an hour are one ticket, as long as they are about one thing (flow E)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.base import Conversation
from domain.people.people import Category, Desk
from domain.tickets.conversing import AskRequester, ask_requester
from domain.tickets.errors import TextTooLong
from domain.tickets.opening import OpenTicket, open_ticket
from domain.tickets.resolving import CancelTicket, cancel_ticket
from domain.tickets.states import State
from domain.tickets.talking import SpeakInGroup, one_matter, speak_in_group
from domain.tickets.ticket import ONLY_FILES
from tests.domain.people import LI, STRANGER, ZHANG, Memory

GROUP = Conversation("wecom-aibot", "group", "wrTeam")
ELSEWHERE = Conversation("wecom-aibot", "group", "wrOther")
PRINTING = Category("打印", ("打印机", "硒鼓"))
NETWORK = Category("网络", ("VPN", "断网"))
DESKS = (
    Desk("it", "IT", "IT", None, (), keywords=("电脑",), categories=(PRINTING, NETWORK)),
    Desk("office", "行政", "XZ", None, (), keywords=("空调",)),
)


async def said(unit: Memory, text: str, place: Conversation = GROUP) -> str:
    return await speak_in_group(SpeakInGroup(text, place), unit)


async def test_what_somebody_goes_on_telling_joins_their_ticket() -> None:
    unit = Memory().by(ZHANG)
    number = await said(unit, "VPN 连不上")
    assert await said(unit, "换了网线也不行") == number
    ticket = await unit.tickets.find(number)
    assert (ticket.title, ticket.text) == ("VPN 连不上", "VPN 连不上\n换了网线也不行")
    assert [event.kind for event in ticket.events][-1] == "words_added"


async def test_another_person_group_or_hour_is_another_ticket() -> None:
    unit = Memory().by(ZHANG)
    first = await said(unit, "VPN 连不上")
    assert await said(unit.by(STRANGER), "还是不行") != first
    assert await said(unit.by(ZHANG), "还是不行", ELSEWHERE) != first
    unit.now += timedelta(minutes=59)
    assert await said(unit, "还是不行") == first
    unit.now += timedelta(minutes=1)
    assert await said(unit, "还是不行") != first


async def test_another_matter_is_another_ticket_and_each_keeps_its_own_talk() -> None:
    unit = Memory().by(ZHANG)
    vpn, aircon = await said(unit, "VPN 连不上"), await said(unit, "会议室空调不冷")
    assert vpn != aircon
    assert await said(unit, "VPN 提示 691") == vpn
    assert await said(unit, "遥控器也没反应") == aircon  # no hint: what was spoken of last


async def test_who_was_asked_answers_and_what_is_over_stays_over() -> None:
    unit = Memory().by(ZHANG)
    number = await said(unit, "VPN 连不上")
    ticket = await unit.tickets.find(number)
    ticket.accept(LI.actor, unit.now)
    await ask_requester(AskRequester(number, "什么提示？"), unit.by(LI))
    assert await said(unit.by(ZHANG), "691") == number
    assert (ticket.state, ticket.text) == (State.IN_PROGRESS, "VPN 连不上")
    await cancel_ticket(CancelTicket(number), unit)
    assert await said(unit, "还是不行") != number


async def test_words_name_what_came_as_a_picture() -> None:
    unit = Memory().by(ZHANG)
    number = await said(unit, ONLY_FILES)
    assert await said(unit, "三楼打印机卡纸") == number
    ticket = await unit.tickets.find(number)
    assert (ticket.title, ticket.text) == ("三楼打印机卡纸", "三楼打印机卡纸")
    assert await said(unit, ONLY_FILES) == number
    assert ticket.text == "三楼打印机卡纸"


async def test_a_ticket_that_was_asked_for_takes_further_words_too() -> None:
    unit = Memory().by(ZHANG)
    number = await open_ticket(OpenTicket("VPN 连不上", GROUP), unit)
    assert await said(unit, "很急") == number
    assert await open_ticket(OpenTicket("VPN 还有一台", GROUP), unit) != number


async def test_a_talk_never_grows_beyond_what_one_ticket_takes() -> None:
    unit = Memory().by(ZHANG)
    first = await said(unit, "VPN" + "x" * 3000)
    assert await said(unit, "y" * 3000) != first
    with pytest.raises(TextTooLong):
        await said(unit, "z" * 4001)


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("VPN 连不上", "重启了也不行", True),
        ("有点问题", "VPN 连不上", True),
        ("VPN 连不上", "打印机卡纸", False),
        ("电脑坏了", "VPN 也断了", True),
        ("VPN 连不上", "空调不冷", False),
        ("VPN 和空调都坏了", "空调不冷", True),
    ],
)
def test_what_is_about_one_thing(first: str, second: str, one: bool) -> None:
    assert one_matter(first, second, DESKS) is one
    assert one_matter(second, first, DESKS) is one
    assert one_matter(first, second, ())
