"""The shortest way through everything: connect, hear, send, show a card, press it."""

from __future__ import annotations

from adapters.emulator.chats import ROBOT
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, StreamBot, card_body


async def test_a_sentence_in_a_group_reaches_the_bot_and_is_acked(
    server: DingTalkServer, bot: StreamBot
) -> None:
    delivery = await server.says("zhangsan", "打印机坏了", GROUP, mentions=["lisi01"])
    assert delivery.acked
    said = bot.payload()
    assert said["text"] == {"content": " 打印机坏了 @李四"}
    assert said["conversationId"] == GROUP
    assert said["atUsers"][1]["staffId"] == "lisi01"


async def test_a_press_repaints_the_card_with_the_answer(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    created = await caller.call("/v1.0/card/instances/createAndDeliver", card_body())
    assert created["result"]["deliverResults"][0]["success"]
    bot.answer = lambda _: {
        "response": {
            "cardUpdateOptions": {"updateCardDataByKey": True},
            "cardData": {"cardParamMap": {"markdown": "李四已接单"}},
        }
    }
    delivery = await server.presses("lisi01", "tkt-1", "accept")
    assert delivery.acked
    assert server.card_view("tkt-1", "zhangsan")["markdown"] == "李四已接单"
    assert server.chats.of(GROUP)[-1].body["params"]["markdown"] == "李四已接单"
    assert server.defects == []


async def test_what_the_bot_sends_is_seen_in_the_chats(server: DingTalkServer, caller: Caller) -> None:
    body = {"robotCode": "dingabc", "msgKey": "sampleText", "msgParam": '{"content": "收到"}'}
    await caller.call("/v1.0/robot/oToMessages/batchSend", body | {"userIds": ["lisi01"]})
    await caller.call("/v1.0/robot/groupMessages/send", body | {"openConversationId": GROUP})
    for chat in ("lisi01", GROUP):
        assert (server.chats.of(chat)[-1].sender, server.chats.of(chat)[-1].text) == (ROBOT, "收到")
