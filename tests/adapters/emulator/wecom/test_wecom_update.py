"""message/update_template_card and its single-use codes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.presses import NotOnScreen
from adapters.emulator.wecom.server import WeComServer
from adapters.emulator.wecom.switches import TaskIdInUpdate
from tests.adapters.emulator.wecom.cards import accept_card, form_card, notice_card
from tests.adapters.emulator.wecom.tiny_bot import TinyBot

GREY = {"replace_name": "已由李四接单"}


async def send(bot: TinyBot, to: str = "LiSi|WangWu") -> str:
    return str((await bot.send_card(to, accept_card()))["response_code"])


def looks(server: WeComServer, member: str) -> Any:
    return server.chats.of(member)[0].body


async def test_only_the_named_copies_change(server: WeComServer, bot: TinyBot) -> None:
    code = await send(bot)

    answer = await bot.update(code, userids=["wangwu", "ZhangSan", "Nobody"], button=GREY)

    assert answer["invaliduser"] == ["zhangsan", "nobody"]
    assert "replace_text" not in looks(server, "LiSi")
    assert looks(server, "WangWu")["replace_text"] == "已由李四接单"
    assert [updated.members for updated in server.updated] == [("WangWu",)]


@pytest.mark.parametrize("who", [{"atall": 1}, {"partyids": [1]}, {"userids": ["LiSi", "WangWu"]}])
async def test_all_copies_change(server: WeComServer, bot: TinyBot, who: dict[str, Any]) -> None:
    code = await send(bot)

    await bot.update(code, template_card=notice_card(), **who)

    assert looks(server, "LiSi") == looks(server, "WangWu") == notice_card()
    assert [bubble.text for bubble in server.chats.of("LiSi")] == ["#42 已解决"]


async def test_grey_buttons_cannot_be_pressed_but_the_menu_can(server: WeComServer, bot: TinyBot) -> None:
    await bot.update(await send(bot), atall=1, button=GREY)

    with pytest.raises(NotOnScreen, match="grey"):
        await server.presses("LiSi", "tk42-r1", "v1:42:accept")
    await server.presses("LiSi", "tk42-r1", "v1:42:mute")

    assert bot.received[0].fields["Event"] == "template_card_menu_event"


async def test_new_buttons_replace_the_old(server: WeComServer, bot: TinyBot) -> None:
    card = {**accept_card(), "button_list": [{"text": "完成", "key": "v1:42:resolve"}]}
    del card["task_id"]
    await bot.update(await send(bot), userids=["LiSi"], template_card=card)

    with pytest.raises(NotOnScreen, match="accept"):
        await server.presses("LiSi", "tk42-r1", "v1:42:accept")
    await server.presses("LiSi", "tk42-r1", "v1:42:resolve")

    assert bot.received[0].fields["TaskId"] == "tk42-r1"


async def test_clicks_after_an_update_may_carry_another_task_id(server: WeComServer, bot: TinyBot) -> None:
    server.switches.clicks_after_update_keep_task_id = False
    await bot.update(await send(bot), userids=["LiSi"], template_card=form_card("other"))

    await server.presses("LiSi", "tk42-r1", "v1:42:resolve")

    assert bot.received[0].fields["TaskId"] == "other"


async def test_a_code_serves_once(server: WeComServer, bot: TinyBot) -> None:
    server.switches.used_code_errcode = 40035
    code = await send(bot)
    await bot.update(code, atall=1, button=GREY)

    assert (await bot.update(code, atall=1, button=GREY))["errcode"] == 40035


async def test_a_code_lives_72_hours(server: WeComServer, bot: TinyBot, clock: Clock) -> None:
    server.switches.expired_code_errcode = 42001
    code = await send(bot)
    clock.advance(timedelta(hours=72))

    assert (await bot.update(code, atall=1, button=GREY))["errcode"] == 42001


async def test_codes_can_be_ended_by_hand(server: WeComServer, bot: TinyBot) -> None:
    code = await send(bot)
    server.cards.expire()

    assert (await bot.update(code, atall=1, button=GREY))["errcode"] == 40058


async def test_a_code_that_nobody_gave(server: WeComServer, bot: TinyBot) -> None:
    server.switches.unknown_code_errcode = 40029

    assert (await bot.update("made-up", atall=1, button=GREY))["errcode"] == 40029


async def test_every_click_gives_one_more_code_for_anybodys_copy(server: WeComServer, bot: TinyBot) -> None:
    await bot.update(await send(bot), userids=["WangWu"], button=GREY)
    await server.presses("LiSi", "tk42-r1", "v1:42:accept")
    await server.presses("LiSi", "tk42-r1", "v1:42:accept")
    codes = [received.fields["ResponseCode"] for received in bot.received]

    assert len(set(codes)) == 2
    for code in codes:
        assert (await bot.update(code, atall=1, template_card=notice_card()))["errcode"] == 0
    assert looks(server, "WangWu") == notice_card()


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"userids": ["ZhangSan"], "button": GREY}, 81013),
        ({"button": GREY}, 81013),
        ({"userids": "LiSi", "button": GREY}, 40058),
        ({"userids": [5], "button": GREY}, 40058),
        ({"atall": 1}, 40058),
        ({"atall": 1, "button": GREY, "template_card": notice_card()}, 40058),
        ({"atall": 1, "button": {}}, 40058),
        ({"atall": 1, "button": {"replace_name": ""}}, 40058),
        ({"atall": 1, "template_card": {"card_type": "text_notice"}}, 40058),
        ({"atall": 1, "button": GREY, "agentid": 7}, 301002),
        ({"atall": 1, "button": GREY, "agentid": None}, 41011),
        ({"atall": 1, "button": GREY, "response_code": ""}, 40058),
    ],
)
@pytest.mark.parametrize("spends", [False, True])
async def test_refusals(
    server: WeComServer, bot: TinyBot, body: dict[str, Any], errcode: int, spends: bool
) -> None:
    server.switches.refused_update_spends_code = spends
    code = await send(bot)

    assert (await bot.update(code, **body))["errcode"] == errcode

    looked_at = body.get("agentid", 1000002) == 1000002 and "response_code" not in body
    again = await bot.update(code, atall=1, button=GREY)
    assert (again["errcode"] == 0) == (not (spends and looked_at))


async def test_a_passive_label_needs_buttons_too(server: WeComServer, bot: TinyBot) -> None:
    menu = {"action_list": [{"text": "静音", "key": "mute"}]}
    await bot.send_card("LiSi", {**notice_card(), "action_menu": menu, "task_id": "n-1"})
    bot.replies("update_button", {"Button": {"ReplaceName": "x"}})
    await server.presses("LiSi", "n-1", "mute")

    assert "update_button for a card without buttons" in server.defects[0]


async def test_a_grey_label_needs_buttons(bot: TinyBot) -> None:
    menu = {"action_list": [{"text": "静音", "key": "mute"}]}
    sent = await bot.send_card("LiSi", {**notice_card(), "action_menu": menu, "task_id": "n-1"})

    assert (await bot.update(sent["response_code"], atall=1, button=GREY))["errcode"] == 40058
    assert (await bot.update(sent["response_code"], atall=1, template_card=accept_card()))["errcode"] == 0


@pytest.mark.parametrize(
    ("setting", "with_id", "without_id"),
    [
        (TaskIdInUpdate.OPTIONAL, 0, 0),
        (TaskIdInUpdate.REQUIRED, 0, 40058),
        (TaskIdInUpdate.FORBIDDEN, 40058, 0),
    ],
)
async def test_the_task_id_of_an_update(
    server: WeComServer, bot: TinyBot, setting: TaskIdInUpdate, with_id: int, without_id: int
) -> None:
    server.switches.update_task_id = setting
    named, unnamed = accept_card(), accept_card()
    del unnamed["task_id"]
    first = await send(bot)
    await server.presses("LiSi", "tk42-r1", "v1:42:accept")

    assert (await bot.update(first, atall=1, template_card=named))["errcode"] == with_id
    second = bot.received[0].fields["ResponseCode"]
    assert (await bot.update(second, atall=1, template_card=unnamed))["errcode"] == without_id


async def test_updates_may_disable_and_grey(server: WeComServer, bot: TinyBot) -> None:
    card = {**form_card(), "replace_text": "已提交"}
    card["select_list"][0] |= {"disable": True, "selected_id": "hw"}

    assert (await bot.update(await send(bot), atall=1, template_card=card))["errcode"] == 0
    assert server.defects == []


async def test_a_recalled_card_is_not_painted_again(server: WeComServer, bot: TinyBot) -> None:
    sent = await bot.send_card("LiSi", accept_card())
    await bot.call("message/recall", {"msgid": sent["msgid"]})

    assert (await bot.update(sent["response_code"], atall=1, button=GREY))["errcode"] == 0
    assert looks(server, "LiSi") == {}
