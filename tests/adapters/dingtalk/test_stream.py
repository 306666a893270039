"""The stream against DingTalk's emulated gateway."""

from __future__ import annotations

from adapters.chat import Reply, Said
from tests.adapters.dingtalk.conftest import IT_GROUP, LI, TO_ZHANG, ZHANG, House
from tests.adapters.dingtalk.fakes import ticket_card


async def test_a_message_is_received_acknowledged_and_answered(house: House) -> None:
    house.inbox.reply = lambda _: Reply(text="已受理 IT-1042")
    async with house.streaming():
        delivery = await house.vendor.says(ZHANG, "报修 打印机卡纸")
        await house.vendor.shown(ZHANG, lambda bubble: bubble.text == "已受理 IT-1042")
    (said,) = house.inbox.received
    assert isinstance(said, Said)
    assert (said.text, said.place, said.sender_name) == ("报修 打印机卡纸", TO_ZHANG, "张三")
    assert delivery.acked


async def test_a_press_repaints_the_card_for_everybody(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="effect-1")
    house.inbox.reply = lambda _: Reply(card=ticket_card(status="处理中", buttons=()), note="您已接单")
    async with house.streaming():
        delivery = await house.vendor.presses(LI, copy.handle, "accept:IT-1042")
    assert delivery.acked
    assert not delivery.late
    assert "处理中" in house.vendor.card_view(copy.handle, ZHANG)["markdown"]
    assert house.vendor.card_view(copy.handle, ZHANG)["tips"] == "IT 服务台 · 15 分钟内响应"
    assert house.vendor.card_view(copy.handle, LI)["tips"] == "您已接单 · IT 服务台 · 15 分钟内响应"
    assert not house.vendor.defects
