"""Who hears when nobody is left to be asked, and when a ticket was bounced too often."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.effects import Effect, Say, ShowTicket
from bot.notices import notices
from domain.base import Conversation, Event
from domain.dispatch.events import NobodyToAsk, OfferMade
from domain.duty.requesting import ConfirmLeave, RequestLeave
from domain.people.people import Person, Strategy
from domain.tickets.events import TransferAccepted
from domain.tickets.ticket import Ticket
from tests.domain.dispatching import Office
from tests.domain.duty import DutyMemory
from tests.domain.people import CHEN, LI, STRANGER, WANG, ZHAO

PRESSABLE, HEARING = (
    Conversation("dingtalk", "group", "cidIT"),
    Conversation("wecom-webhook", "group", "alerts"),
)


async def told(office: Office, ticket: Ticket, kind: type[Event]) -> list[Effect]:
    event = next(event for event in reversed(ticket.events) if isinstance(event, kind))
    return await notices(ticket, event, office.unit, lambda place: place == PRESSABLE)


def shown(effects: list[Effect], face: str) -> list[Any]:
    return [effect.place for effect in effects if isinstance(effect, ShowTicket) and effect.face == face]


def said(effects: list[Effect]) -> dict[Any, str]:
    return {effect.place: effect.text for effect in effects if isinstance(effect, Say)}


async def nobody_left(*channels: Conversation) -> tuple[Office, list[Effect]]:
    """李四 was asked and did not answer; 王强 is on leave, and never was."""
    office = Office(Strategy.ROUND_ROBIN, unit=DutyMemory, channels=channels)
    await on_leave(office, WANG)
    ticket = await office.opens()
    await office.later(minutes=5)
    return office, await told(office, ticket, NobodyToAsk)


async def on_leave(office: Office, who: Person) -> None:
    await office.does(ConfirmLeave(await office.does(RequestLeave("今天"), who)), who)


async def test_who_is_asked_gets_the_card_alone() -> None:
    office = Office(channels=(PRESSABLE,))
    effects = await told(office, await office.opens(), OfferMade)
    assert [effect.place for effect in effects if isinstance(effect, ShowTicket)] == [LI.id]


async def test_the_group_and_the_lead_hear_of_it() -> None:
    _, effects = await nobody_left(PRESSABLE, HEARING)
    assert shown(effects, "unclaimed") == [CHEN.id]
    assert said(effects) == {
        PRESSABLE: "IT-1001 还没有人接单，有空的同事请回复「接单 IT-1001」。",
        HEARING: "IT-1001 还没有人接单，有空的同事请在自己的私聊里接单。",
    }


async def test_where_no_group_can_press_each_member_hears_in_private_or_gets_the_card() -> None:
    _, effects = await nobody_left()
    assert list(said(effects)) == [LI.id]
    assert shown(effects, "offer") == [WANG.id]


@pytest.mark.parametrize("lead", [CHEN, None])
async def test_without_a_lead_who_is_there_the_administrators_hear_of_it(lead: Person | None) -> None:
    office = Office(unit=DutyMemory, members=(STRANGER.id,), lead=lead.id if lead else None)
    if lead:
        await on_leave(office, lead)
    ticket = await office.opens(by=STRANGER)
    assert shown(await told(office, ticket, NobodyToAsk), "unclaimed") == [ZHAO.id]


@pytest.mark.parametrize(("transfers", "hears"), [(2, []), (3, [CHEN.id]), (4, [CHEN.id])])
async def test_the_lead_hears_from_the_third_transfer_on(transfers: int, hears: list[int]) -> None:
    office = Office()
    ticket = await office.opens()
    ticket.transfers = transfers
    ticket.record(TransferAccepted(at=office.unit.now, by=WANG.id, previous=None))
    office.unit.by(replace(WANG))
    effects = await told(office, ticket, TransferAccepted)
    assert [place for place, text in said(effects).items() if "已被转派" in text] == hears
