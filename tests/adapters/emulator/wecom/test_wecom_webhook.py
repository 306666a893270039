"""Group robots: who is mentioned, how much is too much, and which key is none."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
from aiohttp import FormData

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.members import PNG
from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import Card, accept_card, news_card, notice_card
from tests.adapters.emulator.wecom.conftest import WEBHOOK
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


async def post(bot: TinyBot, kind: str, content: Any, key: str = WEBHOOK) -> dict[str, Any]:
    return await bot.post("webhook/send", {"msgtype": kind, kind: content}, key=key)


async def test_mentions_of_a_text(server: WeComServer, bot: TinyBot) -> None:
    lists = {
        "mentioned_list": ["lisi", "Nobody", "@all"],
        "mentioned_mobile_list": ["13800000001", "1", "@all"],
    }

    answer = await post(bot, "text", {"content": "<@WangWu> 已超时", **lists})

    [bubble] = server.chats.of("ops")
    assert answer == {"errcode": 0, "errmsg": "ok"}
    assert (bubble.kind, bubble.text) == ("text", "<@WangWu> 已超时")
    assert bubble.mentions == ("WangWu", "LiSi", "@all", "ZhangSan")
    assert server.sent[0].path == "webhook/send"


async def test_markdown_mentions_inline_and_the_second_markdown_not_at_all(
    server: WeComServer, bot: TinyBot
) -> None:
    await post(bot, "markdown", {"content": "**超时** <@LiSi>"})
    await post(bot, "markdown_v2", {"content": "| a | b |\n<@LiSi>"})

    first, second = server.chats.of("ops")
    assert (first.kind, first.mentions) == ("markdown", ("LiSi",))
    assert (second.kind, second.mentions) == ("markdown_v2", ())


async def test_a_list_of_mentions_is_passed_over_in_markdown(server: WeComServer, bot: TinyBot) -> None:
    await post(bot, "markdown", {"content": "x", "mentioned_list": ["LiSi"]})

    assert server.chats.of("ops")[0].mentions == ()
    assert server.defects == ["markdown.mentioned_list is not in the documents"]


async def test_pictures_and_news(server: WeComServer, bot: TinyBot) -> None:
    picture = {"base64": b64encode(PNG).decode(), "md5": md5(PNG).hexdigest()}

    assert (await post(bot, "image", picture))["errcode"] == 0
    assert (await post(bot, "news", {"articles": [{"title": "周报", "url": "https://x.example"}]}))[
        "errcode"
    ] == 0
    assert [bubble.kind for bubble in server.chats.of("ops")] == ["image", "news"]
    assert next(iter(server.wire)).body["image"]["base64"] == f"{len(picture['base64'])} characters"


@pytest.mark.parametrize("card", [notice_card(), news_card()])
async def test_notices_arrive(server: WeComServer, bot: TinyBot, card: Card) -> None:
    assert (await post(bot, "template_card", card))["errcode"] == 0
    assert server.chats.of("ops")[0].body == card


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("text", {"content": ""}, 44004),
        ("text", {"content": "字" * 683}, 40058),
        ("text", {"content": "x", "mentioned_list": "LiSi"}, 40058),
        ("markdown", {"content": "字" * 1366}, 40058),
        ("markdown_v2", {"content": "字" * 1366}, 40058),
        ("image", {"base64": "a b", "md5": "x"}, 40058),
        ("image", {"base64": b64encode(PNG).decode(), "md5": "0" * 32}, 301019),
        pytest.param(
            "image",
            {"base64": b64encode(b"x" * (2 * 1024 * 1024 + 1)).decode(), "md5": "x"},
            40009,
            id="big image",
        ),
        ("news", {"articles": []}, 40058),
        ("file", {"media_id": "made-up"}, 40007),
        ("template_card", accept_card(), 40058),
        ("template_card", {**notice_card(), "task_id": "x"}, 40058),
        ("template_card", {**notice_card(), "action_menu": accept_card()["action_menu"]}, 40058),
        ("textcard", {"title": "x"}, 40008),
    ],
)
async def test_refusals(server: WeComServer, bot: TinyBot, kind: str, content: Any, errcode: int) -> None:
    answer = await post(bot, kind, content)

    assert answer["errcode"] == errcode
    assert server.chats.of("ops") == ()


async def test_the_message_about_length_is_the_known_one(bot: TinyBot) -> None:
    answer = await post(bot, "markdown", {"content": "x" * 4097})

    assert answer["errmsg"].startswith("markdown.content exceed max length 4096. invalid Request Parameter")


async def test_more_than_twenty_a_minute(server: WeComServer, bot: TinyBot, clock: Clock) -> None:
    server.add_webhook("second-key", "other-group")
    for _ in range(20):
        assert (await post(bot, "text", {"content": "x"}))["errcode"] == 0

    assert (await post(bot, "text", {"content": "x"}))["errcode"] == 45009
    assert (await post(bot, "text", {"content": "x"}, "second-key"))["errcode"] == 0
    clock.advance(timedelta(minutes=1))
    assert (await post(bot, "text", {"content": "x"}))["errcode"] == 0


async def test_keys_that_are_none(server: WeComServer, bot: TinyBot) -> None:
    assert (await post(bot, "text", {"content": "x"}, "https://qyapi.weixin.qq.com/…"))["errcode"] == 93000
    server.company.groups["ops"].robot_inside = False
    assert (await post(bot, "text", {"content": "x"}))["errcode"] == 93000


async def upload(bot: TinyBot, key: str, kind: str, data: bytes) -> dict[str, Any]:
    form = FormData(quote_fields=False)
    form.add_field("media", data, filename="日志.txt", content_type="application/octet-stream")
    url = f"{bot.server.base_url}/cgi-bin/webhook/upload_media"
    async with bot.session.post(url, params={"key": key, "type": kind}, data=form) as response:
        return dict(await response.json())


async def test_an_uploaded_file_belongs_to_its_key(server: WeComServer, bot: TinyBot) -> None:
    server.add_webhook("second-key", "other-group")
    uploaded = await upload(bot, WEBHOOK, "file", b"some lines")

    assert (await post(bot, "file", {"media_id": uploaded["media_id"]}, "second-key"))["errcode"] == 40007
    assert (await post(bot, "file", {"media_id": uploaded["media_id"]}))["errcode"] == 0
    assert server.chats.of("ops")[0].text == "日志.txt"
    assert (await upload(bot, "none", "file", b"some lines"))["errcode"] == 93000
    assert (await upload(bot, WEBHOOK, "image", PNG))["errcode"] == 40004


async def test_the_key_is_masked_in_the_wire(server: WeComServer, bot: TinyBot) -> None:
    await post(bot, "text", {"content": "x"})

    assert [passed.what for passed in server.wire] == ["POST /cgi-bin/webhook/send?key=****950e"]
