"""What goes wrong on the way, and the hooks around the work."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientError, ClientTimeout

from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.tiny_bot import TinyBot

TEXT = {"touser": "LiSi", "agentid": 1000002, "msgtype": "text", "text": {"content": "x"}}


@pytest.mark.parametrize("path", ["message/send", "/cgi-bin/message/send", "*"])
async def test_the_next_calls_are_refused_and_do_nothing(
    server: WeComServer, bot: TinyBot, path: str
) -> None:
    token = await bot.token()
    server.faults.fail(path, 45009, times=2)

    codes = [(await bot.post("message/send", TEXT, access_token=token))["errcode"] for _ in range(3)]

    assert codes == [45009, 45009, 0]
    assert len(server.chats.of("LiSi")) == 1


async def test_a_broken_gateway_answers_in_html(server: WeComServer, bot: TinyBot) -> None:
    server.faults.bad_gateway("gettoken")

    async with bot.session.get(f"{server.base_url}/cgi-bin/gettoken") as response:
        assert (response.status, response.content_type) == (502, "text/html")


@pytest.mark.parametrize(("before", "done"), [(True, 0), (False, 1)])
async def test_a_cut_connection(server: WeComServer, bot: TinyBot, before: bool, done: int) -> None:
    await bot.token()
    if before:
        server.faults.reset_before("message/send")
    else:
        server.faults.reset_after("message/send")

    with pytest.raises(ClientError):
        await bot.call("message/send", TEXT)
    assert len(server.chats.of("LiSi")) == done


async def test_a_lost_answer_comes_after_the_work(server: WeComServer, bot: TinyBot) -> None:
    token = await bot.token()
    server.faults.lose_answer("message/send")

    url = f"{server.base_url}/cgi-bin/message/send"
    with pytest.raises(TimeoutError):
        await bot.session.post(
            url, params={"access_token": token}, json=TEXT, timeout=ClientTimeout(total=0.05)
        )

    assert len(server.chats.of("LiSi")) == 1
    assert list(server.wire)[-1].answer["fault"] == "lost_answer"


async def test_a_slow_path_delays_only_itself(server: WeComServer, bot: TinyBot) -> None:
    server.faults.delay("message/send", 60)
    token = await bot.token()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await bot.post("message/send", TEXT, access_token=token)
    server.faults.clear()
    assert (await bot.post("message/send", TEXT, access_token=token))["errcode"] == 0


async def test_hooks_stand_before_and_after_the_work(server: WeComServer, bot: TinyBot) -> None:
    seen: list[tuple[str, str, int]] = []

    async def before(path: str, body: bytes) -> None:
        seen.append(("before", path, len(server.chats.of("LiSi"))))

    async def after(path: str, body: bytes) -> None:
        seen.append(("after", path, len(server.chats.of("LiSi"))))

    token = await bot.token()
    server.on_call, server.after_call = before, after
    await bot.post("message/send", TEXT, access_token=token)

    assert seen == [("before", "/cgi-bin/message/send", 0), ("after", "/cgi-bin/message/send", 1)]


async def test_secrets_do_not_reach_the_wire(server: WeComServer, bot: TinyBot) -> None:
    token = await bot.token()
    await bot.post("message/send", TEXT, access_token=token)

    first, second = server.wire
    assert first.what.startswith(f"GET /cgi-bin/gettoken?corpid={server.corp_id}&corpsecret=****")
    assert first.answer["access_token"] == f"****{token[-4:]}"
    assert second.what == f"POST /cgi-bin/message/send?access_token=****{token[-4:]}"
    assert second.body == TEXT
    assert token not in f"{first}{second}"
    assert server.secret not in f"{first}{second}"
