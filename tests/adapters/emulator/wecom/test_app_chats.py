"""Groups that the app makes: who may be in one, who may manage it, what can be said there and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import accept_card
from tests.adapters.emulator.wecom.test_wecom_control import ask, post
from tests.adapters.emulator.wecom.tiny_bot import TinyBot

THREE = {"name": "IT-1042 打印机", "owner": "lisi", "userlist": ["ZhangSan", "LiSi", "WangWu"]}


async def create(bot: TinyBot, **changes: Any) -> dict[str, Any]:
    return await bot.call("appchat/create", THREE | {"chatid": "room1"} | changes)


async def get(bot: TinyBot, chat: str) -> dict[str, Any]:
    return await bot.get("appchat/get", access_token=await bot.token(), chatid=chat)


async def say(bot: TinyBot, kind: str = "text", content: Any = None, chat: str = "room1") -> dict[str, Any]:
    said = content or {"content": "开始处理"}
    return await bot.call("appchat/send", {"chatid": chat, "msgtype": kind, kind: said})


async def test_a_group_is_made_read_and_shown_with_its_first_words(server: WeComServer, bot: TinyBot) -> None:
    assert await create(bot) == {"errcode": 0, "errmsg": "ok", "chatid": "room1"}
    got = await get(bot, "room1")
    assert got["chat_info"] == {
        "chatid": "room1",
        "name": "IT-1042 打印机",
        "owner": "LiSi",
        "userlist": ["ZhangSan", "LiSi", "WangWu"],
        "chat_type": 0,
    }
    assert "room1" not in server.company.groups

    answer = await say(bot, content={"content": "请看 <@WangWu>", "mentioned_list": ["LiSi"]})

    assert answer == {"errcode": 0, "errmsg": "ok"}  # nothing that names the message
    assert server.company.groups["room1"].members == ["ZhangSan", "LiSi", "WangWu"]
    [bubble] = server.chats.of("room1")
    assert bubble.mentions == ("WangWu", "LiSi")
    assert server.defects == []


async def test_a_group_may_appear_at_once(server: WeComServer, bot: TinyBot) -> None:
    server.switches.chats_appear_with_first_message = False
    await create(bot)
    assert "room1" in server.company.groups


async def test_without_an_id_one_is_made_up(bot: TinyBot) -> None:
    first, second = await create(bot, chatid=""), await create(bot, chatid="")
    assert first["chatid"] != second["chatid"]


@pytest.mark.parametrize("taken", [86215, 40058])
async def test_an_id_is_given_once(server: WeComServer, bot: TinyBot, taken: int) -> None:
    server.switches.chat_id_taken_errcode = taken
    await create(bot)
    assert (await create(bot))["errcode"] == taken
    assert len(server.app_chats) == 1


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"chatid": "房间"}, 86001),
        ({"chatid": "x" * 33}, 86001),
        ({"chatid": "room-1"}, 86001),
        ({"userlist": ["LiSi"]}, 86006),
        ({"userlist": ["LiSi", "LISI"], "owner": ""}, 86006),
        ({"userlist": []}, 86006),
        ({"userlist": "LiSi|WangWu"}, 86006),
        ({"userlist": ["LiSi", "WangWu", "Nobody"]}, 86216),
        ({"owner": "ZhangSan", "userlist": ["LiSi", "WangWu"]}, 86005),
    ],
)
async def test_what_is_no_group(server: WeComServer, bot: TinyBot, changes: Any, errcode: int) -> None:
    assert (await create(bot, **changes))["errcode"] == errcode
    assert server.app_chats == {}
    assert (await create(bot))["errcode"] == 0


async def test_whom_the_app_cannot_see_may_be_left_out_silently(server: WeComServer, bot: TinyBot) -> None:
    server.switches.hidden_users.add("WangWu")
    assert (await create(bot))["errcode"] == 86216
    server.switches.bad_chat_member_errcode = 0
    assert (await create(bot))["errcode"] == 0
    assert server.app_chats["room1"].members == ["ZhangSan", "LiSi"]


async def test_too_many_members_and_too_many_groups(server: WeComServer, bot: TinyBot, clock: Clock) -> None:
    server.switches.limits.app_chat_members = 2
    assert (await create(bot))["errcode"] == 86006
    server.switches.limits.app_chat_members = 2000
    server.switches.limits.app_chats_per_day = 1
    await create(bot)
    assert (await create(bot, chatid="room2"))["errcode"] == 45009
    clock.advance(timedelta(days=1))
    assert (await create(bot, chatid="room2"))["errcode"] == 0


async def test_a_long_name_is_cut(server: WeComServer, bot: TinyBot) -> None:
    await create(bot, name="长" * 60)
    assert server.app_chats["room1"].name == "长" * 50


async def test_members_name_and_owner_change(server: WeComServer, bot: TinyBot) -> None:
    await create(bot, userlist=["ZhangSan", "LiSi"])
    await say(bot)
    change = {"chatid": "room1", "name": "新名字", "owner": "WangWu", "add_user_list": ["wangwu"]}
    assert (await bot.call("appchat/update", change | {"del_user_list": ["zhangsan"]}))["errcode"] == 0
    chat = server.app_chats["room1"]
    assert (chat.name, chat.owner, chat.members) == ("新名字", "WangWu", ["LiSi", "WangWu"])
    assert server.company.groups["room1"].members == ["LiSi", "WangWu"]

    assert (await bot.call("appchat/update", {"chatid": "room1", "del_user_list": ["LiSi"]}))[
        "errcode"
    ] == 86006
    assert (await bot.call("appchat/update", {"chatid": "room1", "owner": "ZhangSan"}))["errcode"] == 86005
    assert chat.members == ["LiSi", "WangWu"]


async def test_no_other_app_may_touch_it(server: WeComServer, bot: TinyBot) -> None:
    await create(bot)
    server.app_chats["room1"].agent += 1
    calls = [
        await get(bot, "room1"),
        await bot.call("appchat/update", {"chatid": "room1", "name": "x"}),
        await say(bot),
    ]
    assert [call["errcode"] for call in calls] == [86008, 86008, 86008]


async def test_a_group_that_is_not_there(server: WeComServer, bot: TinyBot) -> None:
    assert (await say(bot))["errcode"] == 86003
    await create(bot)
    server.dissolves("room1")
    assert (await say(bot))["errcode"] == 86003
    assert (await get(bot, "房间"))["errcode"] == 86001


async def test_an_app_that_sees_a_part_of_the_company_makes_no_groups(
    server: WeComServer, bot: TinyBot
) -> None:
    server.switches.app_sees_root = False
    assert (await create(bot))["errcode"] == 60011
    assert (await get(bot, "room1"))["errcode"] == 60011


async def test_which_kinds_can_be_said(server: WeComServer, bot: TinyBot) -> None:
    await create(bot)
    card = {"title": "打印机", "description": "卡纸", "url": "https://example.com/t/1"}
    assert (await say(bot, "markdown", {"content": "**超时** <@LiSi>"}))["errcode"] == 0
    assert (await say(bot, "textcard", card))["errcode"] == 0
    assert (await say(bot, "template_card", accept_card()))["errcode"] == 40008
    assert (await say(bot, "text", {"content": ""}))["errcode"] == 44004
    assert [bubble.kind for bubble in server.chats.of("room1")] == ["markdown", "textcard"]
    assert server.chats.of("room1")[0].mentions == ("LiSi",)


async def test_a_company_is_stopped_and_a_member_just_gets_no_more(
    server: WeComServer, bot: TinyBot, clock: Clock
) -> None:
    await create(bot)
    limits = server.switches.limits
    limits.app_chat_member_per_minute = 1
    assert [(await say(bot))["errcode"] for _ in range(2)] == [0, 0]
    assert server.sent[-1].dropped == ("ZhangSan", "LiSi", "WangWu")
    assert len(server.chats.of("room1")) == 1
    limits.app_chat_persons_per_minute = 8
    assert (await say(bot))["errcode"] == 45009
    clock.advance(timedelta(minutes=1))
    assert (await say(bot))["errcode"] == 0
    limits.app_chat_persons_per_hour = 9
    clock.advance(timedelta(minutes=1))
    assert (await say(bot))["errcode"] == 45009


async def test_seen_and_ended_from_outside(server: WeComServer, bot: TinyBot) -> None:
    await create(bot)
    await say(bot)
    _, [chat] = await ask(bot, "GET", "app-chats")
    assert (chat["id"], chat["members"], chat["is_shown"]) == ("room1", ["ZhangSan", "LiSi", "WangWu"], True)
    assert (await ask(bot, "GET", "chats/room1"))[1][0]["text"] == "开始处理"
    assert "room1" in (await ask(bot, "GET", "chats"))[1]
    await post(bot, "dissolve", {"chat": "room1"})
    assert (await ask(bot, "GET", "app-chats"))[1] == []
