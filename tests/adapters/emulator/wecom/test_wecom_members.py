"""What members do, and the XML that each act becomes."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.emulator.wecom.members import PNG
from adapters.emulator.wecom.presses import NotOnScreen
from adapters.emulator.wecom.server import WeComServer
from adapters.emulator.wecom.state import NoSuchMember
from tests.adapters.emulator.wecom.cards import accept_card, form_card, notice_card, vote_card
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


async def last(bot: TinyBot) -> dict[str, str]:
    return bot.received[-1].fields


async def test_the_name_may_be_spelled_in_any_case_but_arrives_as_stored(
    server: WeComServer, bot: TinyBot
) -> None:
    await server.says("LISI", "x")

    assert bot.received[0].fields["FromUserName"] == "LiSi"
    assert server.chats.of("LiSi")[0].sender == "LiSi"


@pytest.mark.parametrize("nobody", ["Nobody", "nails", ""])
async def test_nobody_says_nothing(server: WeComServer, bot: TinyBot, nobody: str) -> None:
    with pytest.raises(NoSuchMember):
        await server.says(nobody, "x")


async def test_an_image_can_be_fetched_by_its_id_and_its_address(server: WeComServer, bot: TinyBot) -> None:
    await server.sends_image("LiSi")
    fields = await last(bot)

    assert fields["MsgType"] == "image"
    query = {"access_token": await bot.token(), "media_id": fields["MediaId"]}
    async with bot.session.get(f"{server.base_url}/cgi-bin/media/get", params=query) as response:
        assert await response.read() == PNG
        assert response.headers["Content-Disposition"] == 'attachment; filename="image.png"'
    async with bot.session.get(fields["PicUrl"]) as response:
        assert await response.read() == PNG
    async with bot.session.get(f"{server.base_url}/wwpic/made-up") as response:
        assert response.status == 404


async def test_voice_video_location_and_link(server: WeComServer, bot: TinyBot) -> None:
    await server.sends_voice("LiSi")
    assert (await last(bot))["Format"] == "amr"
    await server.sends_video("LiSi")
    assert (await last(bot))["ThumbMediaId"]
    await server.sends_location("LiSi", 31.2, 121.4, "3 号楼")
    assert (await last(bot))["Location_X"] == "31.2"
    assert (await last(bot))["Label"] == "3 号楼"
    await server.sends_link("LiSi", "手册", "https://x.example")
    assert (await last(bot))["Url"] == "https://x.example"
    assert [bubble.kind for bubble in server.chats.of("LiSi")] == ["voice", "video", "location", "link"]


async def test_files_may_or_may_not_be_called_back(server: WeComServer, bot: TinyBot) -> None:
    delivery = await server.sends_file("LiSi", "日志.txt", b"line\n")
    assert ((await last(bot))["FileName"], delivery.status) == ("日志.txt", 200)

    server.switches.file_messages = False
    assert (await server.sends_file("LiSi", "日志.txt", b"line\n")).attempts == 0
    assert len(bot.received) == 1


async def test_opening_subscribing_and_the_menu(server: WeComServer, bot: TinyBot) -> None:
    await server.opens("LiSi")
    await server.subscribes("LiSi")
    await server.clicks_menu("LiSi", "my_tickets")

    events = [(received.fields["Event"], received.fields["EventKey"]) for received in bot.received]
    assert events == [("enter_agent", ""), ("subscribe", ""), ("click", "my_tickets")]
    assert "MsgId" not in bot.received[0].fields


async def test_any_event_can_be_made_up(server: WeComServer, bot: TinyBot) -> None:
    await server.event({"Event": "batch_job_result", "BatchJob": {"JobId": "1", "ErrCode": 0}, "AgentID": ""})

    assert "<BatchJob><JobId><![CDATA[1]]></JobId><ErrCode>0</ErrCode></BatchJob>" in bot.received[0].plain
    assert (await last(bot))["AgentID"] == ""


async def test_an_untouched_selection_says_what_stands_there(server: WeComServer, bot: TinyBot) -> None:
    await bot.send_card("LiSi", accept_card())
    await server.presses("LiSi", "tk42-r1", "v1:42:accept")
    assert "<OptionId><![CDATA[p2]]></OptionId>" in bot.received[0].plain
    assert (await last(bot))["CardType"] == "button_interaction"

    await bot.send_card("LiSi", form_card())
    await server.presses("LiSi", "form-1", "v1:42:resolve", {"how": ["new"]})
    plain = bot.received[1].plain
    assert plain.count("<SelectedItem>") == 2
    assert "<OptionId><![CDATA[hw]]></OptionId>" in plain
    assert "<OptionId><![CDATA[new]]></OptionId>" in plain


async def test_a_checkbox_may_stay_empty_or_take_several(server: WeComServer, bot: TinyBot) -> None:
    card = vote_card()
    card["checkbox"]["mode"] = 1
    await bot.send_card("LiSi", card)
    await server.presses("LiSi", "vote-1", "v1:42:rate")
    await server.presses("LiSi", "vote-1", "v1:42:rate", {"score": ["5", "1"]})

    assert "<OptionIds></OptionIds>" in bot.received[0].plain
    assert bot.received[1].plain.count("<OptionId>") == 2


async def test_a_menu_item_carries_no_selections(server: WeComServer, bot: TinyBot) -> None:
    await bot.send_card("LiSi", accept_card())
    await server.presses("LiSi", "tk42-r1", "v1:42:detail")

    assert (await last(bot))["Event"] == "template_card_menu_event"
    assert "SelectedItems" not in await last(bot)


@pytest.mark.parametrize(
    ("who", "card", "key", "selections"),
    [
        ("ZhangSan", "tk42-r1", "v1:42:accept", {}),
        ("LiSi", "made-up", "v1:42:accept", {}),
        ("LiSi", "tk42-r1", "v1:42:reject", {}),
        ("LiSi", "tk42-r1", "v1:42:accept", {"colour": ["red"]}),
        ("LiSi", "tk42-r1", "v1:42:accept", {"prio": ["p9"]}),
        ("LiSi", "tk42-r1", "v1:42:accept", {"prio": ["p1", "p2"]}),
    ],
)
async def test_only_what_is_on_the_screen_can_be_pressed(
    server: WeComServer, bot: TinyBot, who: str, card: str, key: str, selections: dict[str, list[str]]
) -> None:
    await bot.send_card("LiSi", accept_card())

    with pytest.raises(NotOnScreen):
        await server.presses(who, card, key, selections)
    assert bot.received == []


async def test_a_disabled_selection_keeps_its_value(server: WeComServer, bot: TinyBot) -> None:
    sent = await bot.send_card("LiSi", accept_card())
    card: Any = accept_card()
    card["button_selection"] |= {"disable": True, "selected_id": "p1"}
    await bot.update(sent["response_code"], atall=1, template_card=card)

    with pytest.raises(NotOnScreen, match="disabled"):
        await server.presses("LiSi", "tk42-r1", "v1:42:accept", {"prio": ["p2"]})
    await server.presses("LiSi", sent["msgid"], "v1:42:accept")

    assert "<OptionId><![CDATA[p1]]></OptionId>" in bot.received[0].plain


async def test_a_thumb_may_be_faster_than_the_repaint(server: WeComServer, bot: TinyBot) -> None:
    sent = await bot.send_card("LiSi", accept_card())
    await bot.update(sent["response_code"], atall=1, template_card=notice_card())

    await server.presses_stale("LiSi", "tk42-r1", "v1:42:accept")

    assert (await last(bot))["EventKey"] == "v1:42:accept"
