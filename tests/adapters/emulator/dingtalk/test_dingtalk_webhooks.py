"""Session webhooks and custom robots."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.emulator.dingtalk.custom_robots import CustomRobot, signature
from adapters.emulator.dingtalk.server import DingTalkServer
from adapters.emulator.dingtalk.tenant import Calls
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, Json, StreamBot

HELLO: Json = {"msgtype": "text", "text": {"content": "你好"}}


async def _reply(caller: Caller, bot: StreamBot, body: Json) -> Json:
    async with caller.http.post(bot.payload()["sessionWebhook"], json=body) as response:
        assert response.status == 200
        answer: Json = await response.json()
        return answer


async def test_a_session_reply_lands_in_the_chat_it_came_from(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await server.says("zhangsan", "在吗", GROUP)
    body = {
        "msgtype": "text",
        "text": {"content": "@lisi01 请看"},
        "at": {"atUserIds": ["lisi01", "zhangsan"]},
    }
    assert (await _reply(caller, bot, body))["errcode"] == 0
    bubble = server.chats.of(GROUP)[-1]
    assert (bubble.kind, bubble.mentions) == ("text", ("lisi01",))  # who is not in the text is not called


async def test_a_session_reply_reaches_somebody_from_outside(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    server.tenant.outsiders["customer"] = "客户赵总"
    await server.says("customer", "在吗")
    await _reply(caller, bot, {"msgtype": "markdown", "markdown": {"title": "T", "text": "**在**"}})
    assert server.chats.of("customer")[-1].text == "**在**"


@pytest.mark.parametrize("early", [True, False])
async def test_an_old_session_is_gone(
    server: DingTalkServer, caller: Caller, bot: StreamBot, *, early: bool
) -> None:
    await server.says("zhangsan", "在吗")
    if early:
        server.sessions.expire()
    else:
        server.tenant.clock.advance(timedelta(minutes=90))
    answer = await _reply(caller, bot, HELLO)
    assert (answer["errcode"], answer["errmsg"]) == (300001, "session 不存在")


@pytest.mark.parametrize("metered", [True, False])
async def test_session_replies_count_or_not(
    server: DingTalkServer, caller: Caller, bot: StreamBot, *, metered: bool
) -> None:
    server.switches.session_replies_metered = metered
    await server.says("zhangsan", "在吗")
    await _reply(caller, bot, HELLO)
    assert server.calls.of(Calls.MESSAGES) == (2 if metered else 1)
    assert server.calls.total() == 0


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "smoke"}, 400105),
        ({}, 400105),
        ({"msgtype": "text"}, 40035),
        ({"msgtype": "text", "text": {"content": ""}}, 40035),
        ({"msgtype": "markdown", "markdown": {"text": "x"}}, 40035),
    ],
)
async def test_a_webhook_message_must_be_complete(
    server: DingTalkServer, caller: Caller, bot: StreamBot, body: Json, errcode: int
) -> None:
    await server.says("zhangsan", "在吗")
    assert (await _reply(caller, bot, body))["errcode"] == errcode


async def test_session_replies_can_be_limited(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    server.switches.session_replies_per_minute = 1
    await server.says("zhangsan", "在吗")
    assert [(await _reply(caller, bot, HELLO))["errcode"] for _ in range(2)] == [0, 130101]
    server.tenant.clock.advance(timedelta(minutes=1))
    assert (await _reply(caller, bot, HELLO))["errcode"] == 0


# ── custom robots ───────────────────────────────────────────────────────────────────────────────────


def test_the_signature_is_that_of_the_known_vector() -> None:
    assert signature("SECplusslash", "1767225600013") == "YSbN6g3fbqikuxyVDdytMZKIxqM2YeplnKcYWDWs1TU="


async def test_a_signed_message_is_shown_and_counted(server: DingTalkServer, caller: Caller) -> None:
    server.custom_robots.add("tok", CustomRobot(GROUP, secret="SEC1"))
    now = str(server.tenant.millis())
    body = HELLO | {"text": {"content": "@13800000002 看"}, "at": {"atMobiles": ["13800000002"]}}
    answer = await caller.call(
        "/robot/send", body, access_token="tok", timestamp=now, sign=signature("SEC1", now)
    )
    assert answer["errcode"] == 0
    assert server.chats.of(GROUP)[-1].mentions == ("lisi01",)
    assert (server.calls.total(), server.calls.of(Calls.MESSAGES)) == (0, 1)


async def test_a_signature_holds_one_hour_and_must_match(server: DingTalkServer, caller: Caller) -> None:
    server.custom_robots.add("tok", CustomRobot(GROUP, secret="SEC1"))
    for offset, secret, errmsg in ((3_600_001, "SEC1", "invalid timestamp"), (0, "SEC2", "sign not match")):
        stamp = str(server.tenant.millis() - offset)
        sign = signature(secret, stamp)
        answer = await caller.call("/robot/send", HELLO, access_token="tok", timestamp=stamp, sign=sign)
        assert (answer["errcode"], answer["errmsg"]) == (310000, errmsg)


async def test_keywords_addresses_and_tokens_are_checked(server: DingTalkServer, caller: Caller) -> None:
    server.custom_robots.add("words", CustomRobot(GROUP, keywords=("工单",)))
    server.custom_robots.add("place", CustomRobot(GROUP, ips=frozenset({"203.0.113.7"})))
    for token, errcode, errmsg in (
        ("words", 310000, "keywords not in content"),
        ("place", 310000, "invalid ip, ip: 127.0.0.1"),
        ("ghost", 300001, "token is not exist"),
    ):
        answer = await caller.call("/robot/send", HELLO, access_token=token)
        assert (answer["errcode"], answer["errmsg"]) == (errcode, errmsg)
    told = HELLO | {"text": {"content": "工单 12"}}
    assert (await caller.call("/robot/send", told, access_token="words"))["errcode"] == 0


async def test_the_twenty_first_message_of_a_minute_blocks_for_ten(
    server: DingTalkServer, caller: Caller
) -> None:
    server.switches.qps = 0
    server.custom_robots.add("tok", CustomRobot(GROUP))
    codes = [(await caller.call("/robot/send", HELLO, access_token="tok"))["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [130101]
    server.tenant.clock.advance(timedelta(minutes=9))
    assert (await caller.call("/robot/send", HELLO, access_token="tok"))["errcode"] == 130101
    server.tenant.clock.advance(timedelta(minutes=1))
    assert (await caller.call("/robot/send", HELLO, access_token="tok"))["errcode"] == 0


async def test_the_month_s_messages_end_for_custom_robots_too(server: DingTalkServer, caller: Caller) -> None:
    server.switches.monthly_messages = 1
    server.custom_robots.add("tok", CustomRobot(GROUP))
    codes = [(await caller.call("/robot/send", HELLO, access_token="tok"))["errcode"] for _ in range(2)]
    assert codes == [0, 90030]


async def test_a_message_over_twenty_kilobytes_is_too_long(server: DingTalkServer, caller: Caller) -> None:
    server.custom_robots.add("tok", CustomRobot(GROUP))
    long = HELLO | {"text": {"content": "x" * 20_000}}
    assert (await caller.call("/robot/send", long, access_token="tok"))["errcode"] == 460101
