"""Posting, editing and saying, as the people in the chats see it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.card import Card
from adapters.chat import (
    CardCopy,
    Edits,
    EditSpent,
    Misconfigured,
    NotReachable,
    QuotaSpent,
    RateLimited,
    Rejected,
    Said,
    Unreachable,
)
from adapters.dingtalk.platform import _or_less
from adapters.emulator.dingtalk.faults import Fault
from adapters.fit import fit
from domain.base import Account, Conversation
from tests.adapters.dingtalk.conftest import GROUP, IT_GROUP, LI, LI_ACCOUNT, TO_ZHANG, WANG, ZHANG, House
from tests.adapters.dingtalk.fakes import ticket_card

DELIVER = "/v1.0/card/instances/createAndDeliver"
GUEST = Conversation("dingtalk", "direct", "dingsomewhereelse/$:LWCP_v1:$guest")


def _labels(house: House, copy: CardCopy, user: str) -> list[str]:
    return [button.text for button in house.vendor.buttons(copy.handle, user)]


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", [IT_GROUP, TO_ZHANG], ids=["group", "direct"])
async def test_a_card_is_shown_with_its_buttons(house: House, place: Conversation) -> None:
    copy = await house.dingtalk.post(place, ticket_card(), key="e1")
    assert house.vendor.card_view(copy.handle, ZHANG)["title"] == "IT-1042 三楼打印机卡纸"
    assert _labels(house, copy, ZHANG) == ["接单", "转派"]
    assert (copy.place, len(copy.handle) <= 64) == (place, True)
    assert not house.vendor.refused
    assert not house.vendor.defects


async def test_a_repeated_post_is_one_card(house: House) -> None:
    house.vendor.faults.plan(DELIVER, Fault.RESET_AFTER)
    await house.client.token()
    with pytest.raises(Unreachable):
        await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    assert copy.handle == (await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")).handle
    assert len([b for b in house.vendor.chats.of(GROUP) if b.kind == "card"]) == 1


async def test_an_edit_is_seen_by_all_and_leaves_nothing_old(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    done = ticket_card(status="已解决", lead="已更换硒鼓", fields=(), buttons=(), note="", link="")
    assert await house.dingtalk.edit(copy, done) == copy
    for user in (ZHANG, LI):
        view = house.vendor.card_view(copy.handle, user)
        assert "已解决" in view["markdown"]
        assert "打印机一直响" not in view["markdown"]
        assert _labels(house, copy, user) == []


async def test_whoever_is_mentioned_is_called(house: House) -> None:
    card = replace(ticket_card(), mention=(LI_ACCOUNT,), mention_names=("李四",))
    await house.dingtalk.post(IT_GROUP, fit(card, house.dingtalk.capabilities(IT_GROUP)), key="e1")
    (bubble,) = [b for b in house.vendor.chats.of(GROUP) if b.kind == "card"]
    assert bubble.mentions == (LI,)
    assert not house.vendor.defects


async def test_a_card_that_reaches_nobody_was_not_posted(house: House) -> None:
    house.emulator.company.groups[GROUP].robot_inside = False
    with pytest.raises(NotReachable):
        await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")


async def test_a_card_that_is_too_long_is_shown_shorter(house: House) -> None:
    house.vendor.switches.card_value_bytes = 1024
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(lead="很" * 300), key="e1")
    assert len(house.vendor.card_view(copy.handle, ZHANG)["markdown"].encode()) <= 1024


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("param.contentUnsafe", "内容未通过钉钉的安全检查"),
        ("contain.notAllowed.text", "内容未通过钉钉的安全检查"),
        ("invalidParameter.msgParam.tooLong", "…"),
    ],
)
async def test_refused_words_are_left_out_and_the_ticket_is_seen(code: str, left: str) -> None:
    sent: list[Card] = []

    async def send(card: Card) -> None:
        sent.append(card)
        if len(sent) == 1:
            raise Rejected(code, "…")

    await _or_less(ticket_card(lead="很" * 300), send)
    assert left in sent[1].lead


async def test_other_refusals_are_not_tried_again() -> None:
    async def send(_: Card) -> None:
        raise Rejected("MissingStringValue", "…")

    with pytest.raises(Rejected):
        await _or_less(ticket_card(), send)


@pytest.mark.parametrize("tries", [RateLimited, QuotaSpent, Unreachable])
async def test_trouble_with_a_card_rises(house: House, tries: type[Exception]) -> None:
    fault = {RateLimited: Fault.TOO_FAST, QuotaSpent: Fault.QUOTA, Unreachable: Fault.UNAVAILABLE}[tries]
    house.vendor.faults.plan(DELIVER, fault)
    with pytest.raises(tries):
        await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")


# ── other looks ──────────────────────────────────────────────────────────────────────────────────────


async def test_an_own_template_gets_the_documented_variables(house: House) -> None:
    house.vendor.switches.any_template = True
    own = House(house.emulator, house.session, card="own-1.schema")
    copy = await own.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    view = house.vendor.card_view(copy.handle, ZHANG)
    assert (view["status"], view["statusText"], view["statusColor"]) == ("waiting", "待接单", "orange")
    assert json.loads(view["fields"])[0] == {"name": "优先级", "value": "P2"}
    assert _labels(house, copy, ZHANG) == ["接单", "转派"]


async def test_a_card_keeps_its_look_when_the_configuration_changes(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    later = House(house.emulator, house.session, card="own-1.schema")
    await later.dingtalk.edit(copy, ticket_card(status="处理中"))
    assert "处理中" in house.vendor.card_view(copy.handle, ZHANG)["markdown"]


async def test_without_its_template_a_card_is_text_that_speaks(house: House) -> None:
    own = House(house.emulator, house.session, card="never-imported.schema")
    assert own.dingtalk.capabilities(IT_GROUP).edits is Edits.ANYTIME
    copy = await own.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    (bubble,) = house.vendor.chats.of(GROUP)
    assert "IT-1042" in bubble.text
    assert own.dingtalk.capabilities(IT_GROUP).edits is Edits.NEVER
    with pytest.raises(EditSpent):
        await own.dingtalk.edit(copy, ticket_card())


async def test_a_missing_card_permission_is_not_hidden_by_text(house: House) -> None:
    house.vendor.tenant.scopes = {"qyapi_robot_sendmsg"}
    with pytest.raises(Misconfigured) as caught:
        await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    assert "Card.Instance.Write" in caught.value.fix


@pytest.mark.parametrize("place", [IT_GROUP, TO_ZHANG], ids=["group", "direct"])
async def test_the_text_look_has_links_for_buttons(house: House, place: Conversation) -> None:
    text = House(house.emulator, house.session, card="text")
    can = text.dingtalk.capabilities(place)
    assert (can.edits, can.buttons > 0) == (Edits.NEVER, True)
    await text.dingtalk.post(place, fit(ticket_card(), can), key="e1")
    (sent,) = house.vendor.sent
    assert "dtmd://dingtalkclient/sendMessage?content=%E6%8E%A5%E5%8D%95%20IT-1042" in json.dumps(sent.body)
    with pytest.raises(EditSpent):
        await text.dingtalk.edit(CardCopy(place, "paidan-x-1"), ticket_card())


# ── words ────────────────────────────────────────────────────────────────────────────────────────────


async def test_words_reach_a_person_and_a_group(house: House) -> None:
    await house.dingtalk.say(TO_ZHANG, "您的工单已受理", key="e1")
    await house.dingtalk.say(IT_GROUP, "有新工单", key="e2")
    assert [b.text for b in house.vendor.chats.of(ZHANG)] == ["您的工单已受理"]
    assert [b.text for b in house.vendor.chats.of(GROUP)] == ["有新工单"]


async def test_long_words_come_in_pieces(house: House) -> None:
    text = "\n".join(f"第 {n} 行：{'字' * 40}" for n in range(100))
    await house.dingtalk.say(TO_ZHANG, text, key="e1")
    pieces = [b.text for b in house.vendor.chats.of(ZHANG)]
    assert len(pieces) == 3
    assert "\n".join(pieces) == text


async def test_a_mention_goes_through_the_open_session(house: House) -> None:
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修 打印机卡纸", GROUP)
    await house.dingtalk.say(IT_GROUP, "请处理 IT-1042", key="e1", mention=[LI_ACCOUNT])
    assert house.vendor.chats.of(GROUP)[-1].mentions == (LI,)
    assert house.ledger.counts == {"dingtalk webhook.heard": 1, "dingtalk webhook.session": 1}


async def test_without_a_session_the_words_come_all_the_same(house: House) -> None:
    await house.dingtalk.say(IT_GROUP, "请处理 IT-1042 @李四", key="e1", mention=[LI_ACCOUNT])
    assert house.vendor.chats.of(GROUP)[-1].text == "请处理 IT-1042 @李四"
    assert house.ledger.counts == {"dingtalk robot.group": 1}


async def test_a_session_that_ended_early_is_no_loss(house: House) -> None:
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修 打印机卡纸", GROUP)
    house.vendor.sessions.expire()
    await house.dingtalk.say(IT_GROUP, "请处理 IT-1042", key="e1", mention=[LI_ACCOUNT])
    assert house.vendor.chats.of(GROUP)[-1].text == "请处理 IT-1042"


async def test_a_session_is_not_used_past_its_time(house: House) -> None:
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修 打印机卡纸", GROUP)
    house.emulator.clock.advance(timedelta(minutes=89, seconds=30))
    await house.dingtalk.say(IT_GROUP, "请处理 IT-1042", key="e1", mention=[LI_ACCOUNT])
    assert house.ledger.counts == {"dingtalk webhook.heard": 1, "dingtalk robot.group": 1}


async def test_an_open_session_saves_the_months_calls(house: House) -> None:
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修 打印机卡纸")
    house.vendor.faults.plan("/v1.0/robot/", Fault.QUOTA, times=2)
    await house.dingtalk.say(TO_ZHANG, "您的工单已受理", key="e1")
    assert house.vendor.chats.of(ZHANG)[-1].text == "您的工单已受理"
    with pytest.raises(QuotaSpent):
        await house.dingtalk.say(IT_GROUP, "有新工单", key="e2")


async def test_a_burst_keeps_below_twenty_calls_a_second(house: House) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(house.dingtalk.say(TO_ZHANG, f"{n}", key=f"e{n}") for n in range(20)))
    assert loop.time() - began >= 0.9


async def test_somebody_from_outside_is_answered_in_their_session(house: House) -> None:
    house.vendor.tenant.outsiders["guest"] = "外部客户"
    async with house.streaming():
        await house.vendor.says("guest", "你好")
    heard = house.inbox.received[0]
    assert isinstance(heard, Said)
    place = heard.place
    await house.dingtalk.say(place, "您好，请说", key="e1")
    can = house.dingtalk.capabilities(place)
    await house.dingtalk.post(place, fit(ticket_card(), can), key="e2")
    assert can.edits is Edits.NEVER
    shown = [b.text for b in house.vendor.chats.of("guest")]
    assert shown[1] == "您好，请说"
    assert "IT-1042" in shown[2]
    house.vendor.sessions.expire()
    with pytest.raises(NotReachable):
        await house.dingtalk.say(place, "还在吗", key="e3")


async def test_somebody_from_outside_without_a_session_is_not_reachable(house: House) -> None:
    with pytest.raises(NotReachable) as caught:
        await house.dingtalk.say(GUEST, "您好", key="e1")
    assert caught.value.who == (GUEST.key,)


async def test_a_reply_address_that_is_not_dingtalks_is_never_called(house: House) -> None:
    until = house.now() + timedelta(hours=1)
    await house.sessions.remember(GUEST, "http://169.254.169.254/latest", until)
    with pytest.raises(NotReachable):
        await house.dingtalk.say(GUEST, "您好", key="e1")


# ── what fits ────────────────────────────────────────────────────────────────────────────────────────


def test_only_groups_can_mention(house: House) -> None:
    assert house.dingtalk.capabilities(IT_GROUP).mentions
    assert not house.dingtalk.capabilities(TO_ZHANG).mentions


async def test_strangers_in_the_mention_list_are_left_out(house: House) -> None:
    people = (Account("dingtalk", "dingother/$:LWCP_v1:$x"), Account("dingtalk", WANG))
    card = Card(title="IT-1 请处理", mention=people, mention_names=("客户", "王芳"))
    await house.dingtalk.post(IT_GROUP, card, key="e1")
    (bubble,) = house.vendor.chats.of(GROUP)
    assert bubble.mentions == (WANG,)
