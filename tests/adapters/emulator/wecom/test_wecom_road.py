"""The whole road once: a sentence in, a card out, a press, a repaint."""

from __future__ import annotations

from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import accept_card
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


async def test_a_sentence_reaches_the_bot_and_its_passive_answer_the_chat(
    server: WeComServer, bot: TinyBot
) -> None:
    bot.replies("text", {"Content": "已收到，单号 #1042"})

    delivery = await server.says("ZhangSan", "三楼打印机卡纸 <b>]]></b>")

    assert (delivery.attempts, delivery.status) == (1, 200)
    assert bot.received[0].fields["Content"] == "三楼打印机卡纸 <b>]]></b>"
    assert bot.received[0].fields["FromUserName"] == "ZhangSan"
    assert bot.received[0].fields["MsgId"].isdigit()
    assert [bubble.text for bubble in server.chats.of("ZhangSan")] == [
        "三楼打印机卡纸 <b>]]></b>",
        "已收到，单号 #1042",
    ]
    assert server.defects == []


async def test_a_press_repaints_the_copy_of_the_presser_and_the_code_the_others(
    server: WeComServer, bot: TinyBot
) -> None:
    sent = await bot.send_card("LiSi|wangwu", accept_card())
    bot.replies("update_button", {"Button": {"ReplaceName": "已接单"}})

    await server.presses("LiSi", "tk42-r1", "v1:42:accept")
    updated = await bot.update(
        sent["response_code"], userids=["WangWu"], button={"replace_name": "已由李四接单"}
    )

    event = bot.received[0].fields
    assert (event["Event"], event["EventKey"], event["TaskId"], event["FromUserName"]) == (
        "template_card_event",
        "v1:42:accept",
        "tk42-r1",
        "LiSi",
    )
    assert event["ResponseCode"] != sent["response_code"]
    assert updated == {"errcode": 0, "errmsg": "ok"}
    assert server.chats.of("LiSi")[0].body["replace_text"] == "已接单"
    assert server.chats.of("WangWu")[0].body["replace_text"] == "已由李四接单"
    assert server.defects == []
