"""gettoken, and what becomes of a token."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.server import WeComServer
from adapters.emulator.wecom.switches import ExpiredToken
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


async def test_asking_again_gives_the_same_token_and_what_is_left_of_it(bot: TinyBot, clock: Clock) -> None:
    first = await bot.get("gettoken", corpid=bot.server.corp_id, corpsecret=bot.server.secret)
    clock.advance(timedelta(minutes=100))
    second = await bot.get("gettoken", corpid=bot.server.corp_id, corpsecret=bot.server.secret)

    assert first["access_token"] == second["access_token"]
    assert (first["expires_in"], second["expires_in"]) == (7200, 1200)


async def test_expires_in_may_start_anew(bot: TinyBot, clock: Clock) -> None:
    bot.server.switches.token_life_counts_down = False
    await bot.token()
    clock.advance(timedelta(minutes=100))

    answer = await bot.get("gettoken", corpid=bot.server.corp_id, corpsecret=bot.server.secret)

    assert answer["expires_in"] == 7200


async def test_an_expired_token_is_refused_and_followed_by_another(bot: TinyBot, clock: Clock) -> None:
    token = await bot.token()
    clock.advance(timedelta(seconds=7200))

    assert (await bot.get("getcallbackip", access_token=token))["errcode"] == 42001
    assert await bot.token() != token


@pytest.mark.parametrize("setting", ExpiredToken)
async def test_a_token_can_end_before_its_time(bot: TinyBot, setting: ExpiredToken) -> None:
    bot.server.switches.expired_token = setting
    token = await bot.token()
    bot.server.tokens.expire()

    assert (await bot.get("getcallbackip", access_token=token))["errcode"] == setting.value


async def test_missing_and_unknown_tokens(bot: TinyBot) -> None:
    assert (await bot.get("getcallbackip"))["errcode"] == 41001
    assert (await bot.get("getcallbackip", access_token="made-up"))["errcode"] == 40014


@pytest.mark.parametrize(
    ("corp_id", "secret", "errcode"),
    [
        ("", "x", 41002),
        ("ww0123456789abcdef", "", 41004),
        ("other", "x", 40013),
        ("ww0123456789abcdef", "x", 40001),
    ],
)
async def test_wrong_credentials(bot: TinyBot, corp_id: str, secret: str, errcode: int) -> None:
    assert (await bot.get("gettoken", corpid=corp_id, corpsecret=secret))["errcode"] == errcode


async def test_hammering_gettoken_with_a_wrong_secret_blocks_it_for_an_hour(
    bot: TinyBot, clock: Clock
) -> None:
    bot.server.switches.limits.failed_gettoken_per_hour = 3
    for _ in range(3):
        await bot.get("gettoken", corpid=bot.server.corp_id, corpsecret="wrong")

    right = {"corpid": bot.server.corp_id, "corpsecret": bot.server.secret}
    assert (await bot.get("gettoken", **right))["errcode"] == 45009
    clock.advance(timedelta(hours=1))
    assert (await bot.get("gettoken", **right))["errcode"] == 0


async def test_errmsg_has_the_long_shape(server: WeComServer, bot: TinyBot) -> None:
    server.switches.untrusted_ip = "203.0.113.9"

    answer = await bot.get("getcallbackip", access_token=await bot.token())

    assert answer["errcode"] == 60020
    assert answer["errmsg"].startswith("not allow to access from your ip, hint: [1767258000")
    assert ", from ip: 203.0.113.9, more info at " in answer["errmsg"]
    assert answer["errmsg"].endswith("https://open.work.weixin.qq.com/devtool/query?e=60020")


async def test_address_lists(bot: TinyBot) -> None:
    token = await bot.token()

    assert (await bot.get("getcallbackip", access_token=token))["ip_list"] == ["127.0.0.*"]
    assert (await bot.get("get_api_domain_ip", access_token=token))["ip_list"] == ["127.0.0.*"]


async def test_ten_thousand_calls_a_minute(server: WeComServer, bot: TinyBot, clock: Clock) -> None:
    server.switches.limits.calls_per_minute = 2
    token = await bot.token()
    await bot.get("getcallbackip", access_token=token)

    assert (await bot.get("getcallbackip", access_token=token))["errcode"] == 45009
    clock.advance(timedelta(minutes=1))
    assert (await bot.get("getcallbackip", access_token=token))["errcode"] == 0
