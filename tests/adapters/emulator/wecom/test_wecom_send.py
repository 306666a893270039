"""message/send: who gets it, what is cut, what is dropped and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import accept_card, notice_card
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


def words(server: WeComServer, chat: str) -> list[str]:
    return [bubble.text for bubble in server.chats.of(chat)]


async def test_a_text_reaches_each_valid_member_once(server: WeComServer, bot: TinyBot) -> None:
    answer = await bot.send("LiSi|lisi|WangWu|Nobody|NAILS", "text", {"content": "你好"})

    assert answer["errcode"] == 0
    assert answer["invaliduser"] == "nobody|nails"
    assert "response_code" not in answer
    assert words(server, "LiSi") == words(server, "WangWu") == ["你好"]
    assert server.sent[0].chats == ("LiSi", "WangWu")
    assert server.sent[0].msgid == answer["msgid"]


async def test_all_and_the_root_department_mean_everybody(server: WeComServer, bot: TinyBot) -> None:
    await bot.send("@all", "text", {"content": "一"}, toparty="9")
    answer = await bot.send("", "text", {"content": "二"}, toparty="1|7", totag="3")

    assert (answer["invalidparty"], answer["invalidtag"]) == ("7", "3")
    assert words(server, "ZhangSan") == words(server, "LiSi") == words(server, "WangWu") == ["一", "二"]


async def test_hidden_and_unlicensed_members(server: WeComServer, bot: TinyBot) -> None:
    server.switches.hidden_users.add("WangWu")
    server.switches.unlicensed_users.add("LiSi")

    answer = await bot.send("ZhangSan|LiSi|WangWu", "text", {"content": "你好"})

    assert (answer["invaliduser"], answer["unlicenseduser"]) == ("wangwu", "lisi")
    assert server.sent[0].chats == ("ZhangSan",)


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"touser": "Nobody"}, 81013),
        ({"touser": ""}, 82001),
        ({"touser": 5}, 40058),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40032),
        ({"toparty": "|".join(map(str, range(101)))}, 82002),
        ({"totag": "|".join(map(str, range(101)))}, 82003),
        ({"agentid": 1000003}, 301002),
        ({"agentid": "1000002"}, 40056),
        ({"agentid": None}, 41011),
        ({"msgtype": "telegram"}, 40008),
        ({"msgtype": None}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": None}, 40058),
        ({"text": {"content": "x" * 5121}}, 40058),
        ({"safe": 3}, 40058),
        ({"safe": True}, 40058),
        ({"msgtype": "markdown", "markdown": {"content": "字" * 683}}, 45002),
        ({"msgtype": "markdown", "markdown": {"content": "x"}, "safe": 1}, 40058),
        ({"msgtype": "image", "image": {"media_id": "made-up"}}, 40007),
        ({"msgtype": "textcard", "textcard": {"description": "d", "url": "https://x.example"}}, 41016),
        ({"msgtype": "textcard", "textcard": {"title": "t", "url": "https://x.example"}}, 40058),
        ({"msgtype": "textcard", "textcard": {"title": "t", "description": "d", "url": "ftp://x"}}, 40058),
        (
            {
                "msgtype": "textcard",
                "textcard": {
                    "title": "t",
                    "description": "d",
                    "url": "https://x.example",
                    "btntxt": "五个字太多",
                },
            },
            40058,
        ),
        ({"msgtype": "news", "news": {"articles": []}}, 40058),
        ({"msgtype": "news", "news": {"articles": [{"title": "t", "url": "https://x.example"}] * 9}}, 45008),
        ({"msgtype": "news", "news": {"articles": [{"url": "https://x.example"}]}}, 41016),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": 14_401}, 40058),
    ],
)
async def test_refusals(server: WeComServer, bot: TinyBot, change: dict[str, Any], errcode: int) -> None:
    body = {"touser": "LiSi", "agentid": 1000002, "msgtype": "text", "text": {"content": "x"}} | change

    answer = await bot.call("message/send", body)

    assert answer["errcode"] == errcode
    assert [(refused.path, refused.errcode) for refused in server.refused] == [("message/send", errcode)]
    assert server.sent == []
    assert server.chats.of("LiSi") == ()


async def test_a_long_text_is_cut_at_2048_bytes_without_a_word(server: WeComServer, bot: TinyBot) -> None:
    answer = await bot.send("LiSi", "text", {"content": "a" + "字" * 1000})

    assert answer["errcode"] == 0
    assert words(server, "LiSi") == ["a" + "字" * 682]


async def test_textcards_and_news_are_cut(server: WeComServer, bot: TinyBot) -> None:
    long = "x" * 600
    await bot.send("LiSi", "textcard", {"title": long, "description": long, "url": "https://x.example"})
    await bot.send(
        "LiSi", "news", {"articles": [{"title": long, "description": long, "url": "https://x.example"}]}
    )

    textcard, news = server.chats.of("LiSi")
    assert (len(textcard.body["title"]), len(textcard.body["description"])) == (128, 512)
    assert (len(news.body["articles"][0]["title"]), len(news.body["articles"][0]["description"])) == (
        128,
        512,
    )


async def test_markdown_is_shown_as_it_came(server: WeComServer, bot: TinyBot) -> None:
    await bot.send("LiSi", "markdown", {"content": "**#42** 已超时"})

    assert [(bubble.kind, bubble.text) for bubble in server.chats.of("LiSi")] == [
        ("markdown", "**#42** 已超时")
    ]


async def test_more_than_thirty_a_minute_are_dropped_in_silence(
    server: WeComServer, bot: TinyBot, clock: Clock
) -> None:
    for number in range(31):
        assert (await bot.send("LiSi", "text", {"content": str(number)}))["errcode"] == 0
    assert len(server.chats.of("LiSi")) == 30
    assert server.sent[-1].dropped == ("LiSi",)

    clock.advance(timedelta(minutes=1))
    await bot.send("LiSi", "text", {"content": "again"})
    assert words(server, "LiSi")[-1] == "again"


async def test_the_day_of_the_company_is_full(server: WeComServer, bot: TinyBot, clock: Clock) -> None:
    server.switches.limits.person_messages_per_day = 3
    await bot.send("LiSi|WangWu", "text", {"content": "x"})

    assert (await bot.send("LiSi|WangWu", "text", {"content": "y"}))["errcode"] == 45009
    clock.advance(timedelta(days=1))
    assert (await bot.send("LiSi|WangWu", "text", {"content": "y"}))["errcode"] == 0


# ── enable_duplicate_check ──────────────────────────────────────────────────────────────────────────

ONCE = {"enable_duplicate_check": 1, "duplicate_check_interval": 120}


async def test_the_same_body_within_the_interval_is_dropped(
    server: WeComServer, bot: TinyBot, clock: Clock
) -> None:
    await bot.send_card("LiSi", accept_card(), **ONCE)
    repeated = await bot.send_card("LiSi", accept_card(), **ONCE)

    assert repeated == {"errcode": 0, "errmsg": "ok"}
    assert len(server.chats.of("LiSi")) == len(server.sent) == len(server.repeated) == 1

    clock.advance(timedelta(seconds=120))
    assert (await bot.send_card("LiSi", accept_card(), **ONCE))["errcode"] == 42014


async def test_without_the_flag_nothing_is_dropped(server: WeComServer, bot: TinyBot) -> None:
    await bot.send("LiSi", "text", {"content": "x"})
    await bot.send("LiSi", "text", {"content": "x"})

    assert len(server.chats.of("LiSi")) == 2


async def test_a_repeat_may_be_told_the_codes_of_the_first(server: WeComServer, bot: TinyBot) -> None:
    server.switches.duplicate_answer_repeats_codes = True
    first = await bot.send_card("LiSi", accept_card(), **ONCE)

    assert await bot.send_card("LiSi", accept_card(), **ONCE) == first


async def test_a_repeat_may_meet_its_own_task_id_first(server: WeComServer, bot: TinyBot) -> None:
    server.switches.duplicate_check_before_task_id = False
    await bot.send_card("LiSi", accept_card(), **ONCE)

    assert (await bot.send_card("LiSi", accept_card(), **ONCE))["errcode"] == 42014


@pytest.mark.parametrize(("compares_recipients", "arrived"), [(True, 1), (False, 0)])
async def test_the_check_may_or_may_not_look_at_the_recipients(
    server: WeComServer, bot: TinyBot, compares_recipients: bool, arrived: int
) -> None:
    server.switches.duplicate_check_compares_recipients = compares_recipients
    await bot.send("LiSi", "text", {"content": "x"}, **ONCE)
    await bot.send("WangWu", "text", {"content": "x"}, **ONCE)

    assert len(server.chats.of("WangWu")) == arrived


# ── bodies ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_body_that_is_no_json_warns(bot: TinyBot) -> None:
    answer = await bot.call("message/send", b"{broken")

    assert answer["errcode"] == 41011
    assert answer["errmsg"].endswith(", Warning: wrong json format. ")


@pytest.mark.parametrize(("strict", "errcode"), [(True, 40033), (False, 0)])
async def test_escaped_characters(server: WeComServer, bot: TinyBot, strict: bool, errcode: int) -> None:
    server.switches.refuse_unicode_escapes = strict
    escaped = rb'{"touser":"LiSi","agentid":1000002,"msgtype":"text","text":{"content":"\u5de5\u5355"}}'

    assert (await bot.call("message/send", escaped))["errcode"] == errcode


async def test_an_escaped_backslash_is_no_escaped_character(bot: TinyBot) -> None:
    answer = await bot.send("LiSi", "text", {"content": r"C:\users"})

    assert answer["errcode"] == 0


async def test_names_that_no_page_knows_are_defects(server: WeComServer, bot: TinyBot) -> None:
    answer = await bot.send("LiSi", "text", {"content": "x", "mentioned_list": ["LiSi"]}, colour=3)

    assert answer["errcode"] == 0
    assert server.defects == ["colour is not in the documents", "text.mentioned_list is not in the documents"]


# ── recall ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_recalled_message_leaves_a_grey_line(server: WeComServer, bot: TinyBot) -> None:
    sent = await bot.send_card("LiSi|WangWu", notice_card())

    assert (await bot.call("message/recall", {"msgid": sent["msgid"]}))["errcode"] == 0
    assert [(bubble.kind, bubble.body) for bubble in server.chats.of("LiSi")] == [("system", {})]
    assert server.recalled == [sent["msgid"]]


async def test_recalls_that_come_too_late_or_for_nothing(bot: TinyBot, clock: Clock) -> None:
    sent = await bot.send("LiSi", "text", {"content": "x"})
    clock.advance(timedelta(hours=25))

    assert (await bot.call("message/recall", {"msgid": sent["msgid"]}))["errcode"] == 40035
    assert (await bot.call("message/recall", {"msgid": "made-up"}))["errcode"] == 40035
