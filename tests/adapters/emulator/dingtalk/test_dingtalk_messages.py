"""What people say, in the words in which DingTalk passes it on."""

from __future__ import annotations

import pytest

from adapters.emulator.dingtalk.messages import (
    Audio,
    File,
    Message,
    Other,
    Picture,
    Quote,
    RichText,
    Text,
    Unknown,
    Video,
)
from adapters.emulator.dingtalk.people import ClientCannot
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, Json, StreamBot


async def test_a_direct_message_has_no_group_and_no_leading_space(
    server: DingTalkServer, bot: StreamBot
) -> None:
    await server.says("zhangsan", "打印机坏了")
    said = bot.payload()
    assert (said["conversationType"], said["msgtype"], said["text"]) == (
        "1",
        "text",
        {"content": "打印机坏了"},
    )
    assert (said["senderStaffId"], said["senderNick"]) == ("zhangsan", "张三")
    assert said["senderUnionId"] == "union-zhangsan"
    assert "conversationTitle" not in said
    assert "atUsers" not in said
    assert server.chats.of("zhangsan")[-1].text == "打印机坏了"


async def test_a_group_message_keeps_the_space_and_lists_the_robot_first(
    server: DingTalkServer, bot: StreamBot
) -> None:
    await server.says("zhangsan", "转派 12 @李四", GROUP, mentions=["lisi01"])
    said = bot.payload()
    assert said["text"]["content"] == " 转派 12 @李四"
    assert said["conversationTitle"] == "IT 支持群"
    assert said["atUsers"][0] == {"dingtalkId": said["chatbotUserId"]}
    assert said["atUsers"][1]["staffId"] == "lisi01"
    assert said["isInAtList"] is True
    server.switches.leading_space = False
    await server.says("zhangsan", "好", GROUP)
    assert bot.payload()["text"]["content"] == "好"


async def test_ids_are_stable_for_a_person_and_new_for_a_message(
    server: DingTalkServer, bot: StreamBot
) -> None:
    await server.says("zhangsan", "一")
    await server.says("zhangsan", "二")
    first, second = bot.payload(0), bot.payload(1)
    assert first["senderId"] == second["senderId"]
    assert first["conversationId"] == second["conversationId"]
    assert first["msgId"] != second["msgId"]
    assert first["senderId"].startswith("$:LWCP_v1:$")


async def test_the_session_webhook_lives_ninety_minutes(server: DingTalkServer, bot: StreamBot) -> None:
    await server.says("zhangsan", "一")
    said = bot.payload()
    assert said["sessionWebhookExpiredTime"] - said["createAt"] == 5_400_000


async def test_staff_and_union_ids_can_be_missing(server: DingTalkServer, bot: StreamBot) -> None:
    server.switches.staff_id_present = server.switches.union_id_present = False
    await server.says("zhangsan", "一")
    assert {"senderStaffId", "senderUnionId"}.isdisjoint(bot.payload())


async def test_somebody_from_outside_has_no_staff_id(server: DingTalkServer, bot: StreamBot) -> None:
    server.tenant.outsiders["customer"] = "客户赵总"
    server.tenant.company.groups[GROUP].members.append("customer")
    await server.says("customer", "空调不制冷", GROUP)
    said = bot.payload()
    assert "senderStaffId" not in said
    assert (said["senderNick"], said["senderCorpId"]) == ("客户赵总", "dingsomewhereelse")


@pytest.mark.parametrize(
    ("message", "msgtype", "content"),
    [
        (Audio("打印机坏了"), "audio", {"duration": 4000, "recognition": "打印机坏了"}),
        (Video(), "video", {"duration": "5", "videoType": "mp4"}),
        (File("报错.pdf", b"%PDF"), "file", {"fileName": "报错.pdf"}),
        (Picture(), "picture", {}),
        (Unknown("redPacket"), "unknownMsgType", {"unknownMsgType": "redPacket"}),
        (Other("chatRecord", {"summary": "三条"}), "chatRecord", {"summary": "三条"}),
    ],
)
async def test_other_kinds_of_message(
    server: DingTalkServer, bot: StreamBot, message: Message, msgtype: str, content: Json
) -> None:
    await server.sends("zhangsan", message)
    said = bot.payload()
    assert said["msgtype"] == msgtype
    assert content.items() <= said["content"].items()


async def test_rich_text_mixes_words_and_pictures(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await server.sends("zhangsan", RichText(("屏幕花了", Picture(b"\xff\xd8\xff 1"))), GROUP)
    rich = bot.payload()["content"]["richText"]
    assert [part.get("text", part.get("type")) for part in rich] == [" ", "屏幕花了", "picture"]
    body = {"robotCode": "dingabc", "downloadCode": rich[2]["downloadCode"]}
    answer = await caller.call("/v1.0/robot/messageFiles/download", body)
    async with caller.http.get(answer["downloadUrl"]) as response:
        assert await response.read() == b"\xff\xd8\xff 1"


async def test_a_reply_quotes_what_it_answers(server: DingTalkServer, bot: StreamBot) -> None:
    await server.sends("zhangsan", Text("好了", Quote("T-1 打印机坏了", message_id="msg1")))
    text = bot.payload()["text"]
    assert text["isReplyMsg"] is True
    assert text["repliedMsg"]["content"] == {"text": "T-1 打印机坏了"}
    assert text["repliedMsg"]["msgId"] == "msg1"


async def test_beyond_the_month_s_messages_only_an_error_comes(
    server: DingTalkServer, bot: StreamBot
) -> None:
    server.switches.monthly_messages = 1
    await server.says("zhangsan", "一")
    await server.says("zhangsan", "二")
    said = bot.payload()
    assert said["errCode"] == "20001"
    assert "text" not in said


async def test_events_outside_the_directory_count_as_messages(server: DingTalkServer, bot: StreamBot) -> None:
    await server.org_event("user_leave_org", userId=["lisi01"])
    await server.org_event("chat_disband", openConversationId=GROUP)
    assert server.calls.of(server.calls.MESSAGES) == 1


async def test_the_impossible_is_refused_to_the_test_itself(server: DingTalkServer, bot: StreamBot) -> None:
    for attempt in (
        server.says("nobody", "一"),
        server.says("wangfang", "一", GROUP),
        server.says("zhangsan", "一", "cidUnknown"),
        server.sends("zhangsan", Audio("一"), GROUP),
    ):
        with pytest.raises(ClientCannot):
            await attempt
    server.tenant.company.groups[GROUP].robot_inside = False
    with pytest.raises(ClientCannot):
        await server.says("zhangsan", "一", GROUP)
    assert bot.frames == []
